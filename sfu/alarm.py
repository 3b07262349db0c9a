"""A call at a moment that may come nearer: one timer, set again only for an earlier one.

Laws: it may ring too early, never too late; whoever it rings for looks by themselves what is due, and sets it anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Alarm:
    """Of one room."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self, deadline: float | None) -> None:
        """Ring at this time of the loop at the latest; None asks for nothing."""
        if deadline is None or (self._timer is not None and self._timer.when() <= deadline):
            return
        self.cancel()
        self._timer = self._loop.call_at(deadline, self._rings)

    def cancel(self) -> None:
        """Ring no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rings(self) -> None:
        self._timer = None
        self._ring()
