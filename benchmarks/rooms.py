"""Chat: the same load into Kreide and into the servers people know, in turns of one run.

Kreide works as it always does: tickets and rights are checked, each message is validated, numbered and on the disk
before it is acknowledged and passed on. The peers pass on what they get from memory. All members of the channel hear
each message, the author too; a delivery is one message that reached one member. All clients speak WebSocket from the
start, without compression, which neither side offers; Centrifugo's speak its JSON protocol, the others Socket.IO.
Rows of two processes have a Redis between them, whose CPU is counted with theirs; all share one core.

    .venv/bin/python -m benchmarks.rooms --rows 30 300 --peers socket.io

All of it takes about 4 minutes on two idle cores.
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
from benchmarks.servers import Server, build_server, pin_load

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


async def play(server: Server, load: Load, seconds: float, turn: int, members: list[Member], notes: Notes) -> Round:
    """One round with members who are there already."""
    name = f"{turn}-{time.time_ns()}"
    count = int(seconds * load.rate)
    calls = [(one / load.rate, members[one * 7 % load.members].saying(one, name)) for one in range(count)]
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
    """All rounds of one row; one before them warms the servers and is not counted."""
    goals = [Goal(RATIO, 0.7, "socket.io")]
    row = Row(name=load.name, unit="delivery", goals=goals, kept={one.kind: KEPT[one.kind] for one in servers})
    rooms = []
    for server in servers:
        notes = Notes()
        rooms.append((server, await open_members(server, load.members, notes), notes))
        await settle(server)
    for turn in range(-1, rounds):
        for server, members, notes in rooms:
            one = await play(server, load, seconds, turn, members, notes)
            if turn >= 0:
                row.rounds.append(one)
                print(
                    f"{load.members} {turn} {one.server}: {one.micro:.1f} us, p50 {one.p50 * 1e3:.1f} ms, "
                    f"p99 {one.p99 * 1e3:.1f} ms, lost {one.lost}, lag {one.lag * 1e3:.1f} ms",
                    flush=True,
                )
    for server, members, _notes in rooms:
        for member in members:
            member.socket.abort()
        await settle(server)
    return row


async def enter_idle(server: Server, number: int, deflate: bool) -> object:
    """Bring so many into the channel."""
    return await open_members(server, number, Notes(), deflate)


async def play_idle(kinds: list[str], kept: Kept) -> None:
    """The row of the memory of connections."""
    plain = Column("plain", IDLE, partial(enter_idle, deflate=False))
    deflate = Column("deflate offered", IDLE, partial(enter_idle, deflate=True))
    title = f"idle chat connection: KiB of the server's memory each, {IDLE} connections"
    await idle_row(title, kinds, [plain, deflate], [Goal(deflate.name, 40)], kept)


async def run_loads(given: argparse.Namespace, kept: Kept, workers: int) -> None:
    """Measure the rows of servers with so many processes."""
    kinds = ["kreide", *(peer for peer in given.peers if workers == 1 or peer in SPREAD)]
    loads = [LOADS[name] for name in given.rows if name in LOADS and LOADS[name].workers == workers]
    loads = [load for load in loads if kept.lacks(load.name, kinds)]
    if not loads:
        return
    servers = [build_server(kind, workers) for kind in kinds]
    try:
        for server in servers:
            server.start()
        for load in loads:
            kept.add(await play_row(servers, load, given.rounds, given.seconds))
    finally:
        for server in servers:
            server.stop()


async def run(given: argparse.Namespace) -> None:
    """Measure the rows that were asked for; each is saved as soon as it is there."""
    kept = Kept(given.name, given.resume)
    for workers in (1, 2):
        await run_loads(given, kept, workers)
    if "idle" in given.rows:
        await play_idle(["kreide", *given.peers], kept)


def main() -> None:
    """Parse the arguments, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=[*LOADS, "idle"], default=[*LOADS, "idle"])
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    parser.add_argument("--name", default="rooms", help="of the files in results/")
    parser.add_argument("--resume", action="store_true", help="keep the rows that the results hold already")
    given = parser.parse_args()
    pin_load()
    uvloop.run(run(given))


if __name__ == "__main__":
    main()
