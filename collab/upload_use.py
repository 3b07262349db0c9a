"""Whether a document still knows a picture: in what it is now, or in anything of its past that can be brought back.

Laws: a picture is named in a document's bytes by its hash, written as it is; so a search of the bytes never misses a
use. What is searched first is what most pictures are found in, and nothing more once all are found. No document is
loaded. A search holds nobody up: it only reads, little or one state in a transaction, and compares in a thread. What it
found is so as long as the document has not moved since and no state was kept that was not searched (`is_so`).
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator
from contextlib import aclosing
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, func, select

from . import tables
from .checkpoints import unpacked
from .database import Database
from .upload_tables import upload

log = logging.getLogger(__name__)

PIECE: Final = 1 << 18  # bytes compared in one go
_AT_ONCE: Final = 500  # entries read in one transaction
_BYTES: Final = 4 << 20  # of theirs, or one entry
_SEAM: Final = 63  # less than a hash
_head, _shot, _log, _point = tables.document.c, tables.snapshot.c, tables.log.c, tables.checkpoint.c


class Place(Struct, frozen=True):
    """Head, epoch and snapshot of a document (empty: there is none), and the states of its past, by id."""

    at: tuple[int, ...]
    states: tuple[str, ...]


class Unused(Struct, frozen=True):
    """Those hashes that a document did not name, nor its past, when it was at a place."""

    document: str
    hashes: frozenset[str]
    place: Place


async def find_unused(database: Database, document: str, hashes: Collection[str]) -> Unused:
    """Return those of the hashes that neither the document nor its past names: none, if that cannot be read."""
    async with database.moment() as connection:
        place = await connection.run_sync(lambda sync: _place(sync, document, hashes))
    left = frozenset(hashes)
    async with aclosing(_texts(database, document, place)) as texts:
        async for pieces in texts:
            try:
                left = await asyncio.to_thread(_unnamed, left, pieces)
            except zlib.error:
                log.warning("a state of the past of document %s is damaged: its pictures stay", document)
                left = frozenset()
            if not left:
                break
    return Unused(document, left, place)


def is_so(connection: Connection, found: Unused) -> bool:
    """Tell whether what was found is still so; then it is until the end of the transaction, which has to write."""
    now = _place(connection, found.document, (), lock=True)
    return now.at == found.place.at and set(now.states) <= set(found.place.states)


def _place(connection: Connection, document: str, hashes: Collection[str], *, lock: bool = False) -> Place:
    """Return where a document is; the states first in which these pictures are likely: from when they were sent on."""
    heads = select(_head.head, _head.epoch, _head.snapshot_seq).where(_head.id == document)
    head = connection.execute(heads.with_for_update() if lock else heads).first()
    states = select(_point.id).where(_point.document == document)
    if hashes:
        mine = (upload.c.document == document, upload.c.hash.in_(hashes))
        sent = connection.execute(select(func.min(upload.c.at)).where(*mine)).scalar() or 0
        states = states.order_by(_point.at < sent, _point.at, _point.seq)
    return Place(() if head is None else tuple(head), tuple(connection.execute(states).scalars()))


async def _texts(database: Database, document: str, place: Place) -> AsyncGenerator[Iterable[bytes], None]:
    """Go through the snapshot, the log and the states, each in pieces."""
    async with database.read() as connection:
        now = (await connection.execute(select(_shot.state).where(_shot.document == document))).scalar()
    yield _cut(now or b"")
    after: int | None = -1
    while after is not None:
        entries, after = await _entries(database, document, after)
        yield _cut(entries)
    for id in place.states:
        async with database.read() as connection:
            state = (await connection.execute(select(_point.state).where(_point.id == id))).scalar()
        if state is not None:
            yield unpacked(state)


async def _entries(database: Database, document: str, after: int) -> tuple[bytes, int | None]:
    """Return entries after one, in a row, and which was the last; None: there are no more."""
    ours = (_log.document == document, _log.seq > after)
    async with database.read() as connection:
        sizes = select(_log.seq, func.length(_log.data).label("size")).where(*ours).order_by(_log.seq).limit(_AT_ONCE)
        last, size = None, 0
        for row in await connection.execute(sizes):
            size += row.size
            if last is not None and size > _BYTES:
                break
            last = row.seq
        if last is None:
            return b"", None
        data = select(_log.data).where(*ours, _log.seq <= last).order_by(_log.seq)
        return b"".join((await connection.execute(data)).scalars()), last


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[begin : begin + PIECE] for begin in range(0, len(data), PIECE))


def _unnamed(hashes: frozenset[str], pieces: Iterable[bytes]) -> frozenset[str]:
    """Return those that stand nowhere in what comes in pieces."""
    left, seam = {one.encode(): one for one in hashes}, b""
    for piece in pieces:
        text = seam + piece
        for name in [name for name in left if name in text]:
            del left[name]
        if not left:
            break
        seam = text[-_SEAM:]
    return frozenset(left.values())
