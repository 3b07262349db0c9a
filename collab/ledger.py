"""One document in step with its log: what is alive, up to which entry, and who owns which client id.

Laws: `known` is the entry up to which everything is in the live document; entries are applied in the order of their
numbers, so what they build on is always there. One that cannot be applied is quarantined and reported, and never keeps
the document from opening. What this worker writes is applied first and logged as one batch; if that fails the live
document holds what nobody stored: the owner must discard it. What is large is taken in bit by bit, and the loop is free
in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from .claims import Seen
from .document import Judged, LiveDocument
from .errors import AccessDenied, CollabError, ProtocolError, StateError
from .limits import Limits
from .steps import Result, Steps, Work
from .store import Batch, Committed, DocumentStore, LogEntry, NewEntry, Snapshot
from .wire import Announce

_log = logging.getLogger("collab.ledger")

_BREATH = 64  # entries taken in before the loop may do something else


class OnQuarantine(Protocol):
    """Called for each entry that is put aside."""

    def __call__(self) -> None: ...


class Ledger:
    """The live document and its place in the log."""

    def __init__(self, document: str, store: DocumentStore, limits: Limits, on_quarantine: OnQuarantine) -> None:
        self.document = document
        self.live = LiveDocument()
        self.kind = ""
        self.epoch = 0
        self.known = 0
        self.grown_bytes = 0
        """Of all entries since the snapshot."""
        self._store = store
        self._limits = limits
        self._on_quarantine = on_quarantine
        self.seen = Seen()
        self._authors: dict[int, str] = {}
        self._snapshot_seq = 0
        self._size = 0

    async def load(self, fold: Callable[[str], Awaitable[bool]]) -> None:
        """Load everything, a log with a large entry after `fold`; raises AccessDenied(unknown_document), StateError."""
        loaded = await self._store.load(self.document)
        if self._is_heavy(loaded.entries) and await fold(self.document):
            loaded = await self._store.load(self.document)
        self.kind, self.epoch, self._authors = loaded.kind, loaded.epoch, dict(loaded.authors)
        self.seen.take(loaded.claims)
        if loaded.snapshot is not None:
            self._snapshot_seq = self.known = loaded.snapshot.seq
            self._size = len(loaded.snapshot.state)
            for _ in self.live.load_slices(loaded.snapshot.state, loaded.snapshot.outline):
                await asyncio.sleep(0)
        await self._take(loaded.entries)
        self.known = max(self.known, loaded.head)

    def _is_heavy(self, entries: Sequence[LogEntry]) -> bool:
        """Tell whether one entry alone would hold up the loop: many small ones do not, they are taken bit by bit."""
        return any(len(entry.data) > self._limits.compact_bytes for entry in entries)

    def claim(
        self, account: str, judged: Judged, claimed: Mapping[int, str], brought: Mapping[int, str]
    ) -> dict[int, str]:
        """Return the client ids that an update binds now: to `account`, or to whose work it brings.

        Raises AccessDenied(foreign_author), ProtocolError(too_large).
        """
        assert judged.placement is not None
        owned = {client: brought.get(client, account) for client in judged.placement.clients()}
        for client, owner in owned.items():
            known = self._authors.get(client)
            if known is None:
                known = claimed.get(client, self.seen.get(client))
            if known is not None and known != owner:
                raise AccessDenied("foreign_author", "this client id belongs to somebody else")
        limit = self._limits.document_bytes
        if self._size + len(judged.data) > limit:
            self._size = len(self.live.full())
            if self._size + len(judged.data) > limit:
                raise ProtocolError("too_large", "the document would become too large")
        return {client: owner for client, owner in owned.items() if client not in self._authors}

    def owner(self, client: int) -> str | None:
        """Return whose a client id is, by what was written under it or who showed it first; None: nobody's."""
        author = self._authors.get(client)
        return author if author is not None else self.seen.get(client)

    def has_author(self, client: int) -> bool:
        """Tell whether something was written under a client id."""
        return client in self._authors

    def apply(self, judged: Judged) -> bytes | None:
        """Apply a judged update; returns what is new and must be logged."""
        return self._grow(self.live.apply(judged))

    def applying(self, judged: Judged) -> Steps[bytes | None]:
        """The same in steps (`LiveDocument.applying`)."""
        return self._grow((yield from self.live.applying(judged)))

    def _grow(self, event: bytes | None) -> bytes | None:
        if event is not None:
            self._size += len(event)
            self.grown_bytes += len(event)
        return event

    def batch(self, entries: list[NewEntry], authors: dict[int, str], sources: dict[str, int]) -> Batch:
        """Return what the store is to log of what was applied."""
        return Batch(self.document, tuple(entries), authors, self.epoch, self.known, sources)

    def committed(self, done: Committed, authors: dict[int, str]) -> bool:
        """Note what was logged; False if others have logged around it, which must be read with `catch_up`."""
        if authors:
            self._authors.update(authors)
        if done.first != self.known + 1:
            return False
        self.known = done.head
        return True

    async def hear(self, announcements: Iterable[Announce]) -> list[bytes]:
        """Apply what other workers announced, reading the log where there is a gap; returns what is new."""
        events: list[bytes] = []
        behind = False
        for news in announcements:
            if news.head <= self.known:
                continue
            if news.data is None or news.first > self.known + 1:
                behind = True
                continue
            self._authors.update(news.authors)
            events += await self._take(LogEntry(seq, "", data) for seq, data in enumerate(news.data, news.first))
        return events + await self.catch_up() if behind else events

    async def catch_up(self) -> list[bytes]:
        """Read what was logged since; returns what is new. Raises AccessDenied when the document is not the same."""
        news = await self._store.news(self.document, self.known)
        if news.epoch != self.epoch:
            raise AccessDenied("other_epoch", "the document was rebuilt")
        self._authors.update(news.authors)
        events = await self._take(news.entries)
        self.known = max(self.known, news.head)
        return events

    async def _take(self, entries: Iterable[LogEntry]) -> list[bytes]:
        events: list[bytes] = []
        for entry in entries:
            if entry.seq <= self.known:
                continue
            self.known = entry.seq
            try:
                if len(entry.data) > self._limits.large_bytes:
                    event = await _leisurely(self._taking(entry.data))
                else:
                    event = self.apply(self.live.judge(entry.data))
            except CollabError as error:
                if self.live.broken:
                    raise
                _log.error("entry %s of document %s is quarantined: %s", entry.seq, self.document, error.text)
                self._on_quarantine()
                await self._store.quarantine(self.document, entry.seq, f"{error.code}: {error.text}")
                continue
            if event is not None:
                events.append(event)
            if entry.seq % _BREATH == 0:
                await asyncio.sleep(0)
        return events

    def _taking(self, data: bytes) -> Steps[bytes | None]:
        return (yield from self.applying((yield from self.live.judging(data, stored=True))))

    def grown(self) -> int:
        """Return how many entries came since the snapshot."""
        return self.known - self._snapshot_seq

    def compacted(self, seq: int) -> None:
        """Somebody else has replaced the snapshot, or tried to: not again before as many entries came."""
        self._snapshot_seq = max(self._snapshot_seq, seq)
        self.grown_bytes = 0

    async def compact(self) -> None:
        """Replace the snapshot by one of everything known; a failure is reported and changes nothing."""
        snapshot = Snapshot(self.known, self.live.full(), self.live.outline.encode())
        try:
            ours = await self._store.compact(self.document, snapshot, self._snapshot_seq, self.epoch)
        except StateError as error:
            _log.warning("document %s is not compacted: %s", self.document, error.text)
            return
        self.grown_bytes = 0
        self._snapshot_seq = snapshot.seq  # another worker's is as good: it would be refused again and again
        if ours:
            self._size = len(snapshot.state)


async def _leisurely(steps: Steps[Result]) -> Result:
    """Do some work, and let the loop do something else between its steps."""
    work = Work(steps)
    for _ in work:
        await asyncio.sleep(0)
    return work.result
