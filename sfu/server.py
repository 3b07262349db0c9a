"""The media engine's shell: planes, rooms, connections, and the only asyncio of this package beside DTLS.

Laws:
- One plane is one native thread and one UDP port; a room lives on the plane with the fewest rooms.
- The loop reads a plane's events when its eventfd says so. A loop that stands still costs nobody a call: STUN,
  SRTP and forwarding go on natively.
- One task leads one connection and ends with it. What a connection registered is forgotten with it.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from sfu.codecs import VideoCodec
from sfu.directory import Directory
from sfu.dtls import Identity
from sfu.errors import Overloaded, StateError
from sfu.model import (
    LayersWanted,
    LeftOut,
    MediaEvent,
    MediaRights,
    PeerConnected,
    PeerLost,
    SlotOffer,
    SlotsChanged,
    SlotState,
    SourceChanged,
    SourceOffer,
    SpeakersChanged,
    Undecodable,
    VideoPaused,
)
from sfu.offered import Offered
from sfu.plane import Plane, take_stream
from sfu.recorder import Recording
from sfu.room import MediaRoom
from sfu.session import Port, Session

__all__ = [
    "LayersWanted",
    "LeftOut",
    "MediaConfig",
    "MediaEvent",
    "MediaRights",
    "MediaRoom",
    "MediaServer",
    "PeerConnected",
    "PeerLost",
    "SlotOffer",
    "SlotState",
    "SlotsChanged",
    "SourceChanged",
    "SourceOffer",
    "SpeakersChanged",
    "Undecodable",
    "VideoPaused",
]

MAX_SESSIONS: Final = 4096
RENEW_BEFORE: Final = timedelta(days=10)
"""aiortc's certificates are good for 30 days; connections that exist keep theirs."""
MAX_HANDSHAKES: Final = 256
"""DTLS handshakes at once, 0.35 ms of CPU each; the others wait, their clients repeat the first flight."""

logger = logging.getLogger(__name__)


class MediaConfig(msgspec.Struct, frozen=True):
    """Where media is received. `udp_port` 0 lets the system choose; thread n takes the n-th port from there.

    The same numbers take it over TCP, but for `http_port`, which is the application's: what comes there, at
    `http_host` (or through a proxy that listens at `proxy_port`), it hands over by the place that it is addressed to;
    the first thread has `place`. A remote that says
    nothing for `consent_seconds` is gone (RFC 7675). `downlink_cap_kbit` is what one viewer gets. Who can
    is asked to send pictures in `video_codec`.
    """

    addresses: tuple[str, ...] = ("127.0.0.1",)
    udp_port: int = 0
    public_ips: tuple[str, ...] = ()
    http_host: str = "127.0.0.1"
    http_port: int = 0
    proxy_port: int = 0
    place: int = 0
    threads: int = 1
    downlink_cap_kbit: int = 1000
    consent_seconds: float = 30.0
    video_codec: VideoCodec = "vp8"


