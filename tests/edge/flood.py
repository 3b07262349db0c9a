"""People who are let in and do harm, in a process of their own, until it ends: `python -m tests.edge.flood ORDERS`.

Valid edits without pause, nonsense, cursors, chat, readers that never read, people who come and go. Prints how much it
sent, once a second, so that whoever started it knows when to begin.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import Awaitable, Callable

import aiohttp
import msgspec
import socketio
from pycrdt import Doc, Map, TransactionEvent, create_update_message

from collab.lib0 import build_buffer, build_uint
from tests.wire import ChatClient

GONE = (aiohttp.ClientError, OSError, TimeoutError, socketio.exceptions.SocketIOError)


class Orders(msgspec.Struct, frozen=True):
    """Where to pour: addresses of documents with their tickets, the server and a ticket for its meeting."""

    server: str
    edits: str
    noise: str
    reader: str
    meeting: str
    seed: int


class Flood:
    """Everybody who does harm; each ends and begins anew until it is over."""

    def __init__(self, orders: Orders, http: aiohttp.ClientSession) -> None:
        self.orders, self.http, self.chance = orders, http, random.Random(orders.seed)
        self.sent = self.rounds = 0

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

        await self._pour(self.orders.edits, edit)

    async def noise(self) -> None:
        await self._pour(self.orders.noise, lambda: b"\x00" + self.chance.randbytes(self.chance.randrange(2000)))

    async def cursors(self) -> None:
        def cursor() -> bytes:
            state = b'{"cursor":{"anchor":1,"head":"%d"}}' % self.sent
            entry = build_uint(self.chance.randrange(1, 9)) + build_uint(self.sent + 1) + build_buffer(state)
            return b"\x01" + build_buffer(build_uint(1) + entry)

        await self._pour(self.orders.reader, cursor)

    async def never_read(self) -> None:
        sockets = [await self.http.ws_connect(self.orders.reader, max_msg_size=0) for _ in range(20)]
        await asyncio.sleep(2)
        for socket in sockets:
            await socket.close()

    async def chat(self) -> None:
        client = ChatClient(self.orders.server, self.orders.meeting, f"eve{self.rounds}")
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
            client = ChatClient(self.orders.server, self.orders.meeting, "eve")
            try:
                await client.connect()
            finally:
                await client.disconnect()


async def main(orders: Orders) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        flood = Flood(orders, http)
        flooding = asyncio.create_task(flood.run())
        while not flooding.done():
            print(flood.sent, flush=True)
            await asyncio.wait([flooding], timeout=1)
        flooding.result()


if __name__ == "__main__":
    os.nice(10)  # a flood comes from other machines; it must not take the server's share of this one
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Orders)))
