"""Rights act on live connections: reads each school's numbered events and hands them to who holds connections.

Laws: every worker reads the events of all schools every 300 ms from the database, which is the truth; the bus
only hastens it. Subscribers get events in order, each once. A worker that could not read for one second is
stale: it takes no joins and no writes until it can read again, since it might act on a right that was revoked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from collab.bus import Bus
from web.errors import Unavailable
from web.school.events import SchoolEvent
from web.school.store import SchoolStore

POLL_SECONDS = 0.3
STALE_SECONDS = 1.0
TOPIC = "school"
Subscriber = Callable[[Sequence[SchoolEvent]], Awaitable[None]]
log = logging.getLogger(__name__)


class Live:
    """Follow the schools' events; `subscribe` before `start`."""

    def __init__(self, store: SchoolStore, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._seen: dict[str, int] = {}
        self._read_at = 0.0
        self._closing = False
        self._hint = asyncio.Event()
        self._subscribers: list[Subscriber] = []
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, callback: Subscriber) -> None:
        """Have `callback` awaited with each batch of events; it re-reads rights and applies them."""
        self._subscribers.append(callback)

    @property
    def fresh(self) -> bool:
        """Whether this worker read the events within the last second."""
        return monotonic() - self._read_at < STALE_SECONDS

    def require_fresh(self) -> None:
        """Raise Unavailable when this worker may be acting on old rights."""
        if not self.fresh:
            raise Unavailable("stale", "the server cannot reach its database")

    async def hasten(self) -> None:
        """Tell all workers that there are new events."""
        self._hint.set()
        await self._bus.publish(TOPIC, b"")

    async def start(self) -> None:
        self._seen = await self._store.event_heads()
        self._read_at = monotonic()
        await self._bus.subscribe(TOPIC, lambda _: self._hint.set())
        self._task = asyncio.create_task(self._follow(), name="live")

    async def close(self) -> None:
        self._closing = True
        self._hint.set()
        if self._task is not None:  # not cancelled: a database call that is cut off leaves its connection behind
            await self._task

    async def _follow(self) -> None:
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._hint.wait()
            self._hint.clear()
            try:
                events = await self._store.events_after(self._seen)
                self._read_at = monotonic()
            except Exception:  # whatever the database driver raises: try again, stale until it works
                log.exception("cannot read the schools' events")
                await asyncio.sleep(POLL_SECONDS)
                continue
            if events:
                self._seen |= {event.school: event.seq for event in events}
                await self._hand_out(events)

    async def _hand_out(self, events: Sequence[SchoolEvent]) -> None:
        for callback in self._subscribers:
            try:
                await callback(events)
            except Exception:  # one subscriber's trouble stays its own
                log.exception("a subscriber of the schools' events failed")
