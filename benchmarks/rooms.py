"""Chat: the same Socket.IO load into Kreide and into the servers people know, in turns of one run.

Kreide works as it always does: tickets and rights are checked, each message is validated, numbered and on the disk
before it is acknowledged and passed on. The peers pass on what they get from memory. All members of the channel hear
each message, the author too; a delivery is one message that reached one member. All clients speak WebSocket from the
start, without compression, which neither side offers.

    .venv/bin/python -m benchmarks.rooms --rows 30 300 --peers socket.io
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import uvloop

from benchmarks.idle import idle_row
from benchmarks.measure import Lateness, Round, Row, load_rows, percentile, save, settle
from benchmarks.servers import Server, build_server, meeting_tickets, pin_load
from benchmarks.wire import TEXT, Socket, build_frame

PEERS = ("socket.io", "python-socketio")
CHANNEL = "demo-class"
DRAIN = 20.0
_MESSAGE = b'42["chat:message",'


@dataclass(frozen=True)
class Load:
    """A channel of so many members, who write `rate` messages a second, one after the other."""

    members: int
    rate: float

    @property
    def name(self) -> str:
        return f"chat, {self.members} members, {self.rate:g} messages/s"


LOADS = {"30": Load(30, 60), "300": Load(300, 20), "3000": Load(3000, 2)}


@dataclass
class Notes:
    """What all members noticed in a round; `sent` holds the time of each message by its number."""

    sent: dict[int, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)
    expected: int = 0
    complete: asyncio.Event = field(default_factory=asyncio.Event)


class Member:
    """One Socket.IO connection."""

    def __init__(self, place: int, notes: Notes) -> None:
        self.place = place
        self._notes = notes
        self._time = time.perf_counter  # the loop counts in milliseconds
        self.socket: Socket
        self.ready = asyncio.Event()
        self._seen: set[bytes] = set()
        self.closed = False

    async def open(self, port: int, ticket: str, deflate: bool) -> None:
        """Connect to the namespace."""
        self.socket = Socket("/socket.io/?EIO=4&transport=websocket", self._on_message, deflate)
        await self.socket.open(port)
        auth = {"ticket": ticket} if ticket else {"channel": CHANNEL, "name": f"Person {self.place}"}
        self.socket.send(build_frame(TEXT, b"40" + msgspec.json.encode(auth)))
        await asyncio.wait_for(self.ready.wait(), 120)

    def saying(self, number: int, round_name: str) -> Callable[[], None]:
        """Return the call that sends message `number`."""
        text = f"Does the parabola open upwards when a is greater than zero? {number:06}"
        message = {"channel": CHANNEL, "text": text, "client_id": f"{round_name}:{number:06}"}
        packet = f"42{number}".encode() + msgspec.json.encode(["chat:send", message])
        frame = build_frame(TEXT, packet)

        def send() -> None:
            self._notes.sent[number] = self._time()
            self.socket.send(frame)

        return send

    def _on_message(self, _kind: int, payload: bytes) -> None:
        if payload.startswith(_MESSAGE):
            self._on_chat(payload)
        elif payload == b"2":
            self.socket.send(build_frame(TEXT, b"3"))
        elif payload.startswith(b"40"):
            self.ready.set()
        elif payload.startswith(b"43"):
            number = int(payload[2 : payload.index(b"[")])
            if b"error" in payload:
                raise RuntimeError(payload)
            self._notes.acks.append(self._time() - self._notes.sent[number])

    def _on_chat(self, payload: bytes) -> None:
        start = payload.index(b'"client_id":"') + 13
        name = payload[start : payload.index(b'"', start)]
        if name in self._seen:
            return
        self._seen.add(name)
        notes = self._notes
        notes.latencies.append(self._time() - notes.sent[int(name[-6:])])
        if len(notes.latencies) == notes.expected:
            notes.complete.set()


async def open_members(server: Server, members: int, notes: Notes, deflate: bool = False) -> list[Member]:
    """Return members who have all come in."""
    tickets = await meeting_tickets(server, members)
    gate = asyncio.Semaphore(30)
    found = [Member(place, notes) for place in range(members)]

    async def enter(member: Member) -> None:
        async with gate:
            await member.open(server.port, tickets[member.place], deflate)

    await asyncio.gather(*map(enter, found))
    return found


async def play(server: Server, load: Load, seconds: float, turn: int, members: list[Member], notes: Notes) -> Round:
    """One round with members who are there already."""
    name = f"{turn}-{time.time_ns()}"
    notes.sent, notes.latencies, notes.acks = {}, [], []
    count = int(seconds * load.rate)
    calls = [(one / load.rate, members[one * 7 % load.members].saying(one, name)) for one in range(count)]
    notes.expected = count * load.members
    notes.complete.clear()
    lateness = Lateness()
    cpu, began = server.cpu(), time.monotonic()
    await lateness.send_all(calls)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(notes.complete.wait(), DRAIN)
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
    """All rounds of one row; two before them warm the servers and are not counted."""
    row = Row(name=load.name, unit="delivery", rounds=[])
    rooms = []
    for server in servers:
        notes = Notes()
        rooms.append((server, await open_members(server, load.members, notes), notes))
        await settle(server)
    for turn in range(-2, rounds):
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
    """Open so many connections for the idle row."""
    return await open_members(server, number, Notes(), deflate)


async def run(arguments: argparse.Namespace) -> None:
    """Measure the rows that were asked for; each is saved as soon as it is there."""
    rows = load_rows(arguments.name) if arguments.resume else []
    done = {row.name for row in rows}
    servers = [build_server(kind) for kind in ("kreide", *arguments.peers)]

    def keep(row: Row) -> None:
        rows.append(row)
        save(arguments.name, rows)

    try:
        for server in servers:
            server.start()
        for name in arguments.rows:
            if name in LOADS and LOADS[name].name not in done:
                keep(await play_row(servers, LOADS[name], arguments.rounds, arguments.seconds))
    finally:
        for server in servers:
            server.stop()
    if "idle" in arguments.rows and not any(name.startswith("idle") for name in done):
        keep(await idle_row("Socket.IO", [server.kind for server in servers], enter_idle))


def main() -> None:
    """Parse the arguments, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=[*LOADS, "idle"], default=[*LOADS, "idle"])
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--name", default="rooms", help="of the files in results/")
    parser.add_argument("--resume", action="store_true", help="keep the rows that the results hold already")
    arguments = parser.parse_args()
    pin_load()
    uvloop.run(run(arguments))


if __name__ == "__main__":
    main()
