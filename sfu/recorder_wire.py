"""The records that the native tap writes for the process that makes files of them, read back. Sans-IO.

Laws: integers are big-endian. A record is its length (u32, of what follows), kind, codec, flags, track (u8 each), file
(u32), number (u32), time (u64, microseconds of the machine's monotonic clock), four bytes left free, payload. A frame's
number grows by one in its track; a step of more means that frames were dropped. The writer is this program in the same
version (`native/src/tap/ring.rs`), so what cannot be is a fault of ours and raises.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

SOUND: Final = 0
PICTURE: Final = 1
OPUS: Final = 1
VP8: Final = 2
H264: Final = 3
VP9: Final = 4
AV1: Final = 5
FRAME: Final = 1
END: Final = 2
HEADER: Final = struct.Struct(">IBBBBIIQ4x")
LONGEST: Final = HEADER.size + (1 << 20)


class Frame(NamedTuple):
    """One picture or sound. `at`: microseconds of the monotonic clock."""

    file: int
    track: int
    codec: int
    key: bool
    number: int
    at: int
    payload: bytes


class End(NamedTuple):
    """Nothing more comes for this file."""

    file: int


class Reader:
    """Cuts a stream of bytes into records."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def receive(self, data: bytes) -> Iterator[Frame | End]:
        """Take what was read; yield the records that it completed."""
        rest = self._rest
        rest += data
        start = 0
        while len(rest) - start >= HEADER.size:
            length, kind, codec, flags, track, file, number, at = HEADER.unpack_from(rest, start)
            if kind not in (FRAME, END) or not HEADER.size - 4 <= length <= LONGEST:
                raise ValueError("this is no record")
            end = start + 4 + length
            if len(rest) < end:
                break
            if kind == END:
                yield End(file)
            else:
                payload = bytes(rest[start + HEADER.size : end])
                yield Frame(file, track, codec, bool(flags & 1), number, at, payload)
            start = end
        del rest[:start]
