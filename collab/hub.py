"""The documents of one worker: who is connected to which, and the clocks that keep them honest.

Laws: a document is loaded once however many connect at the same time; any worker serves any document; the bus only
hastens what the store would tell within `poll_seconds`, and its return is a reason to ask at once. Everything periodic
happens here: repeated announcements, reading heads, renewing awareness, breaking silence, noticing dead workers. Not
done here: deciding who may do what (the application passes rights in), the WebSocket (it passes a transport in).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from functools import partial

from msgspec import Struct

from .awareness import Editor
from .bus import Bus
from .committer import Committer
from .connection import Connection, EditRights
from .document import LiveDocument
from .errors import AccessDenied, CollabError, StateError
from .exchange import Exchange
from .folding import FoldApart, Folding
from .keeper import Keeper
from .limits import Budgets, Limits, Person
from .outbox import Transport
from .pace import Pace
from .schema import SEED_CLIENT, Kind, empty_seed
from .store import DocumentStore, Snapshot
from .sweep import sweep

_log = logging.getLogger("collab.hub")


class Counters(Struct):
    """What this worker's documents have done so far, and how many there are now."""

    updates: int = 0
    deliveries: int = 0
    refused: int = 0
    quarantined: int = 0
    documents: int = 0
    connections: int = 0


