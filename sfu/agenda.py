"""When what has to be looked at again: the earliest moment for each key. Sans-IO, time in seconds.

Laws: planning a key again keeps the earlier moment; `due` gives each key once and forgets its moment. The cost of each
call grows with the logarithm of what is planned, not with how many people are in a room.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
_SLACK = 64


class Agenda(Generic[Key]):
    """Moments at which keys are due."""

    __slots__ = ("_count", "_heap", "_moments")

    def __init__(self) -> None:
        self._moments: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._count = 0

    def plan(self, key: Key, moment: float | None) -> None:
        """Look at `key` at this moment, or before; None plans nothing."""
        if moment is None or moment >= self._moments.get(key, moment + 1):
            return
        self._moments[key] = moment
        self._count += 1
        heapq.heappush(self._heap, (moment, self._count, key))
        if len(self._heap) > 2 * len(self._moments) + _SLACK:
            self._heap = [item for item in self._heap if self._moments.get(item[2]) == item[0]]
            heapq.heapify(self._heap)

    def drop(self, key: Key) -> None:
        """Never mind this one."""
        self._moments.pop(key, None)

    def due(self, now: float) -> list[Key]:
        """What has to be looked at now, the longest due first."""
        found: list[Key] = []
        while (moment := self.next()) is not None and moment <= now:
            key = heapq.heappop(self._heap)[2]
            del self._moments[key]
            found.append(key)
        return found

    def next(self) -> float | None:
        """The earliest moment of all."""
        while self._heap and self._moments.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
