"""The byte encoding under the Yjs wire: variable-length integers, strings and plain values (lib0 "any").

Laws: reading is total: any bytes give a value or a ProtocolError, never another exception; nothing is read past the
end; a value nested deeper than `MAX_NESTING` is refused here, before a CRDT sees it (pycrdt dies at some 26,000
levels, browsers cannot open 2,000, JSON parsers stop at 128).
"""

from __future__ import annotations

import re

from .errors import ProtocolError
from .steps import STEP, Steps, finish

MAX_NESTING = 100
"""Levels of a plain value, and of shared types inside each other."""

MAX_PARTS = 50_000
"""Values inside one plain value, brackets in one JSON text, and characters beyond 16 bits in one string: the CRDT takes
each of these in one go.
"""

_STRINGS_AND_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_SAFE_INTEGER = 2**53 - 1
_FIXED_ANY = {127: 0, 126: 0, 124: 4, 123: 8, 122: 8, 121: 0, 120: 0}
_INTEGER, _STRING, _OBJECT, _ARRAY, _BINARY = 125, 119, 118, 117, 116


class Reader:
    """A cursor over received bytes."""

    __slots__ = ("bounded", "data", "end", "position")

    def __init__(self, data: bytes, bounded: bool = False) -> None:
        self.bounded = bounded  # by MAX_PARTS: what is stored already is read as it is
        self.data = data
        self.position = 0
        self.end = len(data)

    def at_end(self) -> bool:
        """Tell whether everything was read."""
        return self.position >= self.end

    def byte(self) -> int:
        """Read one byte."""
        position = self.position
        if position >= self.end:
            raise truncated()
        self.position = position + 1
        return self.data[position]

    def uint(self) -> int:
        """Read an unsigned integer of at most 53 bits."""
        position = self.position
        data = self.data
        if position >= self.end:
            raise truncated()
        value = data[position]
        position += 1
        if value < 0x80:
            self.position = position
            return value
        value &= 0x7F
        shift = 7
        while True:
            if position >= self.end:
                raise truncated()
            part = data[position]
            position += 1
            value |= (part & 0x7F) << shift
            if value > _SAFE_INTEGER:
                raise ProtocolError("frame_malformed", "an integer has more than 53 bits")
            if part < 0x80:
                self.position = position
                return value
            shift += 7
            if shift > 56:
                raise ProtocolError("frame_malformed", "an integer has too many bytes")

    def signed(self) -> None:
        """Skip a signed integer of at most 53 bits."""
        first = self.byte()
        if first < 0x80:
            return
        for _ in range(8):
            if self.byte() < 0x80:
                return
        raise ProtocolError("frame_malformed", "an integer has too many bytes")

    def take(self, length: int) -> bytes:
        """Read exactly `length` bytes."""
        start = self.position
        stop = start + length
        if stop > self.end:
            raise truncated()
        self.position = stop
        return self.data[start:stop]

    def skip(self, length: int) -> None:
        """Pass over `length` bytes."""
        self.position += length
        if self.position > self.end:
            raise truncated()

    def buffer(self) -> bytes:
        """Read a byte array with its length in front."""
        return self.take(self.uint())

    def string(self) -> str:
        """Read a string; bytes that are not UTF-8 (lone surrogates are not) are refused."""
        try:
            return self.take(self.uint()).decode()
        except UnicodeDecodeError:
            raise ProtocolError("frame_malformed", "a string is not UTF-8") from None

    def json(self) -> int:
        """Skip a JSON text, checking how deep it nests; whether it is JSON is the CRDT's business. Returns how many
        brackets open in it.
        """
        text = self.string()
        brackets = text.count("[") + text.count("{")
        if self.bounded and brackets > MAX_PARTS:
            raise too_many_parts()
        if json_depth(text) > MAX_NESTING:
            raise too_deep()
        return brackets

    def any(self) -> None:
        """Skip a plain value."""
        finish(self.skipping())

    def skipping(self) -> Steps[int]:
        """Skip a plain value, in steps; returns of how many values it consists."""
        looked = 0
        left, keyed = [1], [False]  # at each level: values to come, and whether each has a name
        while left:
            if not left[-1]:
                left.pop()
                keyed.pop()
                continue
            if len(left) > MAX_NESTING:
                raise too_deep()
            left[-1] -= 1
            if keyed[-1]:
                self.string()
            looked += 1
            if looked % STEP == 0:
                if self.bounded and looked > MAX_PARTS:
                    raise too_many_parts()
                yield
            kind = self.byte()
            if kind in (_ARRAY, _OBJECT):
                left.append(self.uint())
                keyed.append(kind == _OBJECT)
            else:
                self._leaf(kind)
        return looked

    def plain(self) -> bool:
        """Skip a plain value if it holds no others; whether it was skipped."""
        kind = self.byte()
        if kind in (_ARRAY, _OBJECT):
            self.position -= 1
            return False
        self._leaf(kind)
        return True

    def _leaf(self, kind: int) -> None:
        if kind in _FIXED_ANY:
            self.skip(_FIXED_ANY[kind])
        elif kind == _STRING:
            self.string()
        elif kind == _INTEGER:
            self.signed()
        elif kind == _BINARY:
            self.skip(self.uint())
        else:
            raise ProtocolError("frame_malformed", f"no plain value has the type {kind}")


def json_depth(text: str) -> int:
    """Return how deep brackets nest in a JSON text, leaving out those inside strings; 0 for too few to matter."""
    depth = deepest = 0
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return 0
    for found in _STRINGS_AND_BRACKETS.finditer(text):
        character = found[0][0]
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def build_uint(value: int) -> bytes:
    """Encode an unsigned integer."""
    if value < 0x80:
        return bytes((value,))
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def build_buffer(data: bytes) -> bytes:
    """Encode a byte array with its length in front."""
    return build_uint(len(data)) + data


def truncated() -> ProtocolError:
    """Build the error for bytes that end too early."""
    return ProtocolError("frame_truncated", "the message ends too early")


def too_many_parts() -> ProtocolError:
    """Build the error for one value beyond the bound."""
    return ProtocolError("too_large", f"one value has at most {MAX_PARTS} parts")


def too_deep() -> ProtocolError:
    """Build the error for nesting beyond the bound."""
    return ProtocolError("update_too_deep", f"values may nest {MAX_NESTING} levels")
