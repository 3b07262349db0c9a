"""The engine's way out: ready frames into a document's socket.

Laws: a frame goes straight to the socket while its transport holds nothing, which costs half of the transport's own
write; what the socket does not take goes to the transport (`straight.py`). Under TLS all goes through the transport.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from web.straight import Straight, find_straight


class Pipe:
    """A WebSocket by its transport."""

    def __init__(self, websocket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.write: Callable[[bytes], None] = transport.write
        self.buffered: Callable[[], int] = transport.get_write_buffer_size
        self.way: Straight | None = None
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

    def __init__(self, websocket: web.WebSocketResponse, transport: asyncio.Transport, way: Straight) -> None:
        super().__init__(websocket, transport)
        self._transport = transport
        self.way: Straight = way
        self.write = self._write

    def _write(self, frame: bytes) -> None:
        if not self.buffered() and not self._transport.is_closing():
            frame = frame[self.way.write(frame) :]
        if frame:
            self._transport.write(frame)

    def release(self) -> None:
        self.way.close()
        self.write = self._transport.write  # not its own method: a ring would wait for the garbage collector


def build_pipe(websocket: web.WebSocketResponse, transport: asyncio.Transport) -> Pipe:
    """Return the way into this WebSocket."""
    way = find_straight(transport)
    return Pipe(websocket, transport) if way is None else DirectPipe(websocket, transport, way)
