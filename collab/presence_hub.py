"""Presence on one worker: the pulse of `presence.py` over the bus.

Laws: a beat each second, and LOOKS looks at who has fallen silent, so that nobody of a dead worker is shown for more
than 5 s; changes of 50 ms are told together (COALESCE). The one task here owns the state.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from time import monotonic

from .bus import Bus, Subscription
from .ending import end
from .presence import Changed, Mood, PresenceState, Present, Seen

TOPIC = "presence"
BEAT_SECONDS = 1.0
LOOKS = 4  # in each of these
COLLECT_SECONDS = 0.05
log = logging.getLogger(__name__)


class Presence:
    """Enter and leave channels; hear who else does."""

    def __init__(self, bus: Bus, worker: str) -> None:
        self._bus = bus
        self._state = PresenceState(worker)
        self._listeners: list[Callable[[Changed], None]] = []
        self._subscription: Subscription | None = None
        self._answers: list[bytes] = []
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def on_change(self, listener: Callable[[Changed], None]) -> None:
        """Call `listener` with each change of a channel."""
        self._listeners.append(listener)

    async def start(self) -> None:
        self._subscription = await self._bus.subscribe(TOPIC, self._on_message)
        self._bus.on_health.append(self._on_health)
        self._tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._tell())]

    async def close(self) -> None:
        """Stop, and let the other workers know at once."""
        await end(self._tasks)
        if self._subscription is not None:
            self._subscription.close()
        with contextlib.suppress(ValueError):
            self._bus.on_health.remove(self._on_health)
        await self._bus.publish(TOPIC, self._state.farewell())

    def enter(self, channel: str, person: Present) -> None:
        self._state.enter(channel, person)
        self._changed.set()

    def leave(self, channel: str, person: str) -> None:
        self._state.leave(channel, person)
        self._changed.set()

    def mark(self, person: str, mood: Mood, until: int | None = None) -> None:
        """Say how one of our own people is, wherever they are."""
        self._state.mark(person, mood, until)
        self._changed.set()

    def people(self, channel: str) -> list[Seen]:
        """Return who is in a channel; changes after this are told to the listeners."""
        return self._state.people(channel)

    def _on_message(self, payload: bytes) -> None:
        self._answers += self._state.receive(monotonic(), payload)
        self._changed.set()

    def _on_health(self, healthy: bool) -> None:
        self._state.tick(monotonic(), healthy)
        self._changed.set()

    async def _beat(self) -> None:
        looks = 0
        while True:
            beat = self._state.tick(monotonic(), self._bus.healthy)
            for payload in beat if looks % LOOKS == 0 else ():
                await self._bus.publish(TOPIC, payload)
            looks += 1
            self._changed.set()
            await asyncio.sleep(BEAT_SECONDS / LOOKS)

    async def _tell(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            changes, payloads = self._state.flush()
            answers, self._answers = self._answers, []
            for payload in (*payloads, *answers):
                await self._bus.publish(TOPIC, payload)
            for changed in changes:
                for listener in self._listeners:
                    self._call(listener, changed)
            await asyncio.sleep(COLLECT_SECONDS)

    def _call(self, listener: Callable[[Changed], None], changed: Changed) -> None:
        try:
            listener(changed)
        except Exception:  # a listener's trouble must not end everybody's presence
            log.exception("a listener of presence failed")
