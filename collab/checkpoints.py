"""Full states of a document: the snapshot that workers load, and the checkpoints that its history stands on.

Kinds of checkpoints: "floor" is the oldest state from which the log can be replayed, "day" the last one of a day (UTC),
"named" a version that somebody gave a name, "kept" what was there before a restore.
Laws: these functions run inside the caller's writing transaction. A snapshot is replaced only while it is still the one
it was made from, in the same epoch; the first one ever replaced stays as the floor. A state is stored packed.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterator
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from . import tables

Kind = Literal["floor", "day", "named", "kept"]
EMPTY_UPDATE = b"\x00\x00"
_RAW, _ZLIB = b"\x00", b"\x01"
_PIECE: Final = 1 << 16


class Snapshot(Struct, frozen=True):
    """A whole document up to an entry, with its outline."""

    seq: int
    state: bytes
    outline: bytes


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A full state up to entry `seq`. `state` is packed; `at` says when that entry was made."""

    id: str = ""
    seq: int
    kind: Kind
    name: str = ""
    account: str = ""
    at: int
    state: bytes


def pack(state: bytes) -> bytes:
    """Pack a state for storing."""
    return _ZLIB + zlib.compress(state, 6)


def plain(state: bytes) -> bytes:
    """Return a state as one that is stored without packing it."""
    return _RAW + state


def unpack(packed: bytes) -> bytes:
    """Return the state that was packed."""
    return packed[1:] if packed[:1] == _RAW else zlib.decompress(packed[1:])


def unpacked(packed: bytes) -> Iterator[bytes]:
    """Go through the state that was packed without having it all at once; raises zlib.error."""
    engine = zlib.decompressobj()
    for begin in range(1, len(packed), _PIECE):
        piece = packed[begin : begin + _PIECE]
        yield piece if packed[:1] == _RAW else engine.decompress(piece)
    if packed[:1] != _RAW and not engine.eof:
        raise zlib.error("the packed state is not whole")


def add_checkpoint(connection: Connection, document: str, checkpoint: Checkpoint) -> str | None:
    """Store a checkpoint; returns its id, None if there is one of this entry, kind and name."""
    row = {
        "id": checkpoint.id or secrets.token_hex(8),
        "document": document,
        "seq": checkpoint.seq,
        "kind": checkpoint.kind,
        "name": checkpoint.name,
        "account": checkpoint.account,
        "at": checkpoint.at,
        "state": checkpoint.state,
    }
    statement = upsert(connection)(tables.checkpoint).values(row).on_conflict_do_nothing()
    return connection.execute(statement.returning(tables.checkpoint.c.id)).scalar()


def replace_snapshot(
    connection: Connection, document: str, new: Snapshot, expected_seq: int, epoch: int, at: int
) -> bool:
    """Replace the snapshot of entry `expected_seq`; False, and nothing done, if it is another one by now."""
    heads = tables.document.c
    taken = connection.execute(
        update(tables.document)
        .where(heads.id == document, heads.snapshot_seq == expected_seq, heads.epoch == epoch, heads.head >= new.seq)
        .values(snapshot_seq=new.seq)
    )
    if taken.rowcount != 1:
        return False
    _keep_floor(connection, document)
    put_snapshot(connection, document, new, at)
    return True


def put_snapshot(connection: Connection, document: str, new: Snapshot, at: int) -> None:
    """Write the snapshot's row."""
    row = {"document": document, "seq": new.seq, "at": at, "state": new.state, "outline": new.outline}
    changed = {key: value for key, value in row.items() if key != "document"}
    statement = upsert(connection)(tables.snapshot).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["document"], set_=changed))


def _keep_floor(connection: Connection, document: str) -> None:
    found = tables.checkpoint.c
    if connection.execute(select(found.id).where(found.document == document).limit(1)).first() is not None:
        return
    old = connection.execute(select(tables.snapshot).where(tables.snapshot.c.document == document)).first()
    seq, at, state = (old.seq, old.at, old.state) if old is not None else (0, 0, EMPTY_UPDATE)
    row = Checkpoint(seq=seq, kind="floor", at=at, state=plain(state))
    add_checkpoint(connection, document, row)


def upsert(connection: Connection) -> Any:
    """Return the dialect's `insert`, which knows ON CONFLICT."""
    return {"postgresql": postgres_insert, "sqlite": sqlite_insert}.get(connection.dialect.name, insert)
