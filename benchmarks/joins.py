"""A join storm: 2,000 people in 60 seconds, each by a ticket of their own, in rooms of 30, by real ICE and DTLS.

Two people of each room send a voice and a picture of ten packets a second; everybody else asks for one voice and one
picture. A join is timed from the moment at which it should have begun to the first packet that opens. The server has a
core to itself, the load another one, and both are reported.

    python -m benchmarks.joins [--people 2000] [--seconds 60] [--workers 1] [--write]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from time import monotonic

import aiohttp
import uvloop
from OpenSSL import SSL

from benchmarks.joins_figures import Figures, Join, percentile
from benchmarks.joins_peer import Media, Sender, build_context
from benchmarks.joins_wire import Refused, Wire
from benchmarks.measure import RESULTS, machine, settle
from benchmarks.media_sdp import Kind, Line
from benchmarks.servers import Server, build_server, meeting_tickets, pin_load, plan_lessons
from sfu.dtls import Identity
from tests.services import RedisServer

ROOM, SENDERS = 30, 2
TILE_EVERY = 5  # a picture's packet with each fifth of a voice
VOICE_SECONDS = 0.02
GRACE = 25.0
TRIES = 10
SLOTS = ("voice-1", "tile-1")


@dataclass(frozen=True)
class Part:
    """What somebody does in a room: what they send, what they want to receive."""

    sends: tuple[str, ...] = ()
    slots: tuple[str, ...] = SLOTS
    wanted: int = 1
    tiles: tuple[str, ...] = ()


SENDING = Part(("microphone", "camera"))


@dataclass
class Storm:
    """What everybody shares."""

    url: str
    http: aiohttp.ClientSession
    identity: Identity = field(default_factory=Identity.generateCertificate)
    wires: list[Wire] = field(default_factory=list)
    connections: list[Media] = field(default_factory=list)
    senders: list[tuple[Media, list[Sender]]] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    ssrc: count[int] = field(default_factory=lambda: count(10_000, 10))

    def __post_init__(self) -> None:
        self.context: SSL.Context = build_context(self.identity)

    async def join(self, meeting: str, ticket: str, part: Part, due: float) -> Join:
        """Come in as one person; what goes wrong is written down."""
        one = Join(began=monotonic() - due)
        try:
            await self._join(one, meeting, ticket, part, due)
        except (Refused, TimeoutError, aiohttp.ClientError, OSError, StopIteration) as error:
            one.wrong = f"{type(error).__name__} {error}"[:120]
        return one

    async def _join(self, one: Join, meeting: str, ticket: str, part: Part, due: float) -> None:
        wire = await Wire.connect(self.http, self.url, ticket)
        one.wire = wire
        self.wires.append(wire)
        one.hello = monotonic() - due
        joined = await self._insist(one, wire, "room:join", {"meeting": meeting, "client": ticket[-16:]})
        one.joined, one.peer = monotonic() - due, str(joined["peer"])
        if part.sends:
            on = {source: source in part.sends for source in ("microphone", "camera")}
            await wire.ask("room:media", {**on, "screen": False})
        if part.tiles:
            await wire.ask("media:page", {"tiles": part.tiles})
        kinds: list[Kind] = ["audio" if source == "microphone" else "video" for source in part.sends]
        lines = [Line(kind, str(mid), next(self.ssrc)) for mid, kind in enumerate(kinds)]
        media = one.media = Media(self.identity, self.context, lines, part.slots)
        self.connections.append(media)
        message = {
            "sdp": media.offer,
            "sources": [{"mid": line.mid, "purpose": what} for line, what in zip(lines, part.sends, strict=True)],
            "slots": [{"mid": str(mid), "purpose": slot} for mid, slot in enumerate(part.slots, len(lines))],
        }
        one.offer = message
        answer = await self._insist(one, wire, "media:offer", message)
        one.answered = monotonic() - due
        checked, keyed = await media.connect(str(answer["sdp"]), part.wanted)
        one.checked, one.keyed = checked - due, keyed - due
        if lines:
            agreed = zip(lines, media.agreed, strict=False)
            self.senders.append((media, [Sender(line, line_agreed) for line, line_agreed in agreed]))
        async with asyncio.timeout(GRACE):
            one.first = await asyncio.shield(media.first) - due

    async def _insist(self, one: Join, wire: Wire, event: str, message: Mapping[str, object]) -> dict[str, object]:
        """Ask again after a second, as our client does, where the server says that it cannot now."""
        for _ in range(TRIES):
            try:
                return await wire.ask(event, message)
            except Refused as error:
                if "unavailable" not in str(error):
                    raise
                one.tries += 1
                await asyncio.sleep(1)
        return await wire.ask(event, message)

    async def send(self) -> None:
        """Send everybody's voice each 20 ms and a picture each 100."""
        due = monotonic()
        for turn in count():
            now = monotonic()
            self.lags.append(now - due)
            for place, (media, senders) in enumerate(self.senders):
                for sender in senders:
                    if not sender.video or (turn + place) % TILE_EVERY == 0:
                        media.send(sender.packet(now))
            due += VOICE_SECONDS
            await asyncio.sleep(max(0.0, due - monotonic()))

    async def close(self) -> None:
        for media in self.connections:
            media.close()
        await asyncio.gather(*(wire.close() for wire in self.wires), return_exceptions=True)


