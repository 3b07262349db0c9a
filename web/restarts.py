"""When a dead worker is started again: at once, later, or never.

Laws: pure; time is in seconds, passed in. A worker that had run for a while, that was killed from outside, or that
ended as it was told to, is replaced at once. One that keeps dying young waits longer each time, up to LONGEST, so
that a fault does not eat the machine that its siblings still serve on. Only a server whose workers end by themselves,
again and again, before any of them ever ran for a while, gives up: it cannot have been set up rightly, and somebody
should read why.
"""

from __future__ import annotations

import signal

from msgspec import Struct

YOUNG = 10.0
AT_ONCE = 3  # so many early deaths in a row are nothing yet
LONGEST = 30.0
GIVE_UP = 5


class Death(Struct, frozen=True):
    """A worker that ran for `age` seconds; `status` as subprocess gives it: below zero the signal that killed it."""

    index: int
    age: float
    status: int


class Restarts:
    """Early deaths in a row, worker by worker."""

    def __init__(self) -> None:
        self._early: dict[int, int] = {}
        self._refusals = 0
        self._proven = False

    def died(self, death: Death) -> float | None:
        """Return after how many seconds to start it again, None to give up."""
        if death.age >= YOUNG:
            self._proven = True
            self._early[death.index] = 0
            return 0.0
        was_killed = death.status in (0, -signal.SIGKILL, -signal.SIGTERM)
        early = self._early[death.index] = self._early.get(death.index, 0) + 1
        self._refusals = 0 if was_killed else self._refusals + 1
        if self._refusals >= GIVE_UP and not self._proven:
            return None
        return 0.0 if early <= AT_ONCE or was_killed else min(LONGEST, 2.0 ** (early - AT_ONCE))

    def lives(self, index: int, age: float) -> None:
        """Note that a worker is still there."""
        if age >= YOUNG:
            self._proven = True
            self._early[index] = 0


class Rolling:
    """All workers anew, one after the other; each is the process that was there when it began."""

    def __init__(self) -> None:
        self._old: dict[int, int] = {}
        self._leaving: int | None = None

    @property
    def busy(self) -> bool:
        """Whether any of them is still to go."""
        return bool(self._old)

    def begin(self, pids: dict[int, int]) -> None:
        """Start with these processes, by worker; one that leaves already is not told again."""
        self._old = dict(pids)

    def next(self, pids: dict[int, int], *, serving: bool) -> int | None:
        """Return which worker is to leave now, given who is there; `serving`: all of them are open for people."""
        if self._leaving is not None and pids.get(self._leaving) == self._old.get(self._leaving):
            return None  # not gone yet
        self._leaving = None
        self._old = {index: pid for index, pid in self._old.items() if pids.get(index, pid) == pid and index in pids}
        if not serving or not self._old:
            return None
        self._leaving = min(self._old)
        return self._leaving
