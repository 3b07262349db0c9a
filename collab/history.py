"""The past of documents: who wrote what and when, old states, versions, restoring, erasing, and tending it all.

Laws:
- looking changes nothing. Restoring is a new edit by whoever restores, after what was there has been kept as a version;
  nothing that came after the restored state is lost, and nobody's connection ends.
- erasing takes a person's content out of the document, its log and all its old states, and raises the epoch; what
  others wrote stays, by the day.
- each day that has ended becomes a checkpoint; entries stay `keep_days`, checkpoints of days `keep_states` days, named
  versions for good.
- everything heavy happens in the pool; what it made is stored only if what it was made from is still so.
Not done here: who may do what.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from msgspec import Struct

from .awareness import Editor
from .checkpoints import Checkpoint, Snapshot, unpack
from .claims import KEPT
from .errors import AccessDenied, CollabError, Overloaded, StateError
from .heavy import Allowance, HeavyPool
from .history_store import Erasure, HistoryStore, Logged, Tended, Version
from .past import DAY, Past
from .replay import ERASE, REPLAY, RESTORE, Erased, Erasing, Log, Restored, Restoring, States
from .scribe import write_edit

if TYPE_CHECKING:
    from .hub import Hub

_log = logging.getLogger("collab.history")

TOGETHER: Final = 10 * 60 * 1000  # entries closer than this are shown as one change
_LONGEST: Final = 30 * 60 * 1000  # of a change
_PAGE: Final = 3000  # entries looked at for one page of changes
_CLIENT_IDS: Final = 2**32 - 1
_ATTEMPTS: Final = 5
_LONG: Final = Allowance(seconds=300.0, cpu=240, memory=1 << 30)
_LONGEST_WORK: Final = Allowance(seconds=900.0, cpu=800, memory=2 << 30)  # an erasure goes through all old states


class Change(Struct, frozen=True):
    """What was written in one go: entries [first, last], when, and how many by whom."""

    first: int
    last: int
    began: int
    ended: int
    accounts: dict[str, int]


class Page(Struct, frozen=True):
    """Changes, newest first; `more`: ask again with `before` set to this."""

    changes: list[Change]
    more: int | None


class OldState(Struct, frozen=True):
    """A document after entry `seq`, as one Yjs update, and the account behind each client id."""

    seq: int
    state: bytes
    authors: dict[int, str]


class Keeping(Protocol):
    """How many days the entries of documents are kept."""

    async def shortest(self) -> int: ...
    async def of(self, documents: Sequence[str]) -> Mapping[str, int]: ...


class History:
    """The past of one worker's documents."""

    def __init__(
        self,
        hub: Hub,
        pool: HeavyPool,
        keep_days: int = 30,
        keep_states: int = 400,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._hub = hub
        self._pool = pool
        self._keep_days = keep_days
        self._keep_states = keep_states
        self._wall = wall
        self._stopped = False
        self.store = HistoryStore(hub.store.database)

    async def changes(self, document: str, before: int | None = None) -> Page:
        """Return who wrote when, newest first."""
        entries = await self.store.entries(document, before, _PAGE)
        changes = _grouped(entries)
        if len(entries) == _PAGE and len(changes) > 1:
            changes.pop()  # it may go on beyond what was read
        more = changes[-1].first if len(entries) == _PAGE and changes else None
        return Page(changes, more)

    async def versions(self, document: str) -> list[Version]:
        """Return the full states that are kept, newest first."""
        return await self.store.versions(document)

    async def state(self, document: str, seq: int) -> OldState:
        """Return the document as it was after an entry; raises AccessDenied (unknown_document, unknown_state)."""
        past = await self.store.past(document, seq)
        state = unpack(past.base) if not past.entries else (await self._replay(past)).state
        return OldState(seq, state, await self.store.authors(document))

    async def name(self, document: str, seq: int | None, name: str, account: str) -> Version:
        """Keep the state after an entry (None: as it is now) under a name; raises StateError(name_taken)."""
        past = await self.store.past(document, seq)
        wanted = past.head if seq is None else seq
        made = await self._replay(past, [wanted])
        point = Checkpoint(seq=wanted, kind="named", name=name, account=account, at=self._now(), state=made.at[wanted])
        version = await self.store.add_version(document, past.epoch, point)
        if version is None:
            raise StateError("name_taken", "there is a version of this name already")
        return version

    async def unname(self, document: str, version: str) -> None:
        """Remove a named version; its content stays in the history as long as that goes back."""
        if not await self.store.remove_version(document, version):
            raise AccessDenied("unknown_state", "there is no such version")

    async def restore(self, document: str, seq: int, editor: Editor) -> bool:
        """Make the document say again what it said after an entry; False if it does already.

        If something was erased since the old state was read, it begins anew from what is left of it.
        """
        for _ in range(_ATTEMPTS):
            try:
                return await self._restore(document, seq, editor)
            except AccessDenied as error:
                if error.code != "other_epoch":
                    raise
        raise Overloaded("too_fast", "the document changes too fast to restore something now")

    async def _restore(self, document: str, seq: int, editor: Editor) -> bool:
        old = await self.store.past(document, seq)
        wanted = (await self._replay(old, [seq])).at[seq]
        now = await self.store.past(document)
        if now.epoch != old.epoch:
            raise AccessDenied("other_epoch", "the document was rebuilt")
        task = Restoring(_log_of(now, [now.head]), wanted, 1 + secrets.randbelow(_CLIENT_IDS))
        made = msgspec.msgpack.decode(await self._pool.run(RESTORE, msgspec.msgpack.encode(task), _LONG), type=Restored)
        if not made.update:
            return False
        kept = Checkpoint(seq=now.head, kind="kept", account=editor.account, at=self._now(), state=made.before)
        await self.store.add_version(document, now.epoch, kept)
        await write_edit(self._hub, document, now.epoch, editor, made.update)
        return True

    async def erase(self, document: str, account: str) -> int:
        """Take a person's content out of everything; returns the document's epoch, raised if there was any."""
        for _ in range(_ATTEMPTS):
            past = await self.store.past(document, from_snapshot=False)
            clients = await self.store.clients_of(document, account)
            if not clients:
                return past.epoch
            others = await self.store.checkpoint_states(document)
            task = Erasing(_log_of(past, past.day_ends(self._now())), others, clients)
            made = msgspec.msgpack.decode(
                await self._pool.run(ERASE, msgspec.msgpack.encode(task), _LONGEST_WORK), type=Erased
            )
            snapshot = Snapshot(past.head, made.states.state, made.states.outline)
            erasure = Erasure(snapshot=snapshot, days=made.states.at, others=made.others)
            epoch = await self.store.erase(document, past, account, erasure, self._now())
            if epoch is not None:
                self._hub.rebuilt(document)
                return epoch
        raise Overloaded("too_fast", "the document changes too fast to erase something now")

    async def tend(self, document: str, keep_days: int | None = None) -> None:
        """Compact a document, keep the days that have ended, take what is too old."""
        keep_days = self._keep_days if keep_days is None else keep_days
        now = self._now()
        past = await self.store.past(document, from_snapshot=False)
        today = now // DAY
        snapshot, days = None, {}
        if past.times:
            made = await self._replay(past, past.day_ends(today * DAY), sliced=True)
            snapshot, days = Snapshot(past.head, made.state, made.outline), made.at
            await self._put_aside(document, made)
        tended = Tended(
            snapshot=snapshot,
            days=days,
            horizon=now - keep_days * DAY,
            long_ago=now - self._keep_states * DAY,
        )
        if not await self.store.tend(document, past, tended, now):
            _log.info("document %s was compacted by another worker", document)

    async def compact(self, document: str) -> int:
        """Replace the snapshot by one of everything logged, made and read back apart; returns its entry."""
        past = await self.store.past(document)
        if past.times:
            made = await self._replay(past, sliced=True)
            await self._put_aside(document, made)
            snapshot = Snapshot(past.head, made.state, made.outline)
            await self._hub.store.compact(document, snapshot, past.snapshot_seq, past.epoch)
        return past.head

    def stop(self) -> None:
        """End a sweep after the document that it is at."""
        self._stopped = True

    async def sweep(self, keeping: Keeping | None = None) -> int:
        """Tend every document that needs it and was not tended today; returns how many there were."""
        count, after = 0, ""
        now = self._now()
        await self._hub.store.claims.forget_before(now - KEPT)
        shortest = self._keep_days if keeping is None else await keeping.shortest()
        while names := await self.store.untended(now // DAY, now - shortest * DAY, after, 100):
            days = {} if keeping is None else await keeping.of(names)
            for name in names:
                if self._stopped:
                    return count
                count += 1
                try:
                    await self.tend(name, days.get(name))
                except CollabError as error:
                    _log.warning("document %s is not tended: %s %s", name, error.code, error.text)
            after = names[-1]
        return count

    async def _replay(self, past: Past, cuts: list[int] | None = None, *, sliced: bool = False) -> States:
        data = msgspec.msgpack.encode(_log_of(past, cuts or [], sliced))
        return msgspec.msgpack.decode(await self._pool.run(REPLAY, data, _LONG), type=States)

    async def _put_aside(self, document: str, made: States) -> None:
        for seq, reason in made.skipped.items():
            _log.error("entry %s of document %s is quarantined: %s", seq, document, reason)
            self._hub.count_quarantined()
            await self._hub.store.quarantine(document, seq, reason)

    def _now(self) -> int:
        return int(self._wall() * 1000)


def _log_of(past: Past, cuts: list[int], sliced: bool = False) -> Log:
    return Log(past.base_seq, past.base, past.entries, cuts, sliced)


def _grouped(entries: list[Logged]) -> list[Change]:
    """Join entries, newest first, that follow each other closely."""
    changes: list[Change] = []
    for entry in entries:
        last = changes[-1] if changes else None
        if last is not None and last.began - entry.at <= TOGETHER and last.ended - entry.at <= _LONGEST:
            accounts = {**last.accounts, entry.account: last.accounts.get(entry.account, 0) + 1}
            changes[-1] = Change(entry.seq, last.last, entry.at, last.ended, accounts)
        else:
            changes.append(Change(entry.seq, entry.seq, entry.at, entry.at, {entry.account: 1}))
    return changes
