"""Sending to many Socket.IO connections: encode once, write straight to the transport where that is safe.

Laws: what is sent to one connection arrives in the order of sending. A packet goes straight to the transport
only while nothing waits before it: the client is upgraded and not upgrading or closing, its queue is empty, its
writer holds no batch, and the transport holds < 64 KiB. Otherwise it waits in the connection's Outbox, which
holds 256 packets (1,024 for a client that polls); one more and the connection is cut (DISCONNECT): it will come back
and read what it missed. A group is written to in one loop while the readiness of nobody has changed.
This leans on python-engineio 4.15 and python-socketio 5.18; tests/web/test_broadcast.py covers each seam.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import socketio
from aiohttp import web
from engineio import packet as engine_packet
from msgspec import Struct

from collab.salvo import Salvo
from web.straight import Straight, find_straight

OUTBOX_PACKETS = 256
POLLED_PACKETS = 1024  # a client that polls fetches a burst only one round trip later
TRANSPORT_BYTES = 64 * 1024
MAX_PACKET = 160_000  # an SDP of 64 KiB grows when JSON escapes its line ends

# engine.io MESSAGE (4) + socket.io EVENT (2) and ACK (3) in the default namespace.
_EVENT = b"42"
_ACK = b"43"
_JSON = msgspec.json.Encoder()


class Readiness:
    """Counts how often anybody became ready to be written to directly, or ceased to be."""

    changes = 0


class Outbox(asyncio.Queue[engine_packet.Packet | None]):
    """What one connection still has to be sent; engine.io's writer is its only reader.

    `idle` is true only while that writer waits, has nothing taken, and nothing was put here that has woken it: then
    nobody stands before a direct write.
    """

    def __init__(self, on_full: Callable[[Outbox], None], readiness: Readiness) -> None:
        super().__init__()
        self._idle = False
        self._readiness = readiness
        self.last_sent = 0.0
        self.cut = False
        self.response: web.WebSocketResponse | None = None
        self.transport: asyncio.Transport | None = None
        self.ping_at = math.inf  # if `engine_socket.py` sends the pings
        self.pinging: asyncio.Task[None] | None = None  # engine.io's own, which sends the next one
        self.beats: Callable[[Any], None] | None = None
        self.way: Straight | None = None  # to the socket itself
        self.buffered: Callable[[], int] = int
        self._on_full = on_full

    def attach(self, response: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        """Remember the WebSocket that this connection's packets go to from now on."""
        self.response = response
        self.transport = transport
        if transport is not None:
            self.buffered = transport.get_write_buffer_size
        self.release()
        self.way = find_straight(transport) if transport is not None else None
        self._readiness.changes += 1

    def release(self) -> None:
        """The WebSocket has ended, or another takes its place."""
        if self.way is not None:
            self.way.close()
            self.way = None
            self._readiness.changes += 1

    @property
    def idle(self) -> bool:
        """Whether nobody stands before a direct write."""
        return self._idle

    @idle.setter
    def idle(self, idle: bool) -> None:
        if self._idle != idle:
            self._idle = idle
            if self.way is not None:
                self._readiness.changes += 1

    async def get(self) -> engine_packet.Packet | None:
        self.idle = self.empty()
        try:
            return await super().get()
        finally:
            self.idle = False

    async def put(self, item: engine_packet.Packet | None) -> None:
        self.add(item)

    def add(self, item: engine_packet.Packet | None) -> None:
        """Queue a packet (None ends the writer); a full box cuts the connection instead."""
        if item is None or self.qsize() < (OUTBOX_PACKETS if self.transport is not None else POLLED_PACKETS):
            self.idle = False
            self.put_nowait(item)
        elif not self.cut:
            self.cut = True
            self._on_full(self)

    def write(self, frame: bytes) -> bool:
        """Write a ready WebSocket frame now, or return False when something stands before it."""
        transport = self.transport
        if not self._idle or transport is None or self.response is None or self.response.closed:
            return False
        held = self.buffered()
        if not held and self.way is not None:
            taken = self.way.write(frame)
            if taken == len(frame):
                return True
            frame = frame[taken:]
        elif held >= TRANSPORT_BYTES:
            return False
        if transport.is_closing():  # what it was given is lost with it
            return False
        transport.write(frame)
        return True

    def finish(self, rest: bytes) -> None:
        """Write what the socket did not take; of somebody who is gone it is lost."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(rest)

    def abort(self) -> None:
        """Drop the WebSocket at once; what waited is lost."""
        self.release()
        if self.transport is not None:
            self.transport.abort()


class Outgoing:
    """One packet on its way to any number of connections: each form of it is built once."""

    __slots__ = ("_packet", "frame", "payload")

    def __init__(self, text: str | bytes) -> None:
        self.payload = text.encode() if isinstance(text, str) else text
        self.frame = _text_frame(self.payload)
        self._packet: engine_packet.Packet | None = None

    @property
    def text(self) -> str:
        return self.payload.decode()

    @property
    def packet(self) -> engine_packet.Packet:
        if self._packet is None:
            self._packet = engine_packet.Packet(engine_packet.MESSAGE, self.text[1:])
        return self._packet


def build_event(event: str, message: msgspec.Struct) -> Outgoing:
    """Return the packet that says `event` with `message` as its one argument."""
    return Outgoing(b'%b["%b",%b]' % (_EVENT, event.encode(), _JSON.encode(message)))


def build_ack(request: int, answer: bytes) -> Outgoing:
    """Return the ack of the request with this number; `answer` is JSON."""
    return Outgoing(b"%b%d[%b]" % (_ACK, request, answer))


def _text_frame(payload: bytes) -> bytes:
    """Frame a text message as a server does (RFC 6455, 5.2: FIN, opcode 1, no mask)."""
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


class Broadcast(socketio.AsyncManager):  # type: ignore[misc]  # python-socketio carries no types
    """python-socketio's client manager with our fan-out; nothing here uses its `emit`."""

    def __init__(self) -> None:
        super().__init__()
        self._volleys: dict[str, Volley] = {}
        self._changes = 0

    def send(self, connections: Iterable[str], *outgoing: Outgoing) -> int:
        """Send one or several packets to these engine.io sessions, those that keep up in one write; return how many
        sessions still exist.
        """
        frame = _joined(outgoing)
        sent = 0
        for socket in self._found(connections):
            sent += 1
            if not _is_direct(socket) or not socket.queue.write(frame):
                _queue(socket, outgoing)
        return sent

    def send_all(self, group: str, connections: Iterable[str], *outgoing: Outgoing) -> int:
        """The same for a group that is sent to again and again: those who keep up are written to in one go."""
        members, changes = list(connections), self.server.eio.readiness.changes
        if self._changes != changes:
            self._changes = changes
            self._volleys.clear()
        volley = self._volleys.get(group)
        if volley is None or volley.members != members:
            volley = self._volleys[group] = self._aim(members)
        if not volley.salvo.fire(0.0, _joined(outgoing)):
            return self.send(members, *outgoing)
        return len(volley.salvo) + self.send(volley.others, *outgoing)

    def _aim(self, members: list[str]) -> Volley:
        ready, others = [], []
        for socket in self._found(members):
            outbox: Outbox = socket.queue
            if _is_direct(socket) and outbox.idle and outbox.way is not None and not _is_closed(outbox):
                ready.append(outbox)
            else:
                others.append(socket.sid)
        return Volley(members, Salvo(ready), others)

    def _found(self, connections: Iterable[str]) -> Iterator[Any]:
        sockets = self.server.eio.sockets
        for eio_sid in connections:
            socket = sockets.get(eio_sid)
            if socket is not None and not socket.closed and not socket.closing:
                yield socket


class Volley(Struct, frozen=True):
    """Who of a group can be written to directly, and who is left, while nobody's readiness changes."""

    members: list[str]
    salvo: Salvo
    others: list[str]


def _is_direct(socket: Any) -> bool:
    return bool(socket.upgraded and not socket.upgrading)


def _is_closed(outbox: Outbox) -> bool:
    return outbox.response is None or outbox.response.closed


def _joined(outgoing: Sequence[Outgoing]) -> bytes:
    return outgoing[0].frame if len(outgoing) == 1 else b"".join([one.frame for one in outgoing])


def _queue(socket: Any, outgoing: Sequence[Outgoing]) -> None:
    for one in outgoing:
        socket.queue.add(one.packet)
