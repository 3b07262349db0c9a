"""Hears a document's socket before aiohttp does: a short whole message is read here, all else is aiohttp's to read.

Laws: what is taken here is a final, binary, masked frame of less than 126 bytes that lies whole in what the socket
gave, at the boundary of a frame and outside a fragmented message, and the answer to our ping when nothing comes with it
(an empty message to whoever takes it); aiohttp sees every other byte in its order. A
connection whose frames cannot be followed (a header that arrives in two pieces) is aiohttp's for good. Typing is
nothing but such frames, and this is half of their way through aiohttp. Whoever has sent nothing else is read with all
others (`collab_gathering.py`) until something else comes; then its transport reads again before aiohttp is given any
of it, since aiohttp may pause that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from web.routes.collab_gathering import Seat

_BINARY: Final = 0x82  # final, nothing reserved
_PONG: Final = b"\x8a\x80"  # empty, masked
_MASKED: Final = 0x80
_SHORT: Final = 126
_HEAD: Final = 6  # of a short masked frame


class Ear(asyncio.Protocol):
    """Stands between a transport and aiohttp's protocol. `take` returns False for what aiohttp must read."""

    __slots__ = ("_below", "_fragments", "_lost", "_owed", "_take", "seat")

    def __init__(self, below: asyncio.Protocol, take: Callable[[bytes], bool]) -> None:
        self._below = below
        self._take = take
        self._owed = 0  # bytes of a frame that aiohttp has begun to read
        self._fragments = False
        self._lost = False
        self.seat: Seat | None = None

    def data_received(self, data: bytes) -> None:
        """Take what the transport has read."""
        if self.hear(data) and self.seat is not None:
            self.seat.take()

    def hear(self, data: bytes) -> bool:
        """Take the short messages at its beginning, pass on the rest; returns whether there was none."""
        position, size = 0, len(data)
        if not (self._owed or self._fragments or self._lost):
            if size == _HEAD and data.startswith(_PONG) and self._take(b""):
                return True
            while position + _HEAD <= size and data[position] == _BINARY:
                length = data[position + 1] - _MASKED
                end = position + _HEAD + length
                if not 0 < length < _SHORT or end > size or not self._take(_unmasked(data, position + 2, length)):
                    break
                position = end
        if position == size:
            return True
        rest = data[position:] if position else data
        self._follow(rest)
        if self.seat is not None:
            self.seat.leave()
        self._below.data_received(rest)
        return False

    def _follow(self, data: bytes) -> None:
        """Note where the next frame begins after these bytes."""
        position, size = self._owed, len(data)
        while position < size and not self._lost:
            end = _end(data, position)
            if end is None:
                self._lost = True
                return
            if data[position] & 0x0F < 8:  # control frames may stand between the fragments of a message
                self._fragments = not data[position] & 0x80
            position = end
        self._owed = position - size

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self.leave()
        self._below.connection_lost(exc)

    def leave(self) -> None:
        """Be read by the transport from now on, for good."""
        if self.seat is not None:
            self.seat.leave()
            self.seat = None

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._below.eof_received()

    def pause_writing(self) -> None:
        """Pass it on."""
        self._below.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._below.resume_writing()


def _unmasked(data: bytes, position: int, length: int) -> bytes:
    mask = data[position : position + 4] * (length + 3 >> 2)
    payload = data[position + 4 : position + 4 + length]
    plain = int.from_bytes(payload, "little") ^ int.from_bytes(mask[:length], "little")
    return plain.to_bytes(length, "little")


def _end(data: bytes, position: int) -> int | None:
    """Return where the frame ends that begins at `position`; None if its header is not all there."""
    if position + 2 > len(data):
        return None
    length = data[position + 1] & 0x7F
    start = position + 2 + (4 if data[position + 1] & _MASKED else 0)
    if length >= _SHORT:
        more = 2 if length == _SHORT else 8
        if position + 2 + more > len(data):
            return None
        length = int.from_bytes(data[position + 2 : position + 2 + more], "big")
        start += more
    return start + length
