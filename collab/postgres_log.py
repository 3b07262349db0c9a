"""Logging batches in PostgreSQL: the same laws and rows as `sqlite_log.py` has for SQLite.

Laws: runs in a writing transaction that another began and ends. The heads of all batches are locked by one statement in
the order of their ids, with those of the documents that something was made of: unsorted, two workers deadlock. Each
document appears once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql

from . import tables
from .entries import Batch
from .errors import AccessDenied, StateError

_head = tables.document.c
_LOCK: Final = (
    select(_head.id, _head.head, _head.epoch)
    .where(_head.id.in_(bindparam("ids", expanding=True)))
    .order_by(_head.id)
    .with_for_update()
)
_ADD: Final = insert(tables.log)
_MOVE: Final = update(tables.document).where(_head.id == bindparam("which")).values(head=bindparam("to"))
_BIND: Final = postgresql.insert(tables.author).on_conflict_do_nothing()


def log_batches(connection: Connection, batches: Sequence[Batch], at: int) -> list[int]:
    """Log the batches; return the number of each one's first entry. Raises StateError, AccessDenied."""
    wanted = {batch.document for batch in batches}.union(*(batch.sources for batch in batches))
    locked = connection.execute(_LOCK, {"ids": sorted(wanted)})
    heads = {row.id: row for row in locked}
    rows, moves, firsts = [], [], []
    for batch in batches:
        head = heads.get(batch.document)
        if head is None:
            raise StateError("store_gone", "the document is not there any more")
        if batch.epoch not in (None, head.epoch):
            raise AccessDenied("other_epoch", "the document was rebuilt")
        for source, epoch in batch.sources.items():
            if source not in heads or heads[source].epoch != epoch:
                raise StateError("source_rebuilt", "what this was made of was rebuilt meanwhile")
        first = head.head + 1
        firsts.append(first)
        place = {"document": batch.document, "at": at}
        for seq, entry in enumerate(batch.entries, first):
            rows.append(place | {"seq": seq, "account": entry.account, "origin": entry.origin, "data": entry.data})
        moves.append({"which": batch.document, "to": head.head + len(batch.entries)})
    _bind(connection, batches, at)
    connection.execute(_ADD, rows)
    connection.execute(_MOVE, moves)
    return firsts


def _bind(connection: Connection, batches: Sequence[Batch], at: int) -> None:
    wanted = {(batch.document, client): account for batch in batches for client, account in batch.authors.items()}
    if not wanted:
        return
    rows = [
        {"document": document, "client": client, "account": account, "at": at}
        for (document, client), account in wanted.items()
    ]
    connection.execute(_BIND, rows)
    for table in (tables.author, tables.claim):
        columns = (table.c.document, table.c.client)
        found = connection.execute(select(*columns, table.c.account).where(tuple_(*columns).in_(list(wanted))))
        if any(wanted[row.document, row.client] != row.account for row in found):
            raise AccessDenied("foreign_author", "this client id belongs to somebody else")
