"""When the documents of a worker take in what their clients have sent.

Laws: whoever writes alone on this worker is never delayed. As soon as several do, all documents that have something
take their turn together, at most once per tick (a picture of a 50 Hz screen): they are parsed, applied and
committed in one go and share one transaction. Cold caches and waking up are what an edit costs most. When so many
documents wait that waiting longer would save nothing, they go after a quarter of a tick. What is large is taken in bit
by bit, one document after the other (`large`): everybody else waits for one bit at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

_ENOUGH = 16  # documents


class Waiter(Protocol):
    """Somebody whose turn may come."""

    def take_turn(self) -> None: ...


class Pace:
    """The turns of one worker."""

    def __init__(self, clock: Callable[[], float], tick: float) -> None:
        self._clock = clock
        self._tick = tick
        self._waiting: dict[Waiter, None] = {}
        self._writer: object = None
        self._turned = float("-inf")
        self.large = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, waiter: Waiter, writer: object, now: float) -> None:
        """Have a document take its turn: at once if nobody else writes, otherwise with all others at the next tick."""
        if waiter in self._waiting:
            return
        wait = self._turned + self._tick - now
        if wait <= 0 or (writer is self._writer and not self._waiting):
            self._turned = now
            self._writer = writer
            waiter.take_turn()
            return
        self._writer = None
        self._waiting[waiter] = None
        if len(self._waiting) >= _ENOUGH and wait <= self._tick * 3 / 4:
            self.close()
            self._turn()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._turn)

    def _turn(self) -> None:
        self._timer = None
        self._turned = self._clock()
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting:
            waiter.take_turn()

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
