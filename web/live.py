"""Rights act on live connections: reads each school's numbered events and hands them to who holds connections.

Laws: every worker reads the events of all schools every 300 ms from the database, which is the truth; the bus
only hastens it. Subscribers get events in order and at their own pace; who could not act on them, for whatever reason,
gets them again. A worker that could not read for one second, or has a subscriber who could not act, is stale: it
takes no joins and no writes until that is over, since it might act on a right that was revoked.
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
PATIENCE_SECONDS = 4.0
TOPIC = "school"
Subscriber = Callable[[Sequence[SchoolEvent]], Awaitable[None]]
log = logging.getLogger(__name__)


class _Follower:
    """One subscriber and the events it has not acted on yet."""

    def __init__(self, callback: Subscriber) -> None:
        self.behind = False
        self._callback = callback
        self._pending: list[SchoolEvent] = []
        self._wake = asyncio.Event()

    def tell(self, events: Sequence[SchoolEvent]) -> None:
        self._pending += events
        self._wake.set()

    async def run(self, closing: asyncio.Event) -> None:
        while not closing.is_set():
            await self._wake.wait()
            self._wake.clear()
            events, self._pending = self._pending, []
            if not events:
                continue
            try:
                await self._callback(events)
                self.behind = False
            except Exception as error:  # one subscriber's trouble is in no other's way; what it was told it hears again
                if isinstance(error, Unavailable):
                    log.warning("news of a school could not be acted on yet")
                else:
                    log.exception("a subscriber of the schools' events failed")
                self.behind = True
                self._pending = [*events, *self._pending]
                self._wake.set()
                await asyncio.sleep(POLL_SECONDS)


class Live:
    """Follow the schools' events; `subscribe` before `start`."""

    def __init__(self, store: SchoolStore, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._seen: dict[str, int] = {}
        self._read_at = 0.0
        self._closing = asyncio.Event()
        self._hint = asyncio.Event()
        self._followers: list[_Follower] = []
        self._tasks: list[asyncio.Task[None]] = []

    def subscribe(self, callback: Subscriber) -> None:
        """Have `callback` awaited with each batch of events. It notes at once whose rights these concern and reads them
        by itself (`rereading.py`): while it is awaited, news that came later are known to nobody.
        """
        self._followers.append(_Follower(callback))

    @property
    def fresh(self) -> bool:
        """Whether this worker read the events within the last second, and nobody failed to act on them."""
        for one in self._followers:  # asked for every edit: a generator would cost twice as much
            if one.behind:
                return False
        return monotonic() - self._read_at < STALE_SECONDS

    def require_fresh(self) -> None:
        """Raise Unavailable when this worker may be acting on old rights."""
        if not self.fresh:
            raise Unavailable("stale", "the server cannot reach its database")

    async def until_fresh(self) -> None:
        """Return once this worker may act on rights, at once when it may; raise Unavailable after PATIENCE_SECONDS.

        For who can wait: a worker that merely stood still for a moment is fresh after its next read.
        """
        end = monotonic() + PATIENCE_SECONDS
        while not self.fresh:
            if monotonic() > end:
                self.require_fresh()
            await asyncio.sleep(0.05)

    async def hasten(self) -> None:
        """Tell all workers that there are new events."""
        self._hint.set()
        await self._bus.publish(TOPIC, b"")

    async def start(self) -> None:
        self._seen = await self._store.event_heads()
        self._read_at = monotonic()
        await self._bus.subscribe(TOPIC, lambda _: self._hint.set())
        runs = (self._follow(), *(follower.run(self._closing) for follower in self._followers))
        self._tasks = [asyncio.create_task(run, name="live") for run in runs]

    async def close(self) -> None:
        self._closing.set()
        self._hint.set()
        for follower in self._followers:
            follower.tell(())
        # Not cancelled: a database call that is cut off leaves its connection behind.
        await asyncio.gather(*self._tasks)

    async def _follow(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._hint.wait()
            self._hint.clear()
            try:
                events = await self._store.events_after(self._seen)
                self._read_at = monotonic()
            except Unavailable as error:  # try again, stale until it works
                if self.fresh:  # said while it is news, not three times a second
                    log.warning("the schools' events cannot be read: %s", error.text)
                await asyncio.sleep(POLL_SECONDS)
                continue
            except Exception:  # whatever else: try again, stale until it works
                log.exception("cannot read the schools' events")
                await asyncio.sleep(POLL_SECONDS)
                continue
            if events:
                self._seen |= {event.school: event.seq for event in events}
                for follower in self._followers:
                    follower.tell(events)
