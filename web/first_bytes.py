"""Who speaks on a new connection of the HTTP port: a browser's pages or, by its first byte, media (ICE over TCP).

Laws: until the first bytes are there the connection counts as one of HTTP (or of TLS, where pages are served over
it), with their patience; from then on nothing of this file is in its way. What begins like media has
`PATIENCE` for its first frame; then the descriptor goes to `hand_over`, which copies it, and is closed here. Whoever
begins like media and is none is cut.
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import Any, Final, cast

import uvloop

from sfu.errors import ProtocolError
from sfu.first_frame import addressed_place, begins_frame

PATIENCE: Final = 10.0
HandOver = Callable[[int, int, bytes], None]
"""(place, descriptor, what was read) -> nothing; it must have copied the descriptor when it returns."""


class FrontDoor:
    """Makes the protocol of each new connection."""

    def __init__(self, pages: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None, hand_over: HandOver) -> None:
        self._pages = pages
        self._tls = tls
        self.hand_over = hand_over

    def __call__(self) -> asyncio.Protocol:
        inner = self._pages()
        return FirstBytes(self, inner if self._tls is None else _tls_protocol(inner, self._tls))


class FirstBytes(asyncio.Protocol):
    """A connection that has not said anything yet."""

    __slots__ = ("_deadline", "_door", "_first", "_inner", "_transport")
    _transport: asyncio.Transport

    def __init__(self, door: FrontDoor, inner: asyncio.Protocol | asyncio.BufferedProtocol) -> None:
        self._door = door
        self._inner = inner
        self._first = b""
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._first or begins_frame(data):
            self._collect(data)
        elif isinstance(self._inner, asyncio.Protocol):
            self._transport.set_protocol(self._inner)
            self._inner.data_received(data)
        else:
            # The loop looks at how a protocol takes bytes only when it begins to read.
            self._transport.pause_reading()
            self._transport.set_protocol(self._inner)
            self._transport.resume_reading()
            _fill(self._inner, data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _collect(self, data: bytes) -> None:
        self._first += data
        try:
            place = addressed_place(self._first)
        except ProtocolError:
            self._transport.abort()
            return
        if place is not None:
            self._door.hand_over(place, self._transport.get_extra_info("socket").fileno(), self._first)
            self._transport.abort()
        elif self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(PATIENCE, self._transport.abort)


def _tls_protocol(inner: asyncio.Protocol, context: ssl.SSLContext) -> asyncio.BufferedProtocol:
    """What `loop.create_server` itself puts between a connection and its protocol."""
    loop = asyncio.get_running_loop()
    kind: Any = getattr(uvloop.loop if isinstance(loop, uvloop.Loop) else sslproto, "SSLProtocol")  # noqa: B009
    made: asyncio.BufferedProtocol = kind(loop, inner, context, None, server_side=True)
    return made


def _fill(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    while data:
        buffer = memoryview(protocol.get_buffer(len(data)))
        taken = min(len(buffer), len(data))
        buffer[:taken] = data[:taken]
        protocol.buffer_updated(taken)
        data = data[taken:]