async def plan(server: Server, people: int) -> list[tuple[str, str]]:
    """Plan the lessons; return a meeting and a ticket for each person, the first of each room first."""
    rooms = [f"storm-{number}" for number in range(-(-people // ROOM))]
    await plan_lessons(server, rooms)
    tickets = [await meeting_tickets(server, ROOM, meeting=room) for room in rooms]
    return [
        (rooms[number % len(rooms)], tickets[number % len(rooms)][number // len(rooms)]) for number in range(people)
    ]


async def until_ready(server: Server) -> None:
    """Return once the workers serve and have nothing left to do; the socket is there before them."""
    async with aiohttp.ClientSession() as http:
        async with asyncio.timeout(60):
            while True:
                with suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{server.port}/healthz") as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.1)
    await settle(server)


async def storm(people: int, seconds: float, workers: int) -> Figures:
    """One storm against a server of its own."""
    server, redis = build_server("kreide"), RedisServer()
    if workers > 1:
        redis.start()
        server.command += ["--workers", str(workers), "--redis", redis.url]
    loads = os.getloadavg()
    server.start()
    try:
        await until_ready(server)
        tickets = await plan(server, people)
        senders = SENDERS * -(-people // ROOM)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            one = Storm(f"http://127.0.0.1:{server.port}", http)
            sending = asyncio.create_task(one.send())
            cpu, own, begin = server.cpu(), time.process_time(), monotonic() + 0.5
            joins = []
            for number, (meeting, ticket) in enumerate(tickets):
                due = begin + number * seconds / people
                await asyncio.sleep(max(0.0, due - monotonic()))
                joins.append(
                    asyncio.create_task(one.join(meeting, ticket, SENDING if number < senders else Part(), due))
                )
            done = await asyncio.gather(*joins)
            cpu, own = server.cpu() - cpu, time.process_time() - own
            steady = server.cpu()
            await asyncio.sleep(10)
            steady = (server.cpu() - steady) / 10
            sending.cancel()
            lag = percentile(one.lags, 0.99)
            await one.close()
        return Figures(workers, people, seconds, list(done), cpu, steady, own, lag, loads)
    finally:
        server.stop()
        redis.kill()


def main() -> None:
    """Run the storm as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, nargs="*", default=[1])
    parser.add_argument("--write", action="store_true", help=f"into {RESULTS / 'joins.md'}")
    options = parser.parse_args()
    pin_load()
    text: list[str] = []
    for workers in options.workers:
        lines = uvloop.run(storm(options.people, options.seconds, workers)).lines()
        print("\n".join(lines), flush=True)
        text += ["", *lines]
    if options.write:
        head = ["# Join storm", "", *(f"- {name}: {value}" for name, value in machine().items())]
        (RESULTS / "joins.md").write_text("\n".join([*head, *text, ""]))


if __name__ == "__main__":
    main()
