"""Whether a document still knows a picture: in what it is now, or in anything of its past that can be brought back.

Laws: a picture is named in a document's bytes by its hash, written as it is; so a search of the bytes never misses a
use. What is searched first is what most pictures are found in. No document is loaded.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Select, select

from . import tables
from .checkpoints import unpack
from .database import Database


async def find_unused(database: Database, document: str, hashes: Collection[str]) -> set[str]:
    """Return those of the hashes that neither the document nor its past names."""
    return await database.transact(lambda connection: _find_unused(connection, document, hashes))


def _find_unused(connection: Connection, document: str, hashes: Collection[str]) -> set[str]:
    left = set(hashes)
    plain: tuple[Select[tuple[bytes]], ...] = (
        select(tables.snapshot.c.state).where(tables.snapshot.c.document == document),
        select(tables.log.c.data).where(tables.log.c.document == document),
    )
    for query in plain:
        for (data,) in connection.execute(query):
            left -= {one for one in left if one.encode() in data}
    if not left:
        return left
    old = tables.checkpoint.c
    for (id,) in connection.execute(select(old.id).where(old.document == document)).all():
        state = connection.execute(select(old.state).where(old.id == id)).scalar_one()
        text = unpack(state)
        left -= {one for one in left if one.encode() in text}
    return left
