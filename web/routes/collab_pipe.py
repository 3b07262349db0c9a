"""The engine's way out: ready frames into a document's socket.

Laws: a frame goes straight to the socket while its transport holds nothing, which costs half of the transport's own
write; what the socket does not take goes to the transport, whole frames never mix. The socket is held by a descriptor
of our own, so that nothing is ever written to one that the number was given to later. Under TLS all goes through the
transport.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

from aiohttp import web


class Pipe:
    """A WebSocket by its transport."""

    def __init__(self, websocket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.write: Callable[[bytes], None] = transport.write
        self.buffered: Callable[[], int] = transport.get_write_buffer_size
        self._websocket = websocket
        self._closing: asyncio.Task[bool] | None = None

    def close(self, code: int, reason: str) -> None:
        """Close the WebSocket."""
        if self._closing is None:
            message = reason.encode()[:120]
            self._closing = asyncio.ensure_future(self._websocket.close(code=code, message=message))

    def release(self) -> None:
        """The WebSocket has ended."""


class DirectPipe(Pipe):
    """A WebSocket whose socket is written to directly."""

    def __init__(self, websocket: web.WebSocketResponse, transport: asyncio.Transport, descriptor: int) -> None:
        super().__init__(websocket, transport)
        self._transport = transport
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.setblocking(False)
        self.send: Callable[[bytes], int] = self._socket.send
        self.write = self._write

    def _write(self, frame: bytes) -> None:
        if not self.buffered() and not self._transport.is_closing():
            try:
                taken = self.send(frame)
            except OSError:  # full, or gone: the transport knows what to do
                taken = 0
            if taken == len(frame):
                return
            frame = frame[taken:]
        self._transport.write(frame)

    def release(self) -> None:
        self._socket.close()


def build_pipe(websocket: web.WebSocketResponse, transport: asyncio.Transport) -> Pipe:
    """Return the way into this WebSocket."""
    plain = transport.get_extra_info("socket")
    if plain is None or transport.get_extra_info("ssl_object") is not None:
        return Pipe(websocket, transport)
    return DirectPipe(websocket, transport, plain.fileno())
