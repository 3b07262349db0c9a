"""Where the rows and columns of a document stand, also those that are deleted. Twin of the client's formula/places.ts.

Laws: a range reaches from one end to the other, whichever stands first; a deleted end keeps its place and the range is
what is left of it; a single reference to what is deleted is nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct


class Lines:
    """Rows or columns in order."""

    def __init__(self, order: Sequence[str], shapes: Mapping[str, Any], dead: Mapping[str, Any]) -> None:
        self._index = {line: at for at, line in enumerate(order)}
        self._places = [(shapes[line]["!"], line) for line in order]
        self._shapes, self._dead = shapes, dead

    def span(self, first: str | None, last: str | None) -> tuple[int, int] | None:
        """Return the indexes between two ends, both included; None: nothing any more. Without ends it is everything."""
        if first is None or last is None:
            return (0, max(0, len(self._places) - 1))
        if first == last:
            at = self._index.get(first)
            return None if at is None else (at, at)
        one, other = self._reach(first), self._reach(last)
        if one is None or other is None:
            return None
        if first in self._index and last in self._index:
            return (one[0], other[0])
        low, high = min(one[0], other[0]), max(one[1], other[1])
        return None if low > high else (low, high)

    def _reach(self, line: str) -> tuple[int, int] | None:
        at = self._index.get(line)
        if at is not None:
            return (at, at)
        if line not in self._dead:
            return None
        shape = self._shapes.get(line)
        place = shape.get("!") if isinstance(shape, dict) else None
        place = place if isinstance(place, str) else self._dead[line]
        if not isinstance(place, str):
            return None
        before = bisect_left(self._places, (place, line))
        return (before, before - 1)


class Places(Struct, frozen=True):
    """Both directions of a table."""

    rows: Lines
    columns: Lines
