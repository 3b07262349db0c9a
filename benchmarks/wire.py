"""A WebSocket client that costs next to nothing: frames come prepared, what arrives goes to one callback.

It masks with a key of zeros (RFC 6455 asks for a mask, the servers do the same work for any), offers no
compression unless told to and inflates what a server then compresses, answers pings, and expects whole messages (no
server here fragments).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import Final, cast

TEXT, BINARY = 0x81, 0x82
_CLOSE, _PING, _PONG = 0x88, 0x89, 0x8A
_KEY = "a3JlaWRlLWJlbmNobWFyaw=="
_COMPRESSED: Final = 0x40  # RFC 7692: the first of the reserved bits
_TAIL: Final = b"\x00\x00\xff\xff"  # which the sender of a compressed message leaves out


def build_frame(kind: int, payload: bytes) -> bytes:
    """Frame a client's message."""
    length = len(payload)
    if length < 126:
        head = bytes((kind, 0x80 | length))
    elif length < 65536:
        head = bytes((kind, 0xFE)) + length.to_bytes(2, "big")
    else:
        head = bytes((kind, 0xFF)) + length.to_bytes(8, "big")
    return head + bytes(4) + payload


class Socket(asyncio.Protocol):
    """One client. `on_message(kind, payload)` is called for each text, binary and pong."""

    def __init__(self, path: str, on_message: Callable[[int, bytes], None], deflate: bool = False) -> None:
        self._path = path
        self._on_message = on_message
        self._deflate = deflate
        self._inflating = zlib.decompressobj(-zlib.MAX_WBITS) if deflate else None
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gone: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.close_code: int | None = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" if self._deflate else ""
        request = (
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n"
        )
        self._write(request.encode())

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.gone.set_result(None)
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(self._rest[:200]))

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        if not self.opened.done():
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found or not head.startswith(b"HTTP/1.1 101"):
                self._rest = data
                return
            self.opened.set_result(None)
            data = rest
        self._rest = self._take(data)

    def _take(self, data: bytes) -> bytes:
        """Hand over each whole frame; return what is left."""
        position, end = 0, len(data)
        while end - position >= 2:
            length, head = data[position + 1], 2
            if length == 126:
                length, head = int.from_bytes(data[position + 2 : position + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(data[position + 2 : position + 10], "big"), 10
            start = position + head
            if end < start + length:
                break
            self._handle(data[position], data[start : start + length])
            position = start + length
        return data[position:]

    def _handle(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self._write(build_frame(_PONG, payload))
        elif kind == _CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            self.abort()
        elif kind & _COMPRESSED and self._inflating is not None:
            self._on_message(kind ^ _COMPRESSED, self._inflating.decompress(payload + _TAIL))
        else:
            self._on_message(kind, payload)

    async def open(self, port: int) -> None:
        """Connect to this port of 127.0.0.1; what the server says at once comes before this returns."""
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)
        await asyncio.wait_for(self.opened, 20)

    def send(self, frame: bytes) -> None:
        """Send a prepared frame."""
        self._write(frame)

    def ping(self, payload: bytes) -> None:
        """Send a ping; its pong comes to `on_message`."""
        self._write(build_frame(_PING, payload))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self.closed:
            self._transport.write(data)

    def abort(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()
