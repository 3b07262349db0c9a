"""The owner of one live document: load, judge, apply, log, then acknowledge and fan out, unload.

Laws:
- a document is in one round at a time; clients and the bus put into its bounded inbox (DISCONNECT). A round applies
  what waits, commits it as one batch, and only then answers, acknowledges, fans out and announces. While a commit runs
  nobody is answered from the document.
- a round that only takes in changes is a turn: it needs no task, the committer calls `_end_turn`. Whatever else is to
  be done (load, answer, hear other workers, unload) is done by the task, never beside a turn.
- a commit that fails, or a CRDT that breaks, discards the live document: every client is closed with 4509 and the next
  one loads it afresh.
- when a round may begin is for `pace.py` to say: whoever writes alone is never delayed, several join in a tick.
- it unloads only when nobody is there, nothing waits, and both were so without any await in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from .answers import Answers
from .attendance import Attendance
from .audience import Audience
from .codec import frame_binary
from .connection import Connection
from .errors import AccessDenied, CollabError, StateError
from .inbox import Inbox
from .ledger import Ledger
from .round import Round
from .steps import Steps, finish
from .store import Committed
from .sync import Changes, Step1, build_step2
from .upkeep import Upkeep
from .wire import Announce

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
        self._inbox = Inbox(hub.limits)
        self._announced: deque[Announce] = deque()
        self._answers = Answers(self)
        self._busy = self._due = False  # due: what waits must not wait for a turn
        self._late: tuple[Round, Committed] | None = None
        self._behind = self._stopping = False
        self._clean = True
        self._wake = asyncio.Event()
        self.people = Attendance(self)
        self._upkeep = Upkeep(hub, self.ledger)
        self._idle_since = hub.clock()
        self._based_at = float("-inf")
        self.task = asyncio.create_task(self._run(), name=f"keeper {document}")

    # ---- from clients and the bus: never blocks

    def attach(self, connection: Connection) -> None:
        """Add a client: it is asked what it has, and told who is here."""
        self.audience.connections[connection.number] = connection
        self.audience.regroup()
        self._answers.ask(connection)
        self.audience.send_people(connection)
        self.poke()

    def detach(self, connection: Connection) -> None:
        """Remove a client and its people."""
        self.audience.connections.pop(connection.number, None)
        self.audience.congested.discard(connection)
        self.audience.regroup()
        connection.person.close(self.document)
        self.people.left(connection)
        self.hub.release_place(connection)
        self._idle_since = self.hub.clock()

    def enqueue(self, connection: Connection, message: Changes | Step1, size: int, now: float) -> None:
        """Take a sync message; raises Overloaded when the inbox is full."""
        self._inbox.put(connection, message, size, now)
        if type(message) is Changes and not message.answer and not self._inbox.large:
            self.audience.hold(now)
            self.hub.pace.ask(self, connection, now)
        else:
            self.poke()

    def receive_announcement(self, announcement: Announce) -> None:
        """Take another worker's word about the log."""
        if announcement.head > self.ledger.known:
            if len(self._announced) >= 256:
                self._announced.clear()
                self._behind = True
            self._announced.append(announcement)
            self.poke()

    def check_head(self, head: int, epoch: int) -> None:
        """Compare with what the store says; catches up, or ends after the epoch was raised."""
        if epoch != self.ledger.epoch:
            self.discard(AccessDenied("other_epoch", "the document was rebuilt"))
        elif head > self.ledger.known:
            self._behind = True
            self.poke()

    def look(self, now: float) -> None:
        """What is due by time alone; wakes the task only for what it must do."""
        self.audience.break_silence(now)
        self.people.renew(now)
        if self._has_work() or self._is_idle() or self._upkeep.is_due(idle=False):
            self.poke()

    def poke(self) -> None:
        """Have the task look at once, or as soon as the turn that is under way has ended."""
        self._due = True
        self._wake.set()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopping = True
        self._wake.set()

    def discard(self, error: CollabError) -> None:
        """Close every client with the error and forget the live document."""
        self._stopping = True
        self._clean = False
        self.hub.forget(self)
        for connection in list(self.audience.connections.values()):
            connection.refuse(error)
        self._wake.set()

    async def _run(self) -> None:
        try:
            await self._load()
        except Exception as error:  # whatever keeps it from loading, who waits for it is told
            self.hub.forget(self)
            if not isinstance(error, CollabError):
                _log.exception("document %s cannot be loaded", self.document)
                error = StateError("not_loaded", "the document cannot be loaded")
            self.loaded.set_exception(error)
            self.loaded.exception()
            return
        self.loaded.set_result(None)
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._busy and self._late is None:
                    continue  # a turn is under way, and wakes us after it
                if self._stopping:
                    break
                self._busy, self._due = True, False
                if self._late is not None:
                    await self._end_late(*self._late)
                if self._has_work():
                    await self._round()
                if self._stopping or await self._unload():
                    break
                self._busy = False
        except Exception as error:  # the top of the task: nobody may write into a half
            self._break(error)
        finally:
            self.audience.close()

    def _break(self, error: Exception) -> None:
        if not isinstance(error, CollabError):
            _log.error("document %s is discarded", self.document, exc_info=error)
            self.discard(StateError("resync", "the document is loaded again"))
            return
        _log.warning("document %s is discarded: %s %s", self.document, error.code, error.text)
        gone = error.code in ("other_epoch", "unknown_document")
        self.discard(error if gone or isinstance(error, StateError) else StateError("resync", error.text))

    def _has_work(self) -> bool:
        return bool(self._inbox or self._announced or self._answers or self._behind)

    async def _load(self) -> None:
        await self.hub.exchange.listen(self)
        await self.ledger.load(self.hub.folding.before_load)
        self.audience.base = self.ledger.live.state_vector()

    def _begin(self) -> tuple[Round, Steps[None]]:
        self._clean = False
        work = Round(self.ledger, self.hub.limits)
        return work, work.taking_in(self._inbox.empty(), self._answers.add)

    async def _round(self) -> None:
        async with self.hub.pace.large if self._inbox.large else nullcontext():
            work, steps = self._begin()
            for _ in steps:
                await asyncio.sleep(0)
        self._answers.ask(*work.asked)
        asked = self._answers.take_asked()
        self._conclude(work, await self._log(work, bool(asked) or self._answers.any_first()))
        if not self._stopping:
            self._answers.give(asked)

    def _conclude(self, work: Round, others: list[bytes]) -> None:
        if self._stopping:
            return
        self._clean = True
        # In the order in which the live document took them, for each event says only what was new to it then.
        self.audience.fan_out([*work.events, *((None, event) for event in others)], work.handled)
        self._after(work)

    def take_turn(self) -> None:
        """Take in what waits, at once if there are only changes and nothing is under way."""
        late = self._announced or self._answers or self._behind or self._inbox.large
        if self._busy or self._stopping or late or not self.loaded.done():
            self.poke()
            return
        try:
            work, steps = self._begin()
            finish(steps)
            self._answers.ask(*work.asked)
            if not work.entries:
                self._conclude(work, [])
            else:
                self._busy = True
                self.hub.committer.put(
                    self.ledger.batch(work.entries, work.authors, work.sources), partial(self._end_turn, work)
                )
            if self._answers:
                self.poke()
        except Exception as error:  # whatever breaks a turn breaks this document only
            self._break(error)

    def _end_turn(self, work: Round, done: Committed | CollabError) -> None:
        try:
            if isinstance(done, CollabError):
                raise done
            if self._stopping:
                return
            self.hub.counters.updates += len(work.entries)
            if self.ledger.committed(done, work.authors):
                self.hub.exchange.announce(self, done, work)
                self._conclude(work, [])
            else:  # others have logged around it: they are read first
                self._late = (work, done)
        except Exception as error:  # whatever breaks a turn breaks this document only
            self._break(error)
        finally:
            if self._late is None:
                self._busy = False
            due, self._due = self._due, False
            if self._late is not None or self._stopping or self._upkeep.is_due(idle=False) or (due and not self._inbox):
                self._wake.set()
            elif due:
                self.take_turn()

    async def _end_late(self, work: Round, done: Committed) -> None:
        self._late = None
        others = await self.ledger.catch_up()
        self.hub.exchange.announce(self, done, work)
        self._conclude(work, others)

    async def _log(self, work: Round, read: bool) -> list[bytes]:
        """Commit this round's changes, take in what others have logged (`read`: all of it); returns the latter."""
        events: list[bytes] = []
        if self._announced:
            announced, self._announced = self._announced, deque()
            events = await self.ledger.hear(announced)
        if work.entries:
            done = await self.hub.committer.commit(self.ledger.batch(work.entries, work.authors, work.sources))
            if not self.ledger.committed(done, work.authors):
                events += await self.ledger.catch_up()
            self.hub.counters.updates += len(work.entries)
            self.hub.exchange.announce(self, done, work)
        if self._behind or read:
            self._behind = False
            events += await self.ledger.catch_up()
        return events

    def _after(self, work: Round) -> None:
        now = self.hub.clock()
        for at in work.times:
            self.hub.observe_ack(now - at)
        if now - self._based_at > 1.0:
            self._based_at = now
            self.audience.base = self.ledger.live.check()
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
        if self._upkeep.is_due(idle):
            await self._upkeep.compact()
        if not (idle and self._is_idle()):
            return False
        self.hub.forget(self)
        return True

    def _is_idle(self) -> bool:
        busy = self.audience.connections or self._inbox or self._announced or self._answers or self.pins
        return not busy and self.hub.clock() - self._idle_since >= self.hub.limits.idle_seconds
