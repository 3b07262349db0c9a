"""Opening and pasting a large table: how long until another client has it, and how long the server is deaf meanwhile.

The stall is the longest answer to a WebSocket ping on another connection, sent every 2 ms meanwhile.
Kreide folds a log of this size into a snapshot half a minute after the last person left; it is opened after a restart
before that as well, which takes it the longest.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable

from pycrdt import Doc, Map

from benchmarks.measure import settle
from benchmarks.servers import Server, document_tickets
from benchmarks.wire import Socket
from benchmarks.yjs import Client, Notes, buffer, client_id

ROWS, COLUMNS = 2500, 40
_PING = 0.002
_PATIENCE = 60.0
_FOLDING = 180.0


def large_table() -> bytes:
    """Return a table of 100,000 filled cells as one update, in the shape of `collab/schema.py`."""
    doc: Doc[Map[object]] = Doc(client_id=client_id(0))
    rows, columns = doc.get("rows", type=Map), doc.get("cols", type=Map)
    names = [f"c{number:05}" for number in range(COLUMNS)]
    with doc.transaction():
        for place, name in enumerate(names):
            columns[name] = Map({"!": f"a{place:05}V", "w": 120, "fmt": ""})
        for row in range(ROWS):
            cells = {name: str(row * COLUMNS + place) for place, name in enumerate(names)}
            rows[f"r{row:05}"] = Map({"!": f"a{row:05}V", **cells})
    return bytes(doc.get_update())


class Pinger:
    """Pings all the time; `longest` is the longest that an answer took."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._sent: dict[bytes, float] = {}
        self._running = True
        self.socket: Socket

    async def open(self, port: int, path: str) -> None:
        self.socket = Socket(path, self._on_message)
        await self.socket.open(port)

    async def run(self) -> None:
        """Ping until stopped and answered."""
        number = 0
        while self._running:
            number += 1
            payload = str(number).encode()
            self._sent[payload] = time.perf_counter()
            self.socket.ping(payload)
            await asyncio.sleep(_PING)
        await asyncio.sleep(1)

    def stop(self) -> None:
        self._running = False

    def _on_message(self, _kind: int, payload: bytes) -> None:
        sent = self._sent.pop(payload, None)
        if sent is not None:
            self.longest = max(self.longest, time.perf_counter() - sent)


class Watcher(Client):
    """A client that waits for the table; `came` is set when it has it."""

    def __init__(self, place: int, name: str, sent: dict[int, float], notes: Notes, hocuspocus: bool) -> None:
        super().__init__(place, name, sent, notes, hocuspocus)
        self.came = asyncio.Event()

    def _on_update(self, payload: bytes) -> None:
        if len(payload) > ROWS * COLUMNS * 3:
            self.came.set()


async def fill(server: Server, name: str, path: Callable[[Server, str, str], str]) -> Client:
    """Bring the table into the document, as a client that has it; return once another client is given all of it.

    The client stays, since some servers forget what nobody has open.
    """
    tickets = await document_tickets(server, [name, name])
    writer = Client(0, name, {}, Notes(), server.kind == "hocuspocus")
    await writer.open(server.port, path(server, name, tickets[0]))
    writer.frame_times.append(time.perf_counter())
    writer.socket.send(writer.frame(b"\x00\x02" + buffer(large_table())))
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        reader = Client(1, name, {}, Notes(), server.kind == "hocuspocus")
        await reader.open(server.port, path(server, name, tickets[1]))
        reader.socket.abort()
        if _is_whole(reader):
            await settle(server)
            return writer
        await asyncio.sleep(0.5)
    raise SystemExit(f"{server.kind} did not take the table")


async def folded(server: Server, name: str) -> None:
    """Return once Kreide has a snapshot of the document instead of a log."""
    assert server.data is not None
    end = time.monotonic() + _FOLDING
    while time.monotonic() < end:
        with contextlib.closing(sqlite3.connect(f"file:{server.data / 'collab.db'}?mode=ro", uri=True)) as database:
            found = database.execute("select head = snapshot_seq from document where id = ?", (name,)).fetchone()
        if found and found[0]:
            return
        await asyncio.sleep(1)
    raise SystemExit("the table is still a log")


async def paste_table(server: Server, name: str, path: Callable[[Server, str, str], str]) -> tuple[float, float]:
    """Return the seconds until another client has a table that somebody pastes, and the longest stall meanwhile."""
    other = f"scratch-quiet-{time.time_ns()}"
    tickets = await document_tickets(server, [other, name, name])
    pinger = Pinger()
    await pinger.open(server.port, path(server, other, tickets[0]))
    writer = Client(0, name, {}, Notes(), server.kind == "hocuspocus")
    reader = Watcher(1, name, {}, Notes(), server.kind == "hocuspocus")
    await writer.open(server.port, path(server, name, tickets[1]))
    await reader.open(server.port, path(server, name, tickets[2]))
    frame = writer.frame(b"\x00\x02" + buffer(large_table()))
    pinging = asyncio.create_task(pinger.run())
    await asyncio.sleep(0.5)
    pinger.longest = 0.0
    began = time.perf_counter()
    writer.socket.send(frame)
    async with asyncio.timeout(_PATIENCE):
        await reader.came.wait()
    spent = time.perf_counter() - began
    await asyncio.sleep(0.3)
    pinger.stop()
    await pinging
    for socket in (writer.socket, reader.socket, pinger.socket):
        socket.abort()
    await settle(server)
    return spent, pinger.longest


def _is_whole(reader: Client) -> bool:
    return reader.synced_bytes > ROWS * COLUMNS * 3


async def open_table(server: Server, name: str, path: Callable[[Server, str, str], str]) -> tuple[float, float]:
    """Return the seconds to the first sync of a new client, and the longest stall."""
    other = f"scratch-quiet-{time.time_ns()}"
    tickets = await document_tickets(server, [other, name])
    pinger = Pinger()
    await pinger.open(server.port, path(server, other, tickets[0]))
    pinging = asyncio.create_task(pinger.run())
    await asyncio.sleep(0.5)
    pinger.longest = 0.0
    reader = Client(1, name, {}, Notes(), server.kind == "hocuspocus")
    began = time.perf_counter()
    await reader.open(server.port, path(server, name, tickets[1]))
    spent = time.perf_counter() - began
    await asyncio.sleep(0.3)
    pinger.stop()
    await pinging
    reader.socket.abort()
    pinger.socket.abort()
    if not _is_whole(reader):
        raise SystemExit(f"{server.kind} gave {reader.synced_bytes} bytes of the table")
    await asyncio.sleep(0.3)
    return spent, pinger.longest
