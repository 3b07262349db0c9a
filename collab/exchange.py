"""What this worker and the others tell each other about documents: new entries, who is there, and that they live.

Laws: the bus takes what it is told without anybody waiting, and may lose it; so new entries are announced again, and
the log, not the bus, is what is believed. Nothing is put together where no other worker can be listening.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from .bus import Bus, Subscription
from .colleagues import Colleagues
from .keeper import Keeper
from .limits import Limits
from .repeats import Repeats
from .round import Round
from .store import Committed
from .wire import Announce, News, People, Want, decode, encode

_WORKERS: Final = "documents"
_AHEAD: Final = 2**62  # no log has so many entries: whoever hears of it looks


class Exchange:
    """One worker's side of it."""

    def __init__(self, bus: Bus, worker: str, limits: Limits, clock: Callable[[], float]) -> None:
        self._bus = bus
        self._worker = worker
        self._limits = limits
        self._clock = clock
        self._colleagues = Colleagues(limits.worker_seconds)
        self._repeats = Repeats(clock, self._announce_again)
        self._subscriptions: dict[Keeper, Subscription] = {}

    async def start(self) -> None:
        """Listen to which workers live; the bus must have been started."""
        await self._bus.subscribe(_WORKERS, self._on_worker)

    async def listen(self, keeper: Keeper) -> None:
        """Let a keeper hear what other workers tell about its document, before it loads."""

        def on_message(payload: bytes) -> None:
            news = decode(payload)
            if news is not None and news.worker != self._worker:
                self._on_news(keeper, news)

        self._subscriptions[keeper] = await self._bus.subscribe(f"doc:{keeper.document}", on_message)
        self.publish(keeper.document, Want(self._worker))

    def forget(self, keeper: Keeper) -> None:
        """A keeper ends: it hears nothing more, and what it announced is not told again."""
        subscription = self._subscriptions.pop(keeper, None)
        if subscription is not None:
            subscription.close()
        self._repeats.forget(keeper)

    def publish(self, document: str, news: News) -> None:
        """Tell other workers, if there can be any."""
        topic = f"doc:{document}"
        if self._bus.carries(topic):
            self._bus.tell(topic, encode(news))

    def announce(self, keeper: Keeper, done: Committed, work: Round) -> None:
        """Tell of new entries now, and their head again a little later."""
        topic = f"doc:{keeper.document}"
        if not self._bus.carries(topic):
            return
        data = [entry.data for entry in work.entries]
        news = Announce(self._worker, done.first, done.head, data, work.authors)
        if sum(map(len, data)) > self._limits.announce_bytes:
            news = Announce(self._worker, done.first, done.head, None, {})
        self._bus.tell(topic, encode(news))
        self._repeats.note(keeper)

    def announce_rebuilt(self, document: str) -> None:
        """Make other workers look at a document in the store: they find that its epoch is another."""
        self.publish(document, Announce(self._worker, _AHEAD, _AHEAD, None, {}))

    async def repeat(self) -> None:
        """Announce again what is due. Call it again and again."""
        await self._repeats.repeat()

    def beat(self) -> None:
        """Tell that this worker lives."""
        self._bus.tell(_WORKERS, self._worker.encode())

    async def lost(self) -> list[str]:
        """Wait until somebody could be lost, or a second; which workers are. Call it again and again."""
        await asyncio.sleep(self._colleagues.wait(self._clock()))
        return self._colleagues.lost(self._clock(), self._bus.healthy)

    def _announce_again(self, keeper: Keeper) -> None:
        head = keeper.ledger.known
        self.publish(keeper.document, Announce(self._worker, head + 1, head, None, {}))

    def _on_news(self, keeper: Keeper, news: News) -> None:
        self._colleagues.hear(self._clock(), news.worker)
        if isinstance(news, Announce):
            keeper.receive_announcement(news)
        elif isinstance(news, People):
            keeper.people.receive_remote(news.worker, news.people)
        else:
            keeper.people.repeat()

    def _on_worker(self, payload: bytes) -> None:
        worker = payload.decode(errors="replace")
        if worker != self._worker:
            self._colleagues.hear(self._clock(), worker)
