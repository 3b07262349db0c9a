"""Which part of a file a client asks for (RFC 9110, section 14).

Laws: pure and total. One range is honoured; several, or what is no range of bytes, means the whole file; a range that
begins behind the end cannot be served.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

_ONE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


class Span(Struct, frozen=True):
    """`length` bytes from `start` on."""

    start: int
    length: int
    partial: bool = False


def parse_range(header: str | None, size: int) -> Span | None:
    """Return what to send of a file of `size` bytes; None when nothing of it is there."""
    found = _ONE.fullmatch(header.strip()) if header is not None else None
    if found is None or not any(found.groups()):
        return Span(0, size)
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return Span(size - length, length, partial=True) if length else None
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if start >= size:
        return None
    return Span(start, end - start + 1, partial=True) if end >= start else Span(0, size)
