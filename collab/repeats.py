"""New heads of documents are told to other workers again, since a bus may lose what it is given once.

Laws: a document is named again 0.3 s and 1 s after its last announcement, unless it was forgotten. Nothing wakes
while there is nothing to repeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from .keeper import Keeper

_REPEATS: Final = (0.3, 1.0)
_LOOK_SECONDS: Final = 0.1


class Repeats:
    """What was announced of late."""

    def __init__(self, clock: Callable[[], float], again: Callable[[Keeper], None]) -> None:
        self._clock = clock
        self._again = again
        self._announced: dict[Keeper, float] = {}
        self._looked = float("-inf")
        self._news = asyncio.Event()

    def note(self, keeper: Keeper) -> None:
        """This document was announced just now."""
        self._announced[keeper] = self._clock()
        self._news.set()

    def forget(self, keeper: Keeper) -> None:
        """This document is not ours any more."""
        self._announced.pop(keeper, None)

    async def repeat(self) -> None:
        """Wait for an announcement, then look once whose time has come. Call it again and again."""
        await self._news.wait()
        await asyncio.sleep(_LOOK_SECONDS)
        before, self._looked = self._looked, self._clock()
        for keeper, at in list(self._announced.items()):
            if any(before < at + delay <= self._looked for delay in _REPEATS):
                self._again(keeper)
            if at + _REPEATS[-1] <= self._looked:
                self.forget(keeper)
        if not self._announced:
            self._news.clear()
