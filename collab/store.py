"""Where documents are kept: heads, one snapshot each, the log, and who owns which client id.

Laws:
- a batch of several documents is one transaction; their heads are locked by one statement in the order of their ids
  (unsorted, two workers deadlock); entries get the next numbers of their document; when the batch fails, each
  document is tried alone, so one that fails never fails the others.
- a client id belongs to the account that first wrote under it, or showed it (`claims.py`); a batch that says otherwise
  fails for that document with AccessDenied(foreign_author).
- a batch of another epoch than the document's fails with AccessDenied(other_epoch): what a worker still holds of an
  erased or restored document is never logged again; what was made of another document that was rebuilt since
  (`Batch.sources`) fails with StateError(source_rebuilt).
- load = snapshot + entries after it. Compaction replaces the snapshot only if nobody else did (`snapshot_seq` and
  epoch compared in the same transaction); entries stay as history until `history_store.py` takes the old ones.
- no row leaves this file, only the structs of `entries.py`; what fails in the database is StateError(store_failed).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from . import postgres_log, sqlite_log, tables
from .checkpoints import Snapshot, replace_snapshot
from .claims import Claims, claims_of
from .database import Database, migrate
from .entries import Batch, Committed, Head, Loaded, LogEntry, NewEntry, News
from .errors import AccessDenied, CollabError

__all__ = [
    "Batch",
    "Committed",
    "DocumentStore",
    "Head",
    "Loaded",
    "LogEntry",
    "NewEntry",
    "News",
    "Snapshot",
    "migrate",
]

_HEADS = select(tables.document.c.id, tables.document.c.head, tables.document.c.epoch).where(
    tables.document.c.id.in_(bindparam("ids", expanding=True))
)
_HEADS_AT_ONCE = 200


class DocumentStore:
    """The documents in one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.claims = Claims(database)
        self._insert = postgres_insert if database.dialect == "postgresql" else sqlite_insert

    @classmethod
    async def open(cls, url: str) -> DocumentStore:
        """Open a migrated database."""
        return cls(await Database.open(url))

    async def close(self) -> None:
        """Close the database."""
        await self.claims.close()
        await self.database.close()

    async def create(self, document: str, kind: str, seed: Snapshot | None, author: int | None) -> bool:
        """Create a document with its seed unless it is there; returns whether it was created now."""
        at = _now()
        row = {"id": document, "kind": kind, "epoch": 1, "head": 0, "snapshot_seq": 0, "created_at": at}
        async with self.database.write() as connection:
            result = await connection.execute(
                self._insert(tables.document).values(row).on_conflict_do_nothing().returning(tables.document.c.id)
            )
            if result.first() is None:
                return False
            if seed is not None:
                shot = {"document": document, "seq": 0, "at": at, "state": seed.state, "outline": seed.outline}
                await connection.execute(insert(tables.snapshot).values(shot))
                await connection.execute(
                    insert(tables.author).values(document=document, client=author, account="", at=at)
                )
        return True

    async def load(self, document: str) -> Loaded:
        """Load a document; raises AccessDenied(unknown_document)."""
        async with self.database.moment() as connection:
            head = (await connection.execute(select(tables.document).where(tables.document.c.id == document))).first()
            if head is None:
                raise AccessDenied("unknown_document", "there is no such document")
            shot = (
                await connection.execute(select(tables.snapshot).where(tables.snapshot.c.document == document))
            ).first()
            snapshot = Snapshot(shot.seq, shot.state, shot.outline) if shot is not None else None
            entries = await _entries(connection, document, snapshot.seq if snapshot is not None else 0)
            authors = await _authors(connection, document)
            claims = await claims_of(connection, document)
        claims |= self.claims.waiting(document)
        return Loaded(head.kind, head.epoch, head.head, snapshot, entries, authors, claims)

    async def heads(self, documents: Sequence[str]) -> dict[str, Head]:
        """Return where each document is; those that are gone are left out."""
        found = {}
        for start in range(0, len(documents), _HEADS_AT_ONCE):
            async with self.database.look() as connection:
                rows = await connection.execute(_HEADS, {"ids": list(documents[start : start + _HEADS_AT_ONCE])})
                found.update({name: Head(head, epoch) for name, head, epoch in rows})
        return found

    async def news(self, document: str, seq: int) -> News:
        """Return everything after entry `seq`; raises AccessDenied(unknown_document)."""
        async with self.database.moment() as connection:
            head = (await connection.execute(_HEADS, {"ids": [document]})).first()
            if head is None:
                raise AccessDenied("unknown_document", "there is no such document")
            if head.head <= seq:
                return News(head.head, head.epoch, (), {})
            entries = await _entries(connection, document, seq)
            return News(head.head, head.epoch, entries, await _authors(connection, document))

    async def commit(self, batches: Sequence[Batch]) -> dict[str, Committed | CollabError]:
        """Log the batches; returns per document what was committed or why not. Each document appears once."""
        try:
            return dict(await self._commit(batches))
        except CollabError as error:
            if len(batches) == 1:
                return {batches[0].document: error}
        results: dict[str, Committed | CollabError] = {}
        for batch in batches:
            try:
                results.update(await self._commit([batch]))
            except CollabError as error:
                results[batch.document] = error
        return results

    async def _commit(self, batches: Sequence[Batch]) -> dict[str, Committed]:
        if self.database.dialect == "sqlite":
            firsts = await self.database.drive(lambda driver: sqlite_log.log_batches(driver, batches, _now()))
        else:
            firsts = await self.database.transact(lambda sync: postgres_log.log_batches(sync, batches, _now()))
        return {batch.document: _committed(batch, first) for batch, first in zip(batches, firsts, strict=True)}

    async def compact(self, document: str, snapshot: Snapshot, expected_seq: int, epoch: int) -> bool:
        """Replace the snapshot if it is still the one of `expected_seq`, in the same epoch; returns whether it was."""
        at = _now()
        return await self.database.transact(
            lambda connection: replace_snapshot(connection, document, snapshot, expected_seq, epoch, at)
        )

    async def quarantine(self, document: str, seq: int, reason: str) -> None:
        """Mark an entry that cannot be loaded; it stays for people to look at."""
        async with self.database.write() as connection:
            await connection.execute(
                update(tables.log)
                .where(tables.log.c.document == document, tables.log.c.seq == seq)
                .values(quarantined=reason)
            )


def _committed(batch: Batch, first: int) -> Committed:
    return Committed(batch.document, first, first + len(batch.entries) - 1)


async def _authors(connection: AsyncConnection, document: str) -> dict[int, str]:
    who = tables.author.c
    rows = await connection.execute(select(who.client, who.account).where(who.document == document))
    return {row.client: row.account for row in rows}


async def _entries(connection: AsyncConnection, document: str, after: int) -> tuple[LogEntry, ...]:
    rows = await connection.execute(
        select(tables.log.c.seq, tables.log.c.account, tables.log.c.data)
        .where(tables.log.c.document == document, tables.log.c.seq > after, tables.log.c.quarantined.is_(None))
        .order_by(tables.log.c.seq)
    )
    return tuple(LogEntry(row.seq, row.account, row.data) for row in rows)


def _now() -> int:
    return time.time_ns() // 1_000_000
