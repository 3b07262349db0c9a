"""How much of the API one person may take: requests under way, and writes by time.

Laws: counted per person, never per address: a school comes from one. A request whose client has gone counts until
it is done, so that asking and hanging up buys nothing. No loop and no clock; time is seconds, passed in. Beyond a
bound: Overloaded, at once, nobody waits.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from collab.limits import Bucket
from web.errors import Overloaded

AT_ONCE = 32
WRITES = (20.0, 600.0)  # per second, burst: an afternoon's preparation by a script of the teacher's own
PEOPLE = 10_000


class Shares:
    """What people do that costs much: one person at most `most` of it at a time, all together at most `altogether`."""

    def __init__(self, most: int, refusal: str, *, altogether: float = math.inf, retry_after: int = 5) -> None:
        self._most = most
        self._altogether = altogether
        self._refusal = refusal
        self._retry_after = retry_after
        self._busy: Counter[str] = Counter()  # without who has none under way

    def of(self, person: str) -> int:
        """Return how many of a person's are under way."""
        return self._busy[person]

    @contextmanager
    def one(self, person: str) -> Iterator[None]:
        """Count one for as long as it goes on; raise Overloaded when it is one too many."""
        if self._busy[person] >= self._most or self._busy.total() >= self._altogether:
            raise Overloaded(text=self._refusal, retry_after=self._retry_after)
        self._busy[person] += 1
        try:
            yield
        finally:
            self._busy[person] -= 1
            if not self._busy[person]:
                del self._busy[person]


class _Asker:
    def __init__(self, now: float) -> None:
        self.running = 0
        self.writes = Bucket(*WRITES, now)


class Crowd:
    """Everybody who asks something of this worker's API now."""

    def __init__(self) -> None:
        self._askers: dict[str, _Asker] = {}

    def __len__(self) -> int:
        return len(self._askers)

    @contextmanager
    def asking(self, now: float, person: str, *, writes: bool) -> Iterator[None]:
        """Count one request for as long as it runs; raise Overloaded when it is one too many."""
        asker = self._askers.get(person)
        if asker is None:
            self._sweep(now)
            asker = self._askers[person] = _Asker(now)
        if asker.running >= AT_ONCE or (writes and not asker.writes.take(now, 1)):
            raise Overloaded(text="too many requests at once")
        asker.running += 1
        try:
            yield
        finally:
            asker.running -= 1

    def _sweep(self, now: float) -> None:
        """Forget who asks nothing and has used nothing up."""
        if len(self._askers) >= PEOPLE:
            self._askers = {
                person: asker for person, asker in self._askers.items() if asker.running or not asker.writes.full(now)
            }
