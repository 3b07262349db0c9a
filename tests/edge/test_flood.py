"""Minutes of everything at once from people who are let in: the others work on, and the server's memory stays flat.

Valid edits without pause, nonsense, cursors, chat, readers that never read, people who come and go.
KREIDE_FLOOD_SECONDS makes it longer (the default is for CI); what is asserted of memory holds for any length.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import socketio
from pycrdt import Doc, Map, TransactionEvent, create_update_message

from collab.lib0 import build_buffer, build_uint
from tests.server import KreideServer
from tests.wire import ChatClient, YClient

pytestmark = pytest.mark.edge
SECONDS = float(os.environ.get("KREIDE_FLOOD_SECONDS", "8"))
GROWTH = 48 << 20  # bytes the server may grow by between the first quarter and the end
DOCUMENT, CALM = "scratch-flood", "scratch-calm"
GONE = (aiohttp.ClientError, OSError, TimeoutError, socketio.exceptions.SocketIOError)


def memory(server: KreideServer) -> int:
    """Bytes that belong to the server's process (proportional set size)."""
    lines = Path(f"/proc/{server.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


class Flood:
    """Everybody who does harm; each ends and begins anew until it is over."""

    def __init__(self, server: KreideServer, http: aiohttp.ClientSession, seed: int) -> None:
        self.server, self.http, self.chance = server, http, random.Random(seed)
        self.sent = self.rounds = 0
        tickets = {kind: server.ticket(document=DOCUMENT, right="write", name=kind) for kind in ("edits", "noise")}
        self.paths = {kind: f"{server.url}/collab/{DOCUMENT}?ticket={ticket}" for kind, ticket in tickets.items()}
        self.reader = f"{server.url}/collab/{CALM}?ticket={server.ticket(document=CALM, right='read', name='Eve')}"
        self.meeting = server.ticket(meeting="demo-lesson", role="pupil", name="Eve")

    async def run(self) -> None:
        """Do all of it at once until cancelled."""
        ways = (self.edits, self.noise, self.cursors, self.never_read, self.chat, self.come_and_go)
        await asyncio.gather(*(self._again(way) for way in ways))

    async def _again(self, way: Callable[[], Awaitable[None]]) -> None:
        while True:
            with contextlib.suppress(*GONE):
                await way()
            self.rounds += 1
            await asyncio.sleep(0.01)

    async def _pour(self, url: str, frame: Callable[[], bytes]) -> None:
        async with self.http.ws_connect(url, max_msg_size=0) as socket:
            while not socket.closed:
                for _ in range(50):
                    await socket.send_bytes(frame())
                    self.sent += 1
                with contextlib.suppress(TimeoutError):
                    await socket.receive(timeout=0.001)

    async def edits(self) -> None:
        doc: Doc[Map[int]] = Doc()
        keys = doc.get("keys", type=Map)
        found: list[bytes] = []

        def note(event: TransactionEvent) -> None:
            found.append(event.update)

        doc.observe(note)

        def edit() -> bytes:
            keys["same"] = self.sent
            return create_update_message(found.pop())

        await self._pour(self.paths["edits"], edit)

    async def noise(self) -> None:
        await self._pour(self.paths["noise"], lambda: b"\x00" + self.chance.randbytes(self.chance.randrange(2000)))

    async def cursors(self) -> None:
        def cursor() -> bytes:
            state = b'{"cursor":{"anchor":1,"head":"%d"}}' % self.sent
            entry = build_uint(self.chance.randrange(1, 9)) + build_uint(self.sent + 1) + build_buffer(state)
            return b"\x01" + build_buffer(build_uint(1) + entry)

        await self._pour(self.reader, cursor)

    async def never_read(self) -> None:
        sockets = [await self.http.ws_connect(self.reader, max_msg_size=0) for _ in range(20)]
        await asyncio.sleep(2)
        for socket in sockets:
            await socket.close()

    async def chat(self) -> None:
        client = ChatClient(self.server.url, self.meeting, f"eve{self.rounds}")
        try:
            await client.connect()
            for number in range(2000):
                text = {"channel": "demo-class", "text": "x" * 2000, "client_id": f"{client.name}-{number}"}
                await client.io.emit("chat:send", text)
                self.sent += 1
        finally:
            await client.disconnect()

    async def come_and_go(self) -> None:
        for _ in range(20):
            client = ChatClient(self.server.url, self.meeting, "eve")
            try:
                await client.connect()
            finally:
                await client.disconnect()


@pytest.mark.timeout(SECONDS + 120)
async def test_a_flood_from_people_who_are_let_in(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    server = KreideServer(tmp_path / "data")
    server.start()
    tickets = [server.ticket(document=CALM, right="write", name=name) for name in ("Ada", "Ben")]
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
            YClient(server.url, CALM, tickets[0], "ada") as ada,
            YClient(server.url, CALM, tickets[1], "ben") as ben,
        ):
            flood = Flood(server, http, seed)
            flooding = asyncio.create_task(flood.run())
            first, written, began = 0, 0, time.monotonic()
            while (passed := time.monotonic() - began) < SECONDS:
                async with asyncio.timeout(20):
                    key = await ada.write()
                    await ada.until_acked(key)
                    await ben.until({key})
                written += 1
                if passed > SECONDS / 4 and not first:
                    first = memory(server)
                assert not flooding.done(), flooding.exception()
            last = memory(server)
            flooding.cancel()
            await asyncio.gather(flooding, return_exceptions=True)
            assert ada.close_code is None and ben.close_code is None
        print(f"{flood.sent} messages poured in, {written} edits of others acknowledged and seen meanwhile")
        print(f"memory {first >> 20} MiB after a quarter, {last >> 20} MiB at the end")
        assert flood.sent > 1000, "that was no flood"
        assert last - first < GROWTH
    finally:
        assert server.stop() == 0
