"""The two ways a connection comes about: we offer (WHIP, WHEP and their like), or the server does.

An `Exchange` is the signalling: it takes our offer and returns the answer. An `Answerer` takes our answer.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from benchmarks.media_generator import Outgoing, Plan
from benchmarks.media_leg import Leg
from benchmarks.media_loads import Stream
from benchmarks.media_sdp import MID, Kind, Line, Local, Media, build_answer, build_offer, read_remote
from sfu.dtls import Identity
from sfu.errors import ProtocolError

Exchange = Callable[[str], Awaitable[str]]
Answerer = Callable[[str], Awaitable[None]]
AT_ONCE, TRIES, PATIENCE = 6, 3, 6.0
"""So many come in at a time, try it so often, and wait so long for each part of a connection."""


async def together(people: int, enter: Callable[[int], Awaitable[None]]) -> None:
    """Let everybody in, a few at a time; whoever fails comes again, as people do.

    OpenSSL that was kept from its core for a second repeats its first hello in one datagram with its second: the Go
    servers' DTLS never answers that.
    """
    waiting = iter(range(people))

    async def take() -> None:
        for person in waiting:
            for left in reversed(range(TRIES)):
                try:
                    await enter(person)
                    break
                except (OSError, ProtocolError) as error:
                    if not left:
                        raise
                    print(f"viewer {person} comes again: {type(error).__name__} {error}", flush=True)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(take())


async def trickle(leg: Leg, sources: Sequence[Outgoing]) -> None:
    """Send a little of each source until the hand-over: many servers know a track by its first packet."""
    session = leg.outward()
    while not leg.handed:
        for source in sources:
            leg.send(session.protect(_small_packet(source)))
            source.index += 1
        await asyncio.sleep(0.05)


def _small_packet(source: Outgoing) -> bytes:
    """A packet that is a frame: of silence, or a VP8 keyframe of no content."""
    number, clock = source.index & 0xFFFF, 90 if source.stream.video else 48
    timestamp = time.time_ns() // 1000 * clock // 1000 & 0xFFFFFFFF
    payload = b"\x78" + bytes(20)
    if source.stream.video:
        tag = bytes.fromhex("100200 9d012a 8002 6801")
        payload = struct.pack("!BBHBB", 0x90, 0xE0, 0x8000 | number & 0x7FFF, number & 255, 0) + tag + bytes(60)
    marker = 0x80 if source.stream.video else 0
    mid = source.media.extensions.get(MID, 0)
    head = struct.pack("!BBHII", 0x90, marker | source.payload_type, number, timestamp, source.ssrc)
    element = bytes([mid << 4]) + source.media.mid.encode()[:1]
    return head + b"\xbe\xde\0\1" + (element if mid else b"") + bytes(2 if mid else 4) + payload


class Connector:
    """Makes the connections of one server and puts them into the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.identity = Identity.generateCertificate()
        self._ssrc = count(1000, 10)
        self._trickles: list[asyncio.Task[None]] = []
        self._legs: list[Leg] = []

    def new_leg(self, *, controlling: bool = True) -> Leg:
        """A connection that `close` ends, unless it is handed over."""
        leg = Leg(self.identity, controlling=controlling, patience=PATIENCE)
        self._legs.append(leg)
        return leg

    async def close(self) -> None:
        """End what was never handed over."""
        for task in self._trickles:
            task.cancel()
        await asyncio.gather(*(leg.close() for leg in self._legs if not leg.handed))

    async def offer(
        self, sent: Sequence[Stream], received: Sequence[Kind], exchange: Exchange
    ) -> tuple[int, list[int]]:
        """Offer these streams and slots; return the places of the connection and of its sources."""
        leg = self.new_leg()
        local = await leg.gather()
        lines = [
            Line("video" if stream.video else "audio", str(place), next(self._ssrc))
            for place, stream in enumerate(sent)
        ]
        lines += [Line(kind, str(place)) for place, kind in enumerate(received, len(lines))]
        remote = read_remote(await exchange(build_offer(local, lines)))
        await leg.connect(remote)
        place = self.plan.add_leg(leg, remote.media)
        agreed = zip(sent, lines, remote.media, strict=False)
        sources = [self.plan.add_source(place, stream, media, line.ssrc) for stream, line, media in agreed]
        if sources:
            mine = [self.plan.sources[source] for source in sources]
            self._trickles.append(asyncio.create_task(trickle(leg, mine)))
        return place, sources

    async def answer(self, sdp: str, send: Answerer) -> int:
        """Answer a server's one offer of media to us; return the place of the connection."""
        viewer = Viewer(self)
        await viewer.take(sdp, send)
        return viewer.place()


class Viewer:
    """A connection that a server offers to us, perhaps again whenever it has more."""

    def __init__(self, connector: Connector) -> None:
        self._plan = connector.plan
        self._leg = connector.new_leg(controlling=False)
        self._local: Local | None = None
        self.offered: list[Media] = []
        self.answered = False

    async def take(self, sdp: str, send: Answerer) -> None:
        """Answer an offer; the first one connects."""
        first = not self.answered
        self._local = self._local or await self._leg.gather()
        remote = read_remote(sdp)
        self.offered = [media for media in remote.media if media.payloads and media.direction != "inactive"]
        await send(build_answer(self._local, remote))
        self.answered = True
        if first:
            await self._leg.connect(remote)

    def place(self) -> int:
        """Put it into the plan."""
        return self._plan.add_leg(self._leg, tuple(self.offered))