class MediaServer:
    """All rooms' media in this process."""

    def __init__(self, config: MediaConfig) -> None:
        self._config = config
        self._ports: list[Port] = []
        self._rooms: dict[str, tuple[MediaRoom, Port]] = {}
        self._directory = Directory()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._identity = Identity.generateCertificate()

    async def start(self) -> None:
        """Bind the ports and begin; OSError if one cannot be bound."""
        numbers = itertools.count(1)
        handshakes = asyncio.Semaphore(MAX_HANDSHAKES)
        offered = Offered(self._config.addresses, self._config.public_ips)
        for thread in range(self._config.threads):
            udp_port = self._config.udp_port + thread if self._config.udp_port else 0
            want = self._config.downlink_cap_kbit * 1000
            plane = Plane(
                list(self._config.addresses),
                udp_port,
                consent=self._config.consent_seconds,
                tcp=udp_port not in (self._config.http_port, self._config.proxy_port) or not udp_port,
                want=want,
            )
            shared = (self._config.http_port, self._config.proxy_port)
            ways = offered.candidates(plane.port, self._config.http_host, shared, tcp=plane.tcp)
            port = Port(plane, self._fresh_identity, ways, numbers, handshakes, self._config.place + thread)
            self._ports.append(port)
            asyncio.get_running_loop().add_reader(plane.fileno(), self._on_readable, plane)

    async def close(self) -> None:
        """End every connection and give the ports back."""
        for room_id in list(self._rooms):
            self.close_room(room_id)
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))
        for port in self._ports:
            asyncio.get_running_loop().remove_reader(port.plane.fileno())
            port.plane.close()
        self._ports = []

    def take_stream(self, place: int, descriptor: int, first: bytes) -> None:
        """Serve a copy of a TCP connection, from which `first` was read; OSError if it is gone."""
        for port in self._ports:
            if port.place == place:
                take_stream(port.plane, descriptor, first)

    def room(self, room_id: str, on_event: Callable[[MediaEvent], None], codec: VideoCodec | None = None) -> MediaRoom:
        """The room's media: made on first use, then the same one (which keeps its first callback and codec)."""
        if room_id not in self._rooms:
            if not self._ports:
                raise StateError("not_started", "the media server is not running")
            used = [port for _, port in self._rooms.values()]
            port = min(self._ports, key=lambda port: sum(other is port for other in used))
            config = self._config
            room = MediaRoom(port, self, on_event, config.downlink_cap_kbit, codec or config.video_codec)
            self._rooms[room_id] = (room, port)
        return self._rooms[room_id][0]

    def close_room(self, room_id: str) -> None:
        """End a room's media; nothing happens if there is none."""
        entry = self._rooms.pop(room_id, None)
        if entry is not None:
            entry[0].close()

    def counters(self) -> dict[str, int]:
        """The planes' counters summed, and what this side counts."""
        total = {"rooms": len(self._rooms), "connections": len(self._directory)}
        total["events_dropped"] = self._directory.dropped
        for port in self._ports:
            for name, value in port.plane.counters().items():
                total[name] = total.get(name, 0) + value
        return total

    def counts(self) -> dict[str, int]:
        """Sizes of the maps; all zero once everybody has left."""
        return {**self._directory.counts(), "tasks": len(self._tasks)}

    def forward_histogram(self) -> tuple[list[float], list[int], float]:
        """Seconds from receiving a packet to sending it: upper bounds, counts, sum; over all planes."""
        bounds: list[float] = []
        counts: list[int] = []
        total = 0.0
        for port in self._ports:
            bounds, new, seconds = port.plane.forward_histogram()
            counts = [a + b for a, b in itertools.zip_longest(counts, new, fillvalue=0)]
            total += seconds
        return bounds, counts, total

    def opened(self, session: Session, room: MediaRoom, peer: str) -> None:
        """A room made a connection; Overloaded beyond `MAX_SESSIONS`."""
        if len(self._directory) >= MAX_SESSIONS:
            raise Overloaded("server_full", "this server has too many media connections")
        self._directory.opened(session, room, peer)

    def attached(self, session: Session, room: MediaRoom) -> None:
        """A connection's sources were negotiated."""
        self._directory.attached(session, room)

    def closed(self, session: Session) -> None:
        """A connection is over."""
        self._directory.closed(session)
        task = self._tasks.get(session.id)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def recording(self, recording: Recording, *, runs: bool) -> None:
        """A recording began, or is over."""
        self._directory.recording(recording, runs=runs)

    def spawn(self, session: Session, room: MediaRoom, peer: str) -> None:
        """Start the task that leads a connection."""
        task = asyncio.create_task(room.serve(session, peer), name=f"media session {session.id}")
        self._tasks[session.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(session.id, None))

    def _fresh_identity(self) -> Identity:
        if self._identity.expires - datetime.now(UTC) < RENEW_BEFORE:
            self._identity = Identity.generateCertificate()
        return self._identity

    def _on_readable(self, plane: Plane) -> None:
        for event in plane.drain():
            try:
                self._directory.receive(event)
            except Exception:  # the top of an event: those after it belong to others
                logger.exception("a media event could not be handled", extra={"event": event[0]})
