"""The way in when many come at once: first come, first served, and everybody is told how many are before them.

Laws: those who go through work on `abreast` at a time, in the order in which they came; whoever is in already has no
turnstile before anything they do, so that what was begun is finished first. Who waits for longer than `TELL_SECONDS`
is told at once and again in that time how many are before them. At most `most` wait: beyond that somebody is refused
and told when to come again, each at a moment of their own, later the more wait.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from web.errors import Overloaded

ABREAST: Final = 8
MOST: Final = 4000
TELL_SECONDS: Final = 1.0
FIRST_PACE: Final = 0.01
_SMOOTHING: Final = 0.05

Tell = Callable[[int], None]


class _Place:
    """Somebody who waits."""

    def __init__(self, tell: Tell, turn: asyncio.Future[None]) -> None:
        self.tell = tell
        self.turn = turn


class Turnstile:
    """One way in."""

    def __init__(self, abreast: int = ABREAST, most: int = MOST) -> None:
        self._free = abreast
        self._most = most
        self._waiting: dict[_Place, None] = {}
        self._teller: asyncio.TimerHandle | None = None
        self._pace = FIRST_PACE
        self._last = 0.0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def check_room(self) -> None:
        """Raise Overloaded, with the seconds after which to come again, when nobody more may wait."""
        if len(self._waiting) >= self._most:
            again = max(1.0, len(self._waiting) * self._pace)
            raise Overloaded("unavailable", "too many people are coming in", round(again * random.uniform(1, 2) + 0.5))

    @asynccontextmanager
    async def turn(self, tell: Tell) -> AsyncIterator[None]:
        """Wait for one's turn; `tell` is called with the number of those before."""
        if self._free > 0 and not self._waiting:
            self._free -= 1
        else:
            await self._wait(tell)
        try:
            yield
        finally:
            self._measure()
            self._pass_on()

    async def _wait(self, tell: Tell) -> None:
        loop = asyncio.get_running_loop()
        place = _Place(tell, loop.create_future())
        self._waiting[place] = None
        if self._teller is None:
            self._teller = loop.call_later(TELL_SECONDS, self._tell)
        try:
            await place.turn
        except asyncio.CancelledError:
            self._waiting.pop(place, None)
            if place.turn.done() and not place.turn.cancelled():
                self._pass_on()  # it was this one's turn already
            raise

    def _pass_on(self) -> None:
        for place in self._waiting:
            del self._waiting[place]
            place.turn.set_result(None)
            return
        self._free += 1
        self._last = 0.0

    def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        self._teller = loop.call_later(TELL_SECONDS, self._tell) if self._waiting else None
        for before, place in enumerate(self._waiting):
            place.tell(before)

    def _measure(self) -> None:
        """How long it takes until the next one goes through, while somebody waits."""
        now = asyncio.get_running_loop().time()
        if self._last:
            self._pace += _SMOOTHING * (now - self._last - self._pace)
        self._last = now if self._waiting else 0.0
