"""What one live room has under way: requests that are being carried out, and what is left to be written down.

Laws: while the room moves nothing new is begun, and a move waits for what was. What is done later is never cut off; its
failure is logged and harms nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from web.room_wire import Moved

log = logging.getLogger(__name__)


class RoomWork:
    """One room's. `moving` says whether the room is on its way to another worker."""

    def __init__(self, moving: Callable[[], bool]) -> None:
        self._moving = moving
        self._under_way = 0
        self._idle = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> bool:
        """Whether a request is being carried out."""
        return self._under_way > 0

    @contextmanager
    def working(self) -> Iterator[None]:
        """Carry out a request; raises Moved while the room is moving."""
        if self._moving():
            raise Moved(text="the room is moving")
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._idle.set()

    async def done(self) -> None:
        """Wait until no request is under way."""
        while self._under_way:
            self._idle.clear()
            await self._idle.wait()

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Wait until what was left to be done is."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("what a room left to be done could not be done", exc_info=task.exception())
