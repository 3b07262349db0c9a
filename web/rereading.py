"""Rights that are to be read anew: whose, in which order, and again when it failed.

Laws: from the moment of the news until rights were read that are no older, their holder is in doubt; what somebody in
doubt writes waits (`until_certain`), and who waits is read next. Many are read by one look. News that come while
somebody's rights are being read have them read again. Who could not be read stays in doubt and is read again after a
pause, which nobody else waits for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from web.errors import Unavailable
from web.live import PATIENCE_SECONDS

PAUSE_SECONDS: Final = 0.3
log = logging.getLogger(__name__)


class Holder(Protocol):
    """Whoever has rights. `doubt` is set while these are to be read, and fires when they were."""

    doubt: asyncio.Event | None


H = TypeVar("H", bound=Holder)
Read = Callable[[Sequence[H]], Awaitable[Collection[H]]]
"""Reads and applies the rights of some; returns those for whom that failed, or raises when it failed for all."""


class Rereading(Generic[H]):
    """All whose rights are to be read, `at_once` by one look."""

    def __init__(self, read: Read[H], at_once: int) -> None:
        self._read = read
        self._at_once = at_once
        self._waiting: OrderedDict[H, None] = OrderedDict()
        self._failed: dict[H, None] = {}
        self._again: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def add(self, holders: Iterable[H], *, first: bool = False) -> None:
        """Have the rights of these read anew, `first` before all others; they are in doubt from now on."""
        for holder in holders:
            holder.doubt = holder.doubt or asyncio.Event()
            self._waiting[holder] = None
            if first:
                self._waiting.move_to_end(holder, last=False)
        self._begin()

    def drop(self, holder: H) -> None:
        """Somebody has gone."""
        self._waiting.pop(holder, None)
        self._failed.pop(holder, None)
        _settle(holder)

    async def until_certain(self, holder: H) -> None:
        """Return once somebody's rights are known; raise Unavailable after PATIENCE_SECONDS."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (doubt := holder.doubt) is not None:
                    if holder in self._waiting:
                        self._waiting.move_to_end(holder, last=False)
                    await doubt.wait()
        except TimeoutError as error:
            raise Unavailable("stale", "rights cannot be read now") from error

    async def close(self) -> None:
        """Read no more, once the look that is under way has ended."""
        self._closing = True
        if self._again is not None:
            self._again.cancel()
        if self._task is not None:  # not cancelled: a database call that is cut off leaves its connection behind
            await self._task

    def _begin(self) -> None:
        if self._waiting and self._task is None and not self._closing:
            self._task = asyncio.create_task(self._run(), name="reading rights anew")

    async def _run(self) -> None:
        while self._waiting and not self._closing:
            count = min(self._at_once, len(self._waiting))
            await self._look([self._waiting.popitem(last=False)[0] for _ in range(count)])
        self._task = None

    async def _look(self, holders: Sequence[H]) -> None:
        try:
            failed = await self._read(holders)
        except Exception as error:  # whatever it was: no right is believed that was not read
            if isinstance(error, Unavailable):
                log.warning("rights cannot be read: %s", error.text)
            else:
                log.exception("rights could not be read")
            failed = holders
        for holder in holders:
            if holder.doubt is None:  # gone meanwhile
                continue
            if holder in failed:
                self._failed[holder] = None
            elif holder not in self._waiting:
                _settle(holder)
        if self._failed and self._again is None and not self._closing:
            self._again = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._try_again)

    def _try_again(self) -> None:
        self._again = None
        self._waiting.update(self._failed)
        self._failed.clear()
        self._begin()


def _settle(holder: Holder) -> None:
    doubt, holder.doubt = holder.doubt, None
    if doubt is not None:
        doubt.set()
