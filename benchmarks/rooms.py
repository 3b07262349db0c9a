"""Chat: the same load into Kreide and into the servers people know, in turns of one run.

Kreide works as it always does: tickets and rights are checked, each message is validated, numbered and on the disk
before it is acknowledged and passed on. The peers pass on what they get from memory. All members of the channel hear
each message, the author too; a delivery is one message that reached one member. All clients speak WebSocket from the
start, without compression, which neither side offers; Centrifugo's speak its JSON protocol, the others Socket.IO.
Rows of two processes have a Redis between them, whose CPU is counted with theirs; all share one core.

    .venv/bin/python -m benchmarks.rooms --rows 30 300 --peers socket.io

All of it takes about 6 minutes on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from dataclasses import dataclass
from functools import partial

import uvloop

from benchmarks.chat_members import Member, Notes, open_members
from benchmarks.goals import RATIO, Goal
from benchmarks.idle import Column, idle_row
from benchmarks.measure import Kept, Lateness, Round, Row, percentile, settle
from benchmarks.servers import Server, pin_load
from benchmarks.turns import play_rows, read_arguments, take_turns

PEERS = ("socket.io", "python-socketio", "centrifugo")
SPREAD = ("socket.io",)  # peers that join several processes by Redis
DRAIN = 20.0
IDLE = 990
KEPT = {
    "kreide": "on disk (fdatasync)",
    "socket.io": "nothing",
    "python-socketio": "nothing",
    "centrifugo": "in memory",
}


@dataclass(frozen=True)
class Load:
    """A channel of so many members, who write `rate` messages a second, one after the other."""

    members: int
    rate: float
    workers: int = 1

    @property
    def name(self) -> str:
        spread = f", {self.workers} processes over Redis" if self.workers > 1 else ""
        return f"chat, {self.members} members, {self.rate:g} messages/s{spread}"


LOADS = {
    "30": Load(30, 60),
    "300": Load(300, 20),
    "3000": Load(3000, 2),
    "300-two": Load(300, 20, 2),
    "3000-two": Load(3000, 2, 2),
}


class Channel:
    """One server with all members of the channel, who stay over all rounds of a row."""

    def __init__(self, server: Server, load: Load, seconds: float) -> None:
        self._server = server
        self._load = load
        self._seconds = seconds
        self._notes = Notes()
        self._members: list[Member] = []

    async def enter(self) -> None:
        """Bring everybody in."""
        self._members = await open_members(self._server, self._load.members, self._notes)
        await settle(self._server)

    async def leave(self) -> None:
        """Drop all connections."""
        for member in self._members:
            member.socket.abort()
        await settle(self._server)

    async def play(self, turn: int) -> Round:
        """One round."""
        load, notes, server = self._load, self._notes, self._server
        name = f"{turn}-{time.time_ns()}"
        count = int(self._seconds * load.rate)
        calls = [(one / load.rate, self._members[one * 7 % load.members].saying(one, name)) for one in range(count)]
        notes.start(count * load.members)
        lateness = Lateness()
        cpu, began = server.cpu(), time.monotonic()
        await lateness.send_all(calls)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                await notes.complete.wait()
        cpu, spent = server.cpu() - cpu, time.monotonic() - began
        return Round(
            server=server.kind,
            turn=turn,
            cpu=cpu,
            seconds=spent,
            units=len(notes.latencies),
            lost=notes.expected - len(notes.latencies),
            p50=percentile(notes.latencies, 50),
            p99=percentile(notes.latencies, 99),
            lag=lateness.p99,
            extra={"ack p99 ms": percentile(notes.acks, 99) * 1e3},
        )


async def play_row(servers: list[Server], load: Load, rounds: int, seconds: float) -> Row:
    """All rounds of one row."""
    goals = [Goal(RATIO, 0.7, "socket.io")]
    row = Row(name=load.name, unit="delivery", goals=goals, kept={one.kind: KEPT[one.kind] for one in servers})
    return await take_turns(row, rounds, [Channel(server, load, seconds) for server in servers])


async def enter_idle(server: Server, number: int, deflate: bool) -> object:
    """Bring so many into the channel."""
    return await open_members(server, number, Notes(), deflate)


async def play_idle(kinds: list[str], kept: Kept) -> None:
    """The row of the memory of connections."""
    plain = Column("plain", IDLE, partial(enter_idle, deflate=False))
    deflate = Column("deflate offered", IDLE, partial(enter_idle, deflate=True))
    title = f"idle chat connection: KiB of the server's memory each, {IDLE} connections"
    await idle_row(title, kinds, [plain, deflate], [Goal(deflate.name, 40)], kept)


async def run(given: argparse.Namespace) -> None:
    """Measure the rows that were asked for; each is saved as soon as it is there."""
    kept = Kept(given.name, given.resume)

    async def play(servers: list[Server], load: Load) -> Row:
        return await play_row(servers, load, given.rounds, given.seconds)

    kinds = ["kreide", *given.peers]
    loads = [LOADS[name] for name in given.rows if name in LOADS]
    await play_rows([load for load in loads if load.workers == 1], kinds, kept, play)
    spread = [kind for kind in kinds if kind == "kreide" or kind in SPREAD]
    await play_rows([load for load in loads if load.workers > 1], spread, kept, play)
    if "idle" in given.rows:
        await play_idle(kinds, kept)


def main() -> None:
    """Parse the arguments, measure, save."""
    given = read_arguments(__doc__, "rooms", [*LOADS, "idle"], PEERS)
    pin_load()
    uvloop.run(run(given))


if __name__ == "__main__":
    main()
