"""The look that a worker takes at each of its live documents, about once a second.

Laws: a few at a time, and the loop is free in between: a thousand in one go held everybody up for 12 ms, which one ack
in a hundred met. A look that finds nothing to do wakes no task (`Keeper.look`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

SECONDS: Final = 1.0
AT_ONCE: Final = 25


class Looked(Protocol):
    """What is looked at."""

    def look(self, now: float) -> None: ...


async def sweep(documents: Sequence[Looked], clock: Callable[[], float], seconds: float = SECONDS) -> None:
    """Look at all of these, spread over so many seconds."""
    groups = [documents[start : start + AT_ONCE] for start in range(0, len(documents), AT_ONCE)] or [()]
    for group in groups:
        await asyncio.sleep(seconds / len(groups))
        now = clock()
        for document in group:
            document.look(now)
