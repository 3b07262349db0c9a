"""When the documents of a worker take in what their clients have sent.

Laws: whoever writes alone on this worker is never delayed. As soon as several do, all documents that have something
take their turn together, at most once per tick (a picture of a 50 Hz screen): they are parsed, applied and
committed in one go and share one transaction. Cold caches and waking up are what an edit costs most. When so many
documents wait that waiting longer would save nothing, they go after a quarter of a tick. While several write, the next
turn is set before anybody has sent anything for it, and begins by reading what all have sent (`Source`): nobody wakes
the worker up only to wait. A crowd is read as it comes, while the turn before is on its way to the disk. What is large
is taken in bit by bit, one document after the other (`large`): everybody else waits for one bit at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

_ENOUGH = 16  # documents


class Waiter(Protocol):
    """Somebody whose turn may come."""

    def take_turn(self) -> None: ...


class Source(Protocol):
    """Where the clients' frames come from; while a turn is to come (`Pace.waits`) it need not tell of them."""

    def gather(self) -> None:
        """Hand over what has come."""

    def watch(self) -> None:
        """Hand over by yourself whatever comes, from now on."""


class Pace:
    """The turns of one worker."""

    def __init__(self, clock: Callable[[], float], tick: float) -> None:
        self._clock = clock
        self._tick = tick
        self._waiting: dict[Waiter, None] = {}
        self._writers: set[object] = set()
        self._writer: object = None
        self._turned = float("-inf")
        self._gathering = self._crowd = False
        self.source: Source | None = None
        self.large = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether the next turn is set, and what comes need not be read before."""
        return self._timer is not None and not self._crowd

    def ask(self, waiter: Waiter, writer: object, now: float) -> None:
        """Have a document take its turn: at once if nobody else writes, otherwise with all others at the next tick."""
        if self._gathering or self._timer is not None:
            self._writers.add(writer)
            if waiter in self._waiting:
                return
            self._waiting[waiter] = None
            if not self._gathering and len(self._waiting) >= _ENOUGH and now - self._turned >= self._tick / 4:
                self.close()
                self._turn()
            return
        wait = self._turned + self._tick - now
        if wait <= 0 or writer is self._writer:
            self._turned = now
            self._writer = writer
            waiter.take_turn()
            return
        self._waiting[waiter] = None
        self._writers = {writer}
        self._timer = asyncio.get_running_loop().call_later(wait, self._turn)

    def _turn(self) -> None:
        self._turned = self._clock()
        self._timer = self._writer = None
        if self.source is not None:
            self._gathering = True
            try:
                self.source.gather()
            finally:
                self._gathering = False
        waiting, self._waiting = self._waiting, {}
        writers, self._writers = self._writers, set()
        for waiter in waiting:
            waiter.take_turn()
        self._crowd = len(waiting) >= _ENOUGH
        if self.source is None:
            return
        if len(writers) > 1 and not self._crowd:
            self._timer = asyncio.get_running_loop().call_later(self._tick, self._turn)
        else:
            self.source.watch()

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
