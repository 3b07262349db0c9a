"""The rounds in which clients type: everybody is in their document over all rounds of a row, and types in each.

Laws: a delivery is one edit that reached one other client; what is typed before a round's measured time only warms
the servers. Somebody whom a server sent away comes back with everybody else of that server before its next round, into
new documents, and the run says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.goals import Goal
from benchmarks.measure import Lateness, Round, Row, percentile
from benchmarks.servers import Server, document_tickets
from benchmarks.turns import take_turns
from benchmarks.yjs import EDITS, Client, Notes, awareness, updates

WARM = 0.25
DRAIN = 10.0
_AT_ONCE = 30


@dataclass(frozen=True)
class Load:
    """So many documents with so many clients, of whom `typists` type `rate` times a second.

    Silent clients do not say who they are unless they type: a thousand people who do make a million messages for
    whoever lets them in, and each server takes minutes of a run for that.
    """

    title: str
    documents: int
    clients: int
    typists: int
    rate: float
    cursors: bool = False
    silent: bool = False
    workers: int = 1
    goals: tuple[Goal, ...] = ()

    @property
    def name(self) -> str:
        return self.title + (f", {self.workers} processes over Redis" if self.workers > 1 else "")


def path(server: Server, document: str, ticket: str) -> str:
    """Return where a document is at this server."""
    if server.kind == "kreide":
        return f"/collab/{document}?ticket={ticket}&ack=1"
    return "/" if server.kind == "hocuspocus" else f"/{document}"


def fresh_names(number: int) -> list[str]:
    """Return names of documents that nobody has opened."""
    return [f"scratch-{time.time_ns()}-{place}" for place in range(number)]


async def open_clients(
    server: Server, names: list[str], clients: int, notes: Notes, *, deflate: bool = False, announced: int | None = None
) -> list[list[Client]]:
    """Return synchronised clients for each document; the first `announced` of each say who is here (None: all)."""
    tickets = iter(await document_tickets(server, [name for name in names for _ in range(clients)]))
    gate = asyncio.Semaphore(_AT_ONCE)

    async def enter(client: Client, name: str, ticket: str) -> None:
        async with gate:
            await client.open(server.port, path(server, name, ticket), deflate)

    opened, first, others = [], [], []
    for name in names:
        sent: dict[int, float] = {}
        group = [Client(place, name, sent, notes, server.kind == "hocuspocus") for place in range(clients)]
        for client in group[announced:] if announced is not None else []:
            client.announced = False
        entering = [enter(client, name, next(tickets)) for client in group]
        first.append(entering[0])
        others += entering[1:]
        opened.append(group)
    await asyncio.gather(*first)  # pycrdt-websocket fails where two come at once into a new document
    await asyncio.gather(*others)
    return opened


class Stage:
    """One server with everybody in their documents."""

    def __init__(self, server: Server, load: Load, seconds: float) -> None:
        self.server = server
        self._load = load
        self._seconds = seconds
        self._typed: dict[Client, int] = {}
        self._notes = Notes()
        self._groups: list[list[Client]] = []

    async def enter(self) -> None:
        """Bring everybody in."""
        self._typed.clear()
        load = self._load
        announced = load.typists if load.silent else None
        names = fresh_names(load.documents)
        self._groups = await open_clients(self.server, names, load.clients, self._notes, announced=announced)
        await asyncio.sleep(0.5)

    async def leave(self) -> None:
        """Drop all connections."""
        for number, client in enumerate(client for group in self._groups for client in group):
            client.socket.abort()
            if number % 50 == 49:  # y-websocket's stack overflows where a thousand go at once
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)

    def _schedule(self) -> list[tuple[float, Callable[[], None]]]:
        """Return what everybody types in the next round, in order of time."""
        load, length = self._load, WARM + self._seconds
        typing: list[tuple[float, Callable[[], None]]] = []
        for number, group in enumerate(self._groups):
            for client in group[: load.typists]:
                shift = (client.place * load.documents + number) / (load.documents * load.typists * load.rate)
                times = [shift + one / load.rate for one in range(int(length * load.rate) + 1)]
                times = [due for due in times if due < length]
                typing += zip(times, self._calls(client, len(times)), strict=True)
        return sorted(typing, key=lambda one: one[0])

    def _calls(self, client: Client, number: int) -> list[Callable[[], None]]:
        """Return the next so many edits of a typist."""
        first = self._typed.get(client, 0)
        last = self._typed[client] = first + number
        if last > EDITS:
            raise SystemExit(f"a typist of {self._load.name!r} has {EDITS} edits: ask for fewer or shorter rounds")
        calls = []
        for edit, message in enumerate(updates(client.place, last)[first:], first):
            cursor = [awareness(client.place, edit + 2)] if self._load.cursors else []
            calls.append(client.typing(client.place * EDITS + edit, client.frame(message, *cursor)))
        return calls

    async def play(self, turn: int) -> Round:
        """One round."""
        if any(client.socket.closed for group in self._groups for client in group):
            await self.leave()
            await self.enter()
        typing = self._schedule()
        warm = sum(due < WARM for due, _ in typing)
        notes, lateness = self._notes, Lateness()
        notes.forget()
        await lateness.send_all(typing[:warm])
        await asyncio.sleep(0.1)
        notes.start()
        lateness = Lateness()
        cpu, began = self.server.cpu(), time.monotonic()
        await lateness.send_all([(due - WARM, call) for due, call in typing[warm:]])
        expected = (len(typing) - warm) * (self._load.clients - 1)
        if not expected:
            raise SystemExit(f"nobody types in {self._seconds:g} s of {self._load.name!r}: ask for longer rounds")
        notes.expect(expected)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                await notes.complete.wait()
        cpu, spent = self.server.cpu() - cpu, time.monotonic() - began
        self._tell_closed()
        return Round(
            server=self.server.kind,
            turn=turn,
            cpu=cpu,
            seconds=spent,
            units=notes.received,
            lost=expected - notes.received,
            p50=percentile(notes.latencies, 50),
            p99=percentile(notes.latencies, 99),
            lag=lateness.p99,
            extra={"stored ack p99 ms": percentile(notes.acks, 99) * 1e3} if notes.acks else {},
        )

    def _tell_closed(self) -> None:
        closed = [client.socket.close_code for group in self._groups for client in group if client.socket.closed]
        if closed:
            print(f"{self.server.kind} closed {len(closed)} connections, {sorted(map(str, set(closed)))}")


async def play_row(servers: list[Server], load: Load, rounds: int, seconds: float, kept: dict[str, str]) -> Row:
    """All rounds of one row."""
    row = Row(name=load.name, unit="delivery", goals=list(load.goals))
    row.kept = {server.kind: kept[server.kind] for server in servers}
    return await take_turns(row, rounds, [Stage(server, load, seconds) for server in servers])