class Hub:
    """All live documents of one worker."""

    def __init__(
        self,
        store: DocumentStore,
        bus: Bus,
        worker: str,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        observe_ack: Callable[[float], None] = lambda _: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.bus = bus
        self.worker = worker
        self.limits = limits or Limits()
        self.clock = clock
        self.wall = wall
        self.observe_ack = observe_ack
        self.counters = Counters()
        self.committer = Committer(store)
        self.pace = Pace(clock, self.limits.join_seconds)
        self._budgets = Budgets(partial(Person, self.limits))
        self._keepers: dict[str, Keeper] = {}
        self._numbers = 0
        self._syncing: set[Connection] = set()
        self._wanting: list[Keeper] = []
        self.exchange = Exchange(bus, worker, self.limits, clock)
        self._congested = asyncio.Event()
        self._bus_is_back = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self.folding = Folding()
        self._closed = False

    async def start(self) -> None:
        """Start the worker's tasks; the bus must have been started."""
        self.committer.start()
        self._running = [
            asyncio.create_task(self._forever(what))
            for what in (self._pump, self.exchange.repeat, self._tick, self._notice_lost, self._poll)
        ]
        self.bus.on_health.append(self._on_health)
        await self.exchange.start()

    async def close(self) -> None:
        """Close all connections with 1012, finish what is under way, stop."""
        self._closed = True
        with contextlib.suppress(ValueError):
            self.bus.on_health.remove(self._on_health)
        keepers = list(self._keepers.values())
        for keeper in keepers:
            for connection in list(keeper.audience.connections.values()):
                connection.close(1012, "restart")
        await asyncio.sleep(0)
        for keeper in keepers:
            keeper.stop()
        await asyncio.gather(*(keeper.task for keeper in keepers), return_exceptions=True)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, self.folding.close(), return_exceptions=True)
        await self.committer.close()
        self.pace.close()

    async def create(self, document: str, kind: Kind, seed: bytes | None = None) -> None:
        """Create a document unless it is there; seeded once, by the server only."""
        if document in self._keepers or await self.store.heads([document]):
            return
        live = LiveDocument()
        seed = seed if seed is not None else empty_seed(kind)
        live.apply(live.judge(seed))
        await self.store.create(document, kind, Snapshot(0, live.full(), live.outline.encode()), SEED_CLIENT)

    async def connect(
        self,
        document: str,
        transport: Transport,
        editor: Editor,
        rights: EditRights,
        *,
        ack: bool = False,
        epoch: int | None = None,
    ) -> Connection:
        """Connect a client; raises AccessDenied, StateError (try again) or Overloaded."""
        if self._closed:
            raise StateError("closed", "the worker stops")
        if not rights.read:
            raise AccessDenied("not_allowed", "this document may not be read")
        person = self._budgets.person(editor.account, self.clock())
        person.open(document)
        keeper = self._keeper(document)
        keeper.pins += 1
        try:
            await asyncio.shield(keeper.loaded)
            if self._keepers.get(document) is not keeper:
                raise StateError("resync", "the document is loaded again")
            if epoch is not None and epoch != keeper.ledger.epoch:
                await self._refuse_epoch(keeper, epoch)
        except BaseException:
            person.close(document)
            raise
        finally:
            keeper.pins -= 1
        self._numbers += 1
        connection = Connection(self._numbers, keeper, transport, person, editor, rights, ack)
        keeper.attach(connection)
        return connection

    def compact_with(self, compact: FoldApart) -> None:
        """Have documents compacted apart from this process."""
        self.folding.apart = compact

    def rebuilt(self, document: str) -> None:
        """A document was rebuilt under another epoch: end what is live of it, here and on other workers."""
        self.exchange.announce_rebuilt(document)
        keeper = self._keepers.get(document)
        if keeper is not None:
            keeper.discard(AccessDenied("other_epoch", "the document was rebuilt"))

    async def _refuse_epoch(self, keeper: Keeper, epoch: int) -> None:
        """Refuse a client of another epoch; should it be the right one, it is our document that is the old one."""
        if epoch == await self.epoch(keeper.document):
            keeper.discard(AccessDenied("other_epoch", "the document was rebuilt"))
            raise StateError("resync", "the document is loaded again")
        raise AccessDenied("other_epoch", "the document was rebuilt")

    async def epoch(self, document: str) -> int:
        """Return a document's epoch, which a client passes when it connects; raises AccessDenied(unknown_document)."""
        heads = await self.store.heads([document])
        if document not in heads:
            raise AccessDenied("unknown_document", "there is no such document")
        return heads[document].epoch

    def statistics(self) -> Counters:
        """Return the counters up to now, with what there is at the moment."""
        audiences = [keeper.audience for keeper in self._keepers.values()]
        return Counters(
            self.counters.updates,
            self.counters.deliveries + sum(audience.deliveries for audience in audiences),
            self.counters.refused,
            self.counters.quarantined,
            len(audiences),
            sum(len(audience.connections) for audience in audiences),
        )

    def _keeper(self, document: str) -> Keeper:
        keeper = self._keepers.get(document)
        if keeper is None:
            keeper = self._keepers[document] = Keeper(self, document)
        return keeper

    def forget(self, keeper: Keeper) -> None:
        """A keeper ends: the next connection loads the document anew."""
        if self._keepers.get(keeper.document) is keeper:
            del self._keepers[keeper.document]
            self.counters.deliveries += keeper.audience.deliveries
        self.exchange.forget(keeper)

    # ---- at most so many large answers at once

    def take_place(self, keeper: Keeper, connection: Connection) -> bool:
        """Take a place for an answer, kept until the client has read most of it; False if none is free."""
        self._syncing = {other for other in self._syncing if other.open and other.outbox.congested()}
        if len(self._syncing) >= self.limits.first_syncs:
            self._wanting.append(keeper)
            self._congested.set()
            return False
        self._syncing.add(connection)
        return True

    def release_place(self, connection: Connection) -> None:
        """Give a place back."""
        self._syncing.discard(connection)

    # ---- what happens by itself

    def on_congested(self) -> None:
        """Somebody does not keep up: feed them until they do."""
        self._congested.set()

    def count_refused(self, _: CollabError) -> None:
        """Count a client that was closed for cause."""
        self.counters.refused += 1

    def count_quarantined(self) -> None:
        """Count an entry of a log that had to be put aside."""
        self.counters.quarantined += 1

    async def _forever(self, what: Callable[[], Coroutine[object, object, None]]) -> None:
        while True:
            try:
                await what()
            except CollabError as error:
                _log.warning("%s: %s", what.__name__, error.text)
            except Exception:  # what is periodic goes on
                _log.exception("%s failed", what.__name__)

    async def _pump(self) -> None:
        await self._congested.wait()
        wanting, self._wanting = self._wanting, []
        for keeper in wanting:
            keeper.poke()
        busy = [keeper for keeper in self._keepers.values() if keeper.audience.congested]
        for keeper in busy:
            keeper.pump()
        if not busy and not self._wanting:
            self._congested.clear()
        await asyncio.sleep(0.02)

    async def _tick(self) -> None:
        await sweep(list(self._keepers.values()), self.clock)
        self.exchange.beat()
        self._budgets.sweep(self.clock())

    async def _notice_lost(self) -> None:
        for worker in await self.exchange.lost():
            for keeper in self._keepers.values():
                keeper.audience.spread(keeper.audience.room.worker_lost(self.wall(), worker))

    def _on_health(self, healthy: bool) -> None:
        if healthy:
            self._bus_is_back.set()

    async def _poll(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.poll_seconds):
                await self._bus_is_back.wait()
        self._bus_is_back.clear()
        live = {name: keeper for name, keeper in self._keepers.items() if keeper.loaded.done()}
        if not live:
            return
        heads = await self.store.heads(list(live))
        for name, keeper in live.items():
            if name in heads:
                keeper.check_head(heads[name].head, heads[name].epoch)
            else:
                keeper.discard(AccessDenied("unknown_document", "the document is gone"))
