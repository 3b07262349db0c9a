"""The task that owns one live document: load, judge, apply, log, then acknowledge and fan out, unload.

Laws:
- only this task changes the document; clients and the bus put into its bounded inbox (DISCONNECT). A round applies
  what waits, commits it as one batch, and only then answers, acknowledges, fans out and announces. While a commit runs
  nobody is answered from the document.
- a commit that fails, or a CRDT that breaks, discards the live document: every client is closed with 4509 and the next
  one loads it afresh.
- when a round may begin is for `pace.py` to say: whoever writes alone is never delayed, several join in a tick.
- it unloads only when nobody is there, nothing waits, and both were so without any await in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from .audience import Audience, only_presence, remotes
from .awareness import Here
from .codec import frame_binary
from .connection import Connection
from .errors import AccessDenied, CollabError, Overloaded, StateError
from .ledger import Ledger
from .outbox import Kind
from .round import Received, Round
from .sync import Changes, Entry, Step1, build_step1, build_step2
from .wire import Announce, People

if TYPE_CHECKING:
    from .hub import Hub

_log = logging.getLogger("collab.keeper")


class Keeper:
    """The owner of one live document on this worker."""

    def __init__(self, hub: Hub, document: str) -> None:
        self.hub = hub
        self.document = document
        self.ledger = Ledger(document, hub.store, hub.limits, hub.count_quarantined)
        self.audience = Audience(hub.worker, hub.limits, hub.clock, hub.on_congested)
        self.loaded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.pins = 0
        self._inbox: deque[Received] = deque()
        self._inbox_bytes = 0
        self._announced: deque[Announce] = deque()
        self._waiting: deque[tuple[Connection, Step1]] = deque()
        self._behind = False
        self._clean = True
        self._stopping = False
        self._wake = asyncio.Event()
        self._idle_since = self._renewed_at = hub.clock()
        self._compacted_at = hub.clock()
        self._based_at = float("-inf")
        self.task = asyncio.create_task(self._run(), name=f"keeper {document}")

    # ---- from clients and the bus: never blocks

    def attach(self, connection: Connection) -> None:
        """Add a client: it is asked what it has, and told who is here."""
        self.audience.connections[connection.number] = connection
        self.audience.send(connection, frame_binary(build_step1(self.ledger.live.state_vector())), Kind.CONTROL)
        self.audience.send_people(connection)

    def detach(self, connection: Connection) -> None:
        """Remove a client and its people."""
        self.audience.connections.pop(connection.number, None)
        self.audience.congested.discard(connection)
        connection.person.close(self.document)
        self.tell_people(self.audience.room.connection_closed(self.hub.wall(), connection.number))
        self.hub.release_first_sync(connection)
        self._idle_since = self.hub.clock()

    def enqueue(self, connection: Connection, message: Changes | Step1, size: int, now: float) -> None:
        """Take a sync message; raises Overloaded when the inbox is full."""
        limits = self.hub.limits
        if len(self._inbox) >= limits.inbox_frames or (self._inbox and self._inbox_bytes + size > limits.inbox_bytes):
            raise Overloaded("too_fast", "the document cannot keep up")
        self._inbox.append(Received(connection, message, now))
        self._inbox_bytes += size
        if type(message) is Changes and not message.answer:
            self.audience.hold()
            self.hub.pace.ask(self, connection)
        else:
            self._wake.set()

    def receive_awareness(self, connection: Connection, entries: tuple[Entry, ...]) -> None:
        """Take a client's awareness."""
        if not connection.rights.write:
            entries = only_presence(entries)
        self.tell_people(self.audience.room.receive(self.hub.wall(), connection.number, connection.editor, entries))

    def restamp(self, connection: Connection) -> None:
        """Write a client's changed name into its entry."""
        self.tell_people(self.audience.room.restamp(self.hub.wall(), connection.number, connection.editor))

    def send_people(self, connection: Connection) -> None:
        """Answer a query for awareness."""
        self.audience.send_people(connection)

    def tell_people(self, changed: list[Here]) -> None:
        """Pass our own awareness changes on to everybody here and to other workers."""
        if changed:
            self.audience.spread(changed)
            self.hub.publish(self.document, People(self.hub.worker, remotes(changed)))

    def receive_announcement(self, announcement: Announce) -> None:
        """Take another worker's word about the log."""
        if announcement.head > self.ledger.known:
            if len(self._announced) >= 256:
                self._announced.clear()
                self._behind = True
            self._announced.append(announcement)
            self._wake.set()

    def check_head(self, head: int, epoch: int) -> None:
        """Compare with what the store says; catches up, or ends after the epoch was raised."""
        if epoch != self.ledger.epoch:
            self.discard(AccessDenied("other_epoch", "the document was rebuilt"))
        elif head > self.ledger.known:
            self._behind = True
            self._wake.set()

    def poke(self) -> None:
        """Look again (a first sync may go, the idle time may be over)."""
        self._wake.set()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopping = True
        self._wake.set()

    def renew_people(self, now: float) -> None:
        """Send our own people again before stock clients drop them."""
        if now - self._renewed_at >= self.hub.limits.renew_seconds:
            self._renewed_at = now
            self.tell_people(self.audience.room.renew(self.hub.wall()))

    def discard(self, error: CollabError) -> None:
        """Close every client with the error and forget the live document."""
        self._stopping = True
        self._clean = False
        self.hub.forget(self)
        for connection in list(self.audience.connections.values()):
            connection.refuse(error)
        self._wake.set()

    # ---- the task

    async def _run(self) -> None:
        try:
            await self._load()
        except Exception as error:
            self.hub.forget(self)
            if not isinstance(error, CollabError):
                _log.exception("document %s cannot be loaded", self.document)
                error = StateError("not_loaded", "the document cannot be loaded")
            self.loaded.set_exception(error)
            self.loaded.exception()
            return
        self.loaded.set_result(None)
        try:
            while not self._stopping:
                await self._wake.wait()
                self._wake.clear()
                if self._inbox or self._announced or self._waiting or self._behind:
                    await self._round()
                if self._stopping or await self._unload():
                    break
        except CollabError as error:
            _log.warning("document %s is discarded: %s %s", self.document, error.code, error.text)
            gone = error.code in ("other_epoch", "unknown_document")
            self.discard(error if gone or isinstance(error, StateError) else StateError("resync", error.text))
        except Exception:
            _log.exception("document %s is discarded", self.document)
            self.discard(StateError("resync", "the document is loaded again"))
        finally:
            self.audience.close()

    async def _load(self) -> None:
        await self.hub.listen(self)
        await self.ledger.load()
        self.audience.base = self.ledger.live.state_vector()

    async def _round(self) -> None:
        work = Round(self.ledger, self.hub.limits.misses)
        self._clean = False
        received, self._inbox, self._inbox_bytes = self._inbox, deque(), 0
        for item in received:
            message = item.message
            if isinstance(message, Changes):
                work.take(item, message)
            else:
                self._waiting.append((item.connection, message))
        others = await self._log(work)
        if self._stopping:
            return
        self._clean = True
        # In the order in which the live document took them, for each event says only what was new to it then.
        self.audience.fan_out([*work.events, *((None, event) for event in others)], work.handled)
        self._after(work)

    async def _log(self, work: Round) -> list[bytes]:
        """Commit this round's changes, take in what others have logged; returns the latter."""
        events: list[bytes] = []
        if self._announced:
            announced, self._announced = self._announced, deque()
            events = await self.ledger.hear(announced)
        if work.entries:
            done, others = await self.ledger.commit(self.hub.committer, work.entries, work.authors)
            events += others
            self.hub.counters.updates += len(work.entries)
            self.hub.announce(self, done, work)
        if self._behind or any(not connection.synced for connection, _ in self._waiting):
            self._behind = False
            events += await self.ledger.catch_up()
        return events

    def _ask(self, connections: list[Connection]) -> None:
        frame = frame_binary(build_step1(self.ledger.live.state_vector()))
        for connection in connections:
            if connection.open:
                self.audience.send(connection, frame, Kind.CONTROL)

    def _answer(self) -> None:
        """Answer sync step 1; first ones only while one of the worker's places for them is free."""
        now = self.hub.clock()
        for _ in range(len(self._waiting)):
            connection, message = self._waiting.popleft()
            if not connection.open:
                continue
            if not connection.synced and not self.hub.take_first_sync(self, connection):
                self._waiting.append((connection, message))
                continue
            try:
                frame = frame_binary(build_step2(self.ledger.live.diff(message.state_vector)))
                connection.person.reply(now, len(frame))
            except CollabError as error:
                if self.ledger.live.broken:
                    raise
                connection.refuse(error)
                continue
            connection.outbox.write(now, frame)
            connection.synced = True

    def _after(self, work: Round) -> None:
        if work.asked:
            self._ask(work.asked)
        if self._waiting:
            self._answer()
        now = self.hub.clock()
        for at in work.times:
            self.hub.observe_ack(now - at)
        if now - self._based_at > 1.0:
            self._based_at = now
            self.audience.base = self.ledger.live.state_vector()
        if self.audience.congested:
            self.pump()

    def pump(self) -> None:
        """Feed clients that do not keep up."""
        self.audience.pump(self._difference if self._clean else None)

    def _difference(self, base: bytes | None) -> bytes:
        return frame_binary(build_step2(self.ledger.live.diff(base or b"\x00")))

    async def _unload(self) -> bool:
        """Compact when it is worth it; forget the document when nobody has needed it for a while."""
        idle = self._is_idle()
        if self._should_compact(idle):
            self._compacted_at = self.hub.clock()
            await self.hub.compact(self.ledger)
        if not (idle and self._is_idle()):
            return False
        self.hub.forget(self)
        return True

    def _should_compact(self, idle: bool) -> bool:
        """A busy document waits for a while: compacting costs as much as some thousand edits."""
        grown, limits = self.ledger.grown(), self.hub.limits
        if idle or grown < limits.compact_entries:
            return idle and grown >= min(50, limits.compact_entries)
        late = self.hub.clock() - self._compacted_at >= limits.compact_seconds
        return late or grown >= limits.compact_at_once

    def _is_idle(self) -> bool:
        busy = self.audience.connections or self._inbox or self._announced or self._waiting or self.pins
        return not busy and self.hub.clock() - self._idle_since >= self.hub.limits.idle_seconds
