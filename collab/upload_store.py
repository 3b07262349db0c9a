"""Which uploads there are: references, counted against quotas, and contents, kept once in each school.

Laws: a reference and the content it names are committed together, after the bytes are on the disk; so is the quota that
lets them in. A content goes when no reference is left, and only then its bytes. What was sent and never hung on
anything goes after a day. What a document does not name goes only if that is still so at that moment.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from . import chat_tables
from . import upload_tables as tables
from .database import Database
from .errors import Overloaded, StateError
from .upload_bytes import UploadBytes, new_place, unchanged
from .upload_use import Unused, is_so
from .uploads import SMALL, Content, Quota, Reference, Upload

DAY: Final = 24 * 3600
BATCH: Final = 500
_JOINED: Final = select(
    tables.upload, *(column for column in tables.blob.c if column.name not in ("school", "hash", "loose"))
).join(tables.blob, and_(tables.blob.c.school == tables.upload.c.school, tables.blob.c.hash == tables.upload.c.hash))


class UploadStore:
    """The uploads in one database and one place for bytes."""

    def __init__(self, database: Database, bytes_: UploadBytes) -> None:
        self.database = database
        self.bytes = bytes_
        self._insert = postgres_insert if database.dialect == "postgresql" else sqlite_insert

    async def used(self, school: str, person: str) -> Quota:
        """Return how many bytes somebody has sent, and how many their school keeps."""
        async with self.database.read() as connection:
            return await connection.run_sync(lambda inner: _used(inner, school, person))

    async def add(self, reference: Reference, content: Content, file: Path, small: Path | None, quota: Quota) -> Upload:
        """Keep a file (and its thumbnail) and refer to it; durable on return. Raises Overloaded(upload_quota)."""
        place = await self._put(reference.school, content, file, small)
        try:
            added = await self.database.transact(
                lambda connection: self._add(connection, reference, content, place, quota)
            )
        except BaseException:
            await self.bytes.drop([place])
            raise
        if added.place == place:
            return added
        if await self._is_whole(added):  # the school had it already
            await self.bytes.drop([place])
            return added
        return await self._move(added, place)

    async def mend(self, kept: Upload, file: Path, small: Path | None) -> Upload:
        """Somebody brings again what is kept: keep that instead if what is kept is not what it was."""
        if await self._is_whole(kept):
            return kept
        return await self._move(kept, await self._put(kept.reference.school, kept.content, file, small))

    async def _put(self, school: str, content: Content, file: Path, small: Path | None) -> str:
        place = new_place(school, content.hash, int(time.time()))
        await self.bytes.put(place, file)
        if small is not None:
            try:
                await self.bytes.put(place + SMALL, small)
            except BaseException:
                await self.bytes.drop([place])
                raise
        return place

    async def _is_whole(self, kept: Upload) -> bool:
        content = kept.content
        try:
            async for _ in unchanged(self.bytes.read(kept.place, 0, content.size), content.hash, content.size):
                pass
            if content.thumb:
                async for _ in self.bytes.read(kept.place + SMALL, 0, content.thumb):
                    pass
        except StateError:
            return False
        return True

    async def _move(self, kept: Upload, place: str) -> Upload:
        """Name another place for the bytes of a content, unless somebody else just did."""
        blob = tables.blob.c
        mine = and_(blob.school == kept.reference.school, blob.hash == kept.content.hash, blob.place == kept.place)
        statement = update(tables.blob).where(mine).values(place=place)
        moved = await self.database.transact(lambda connection: connection.execute(statement).rowcount)
        await self.bytes.drop([kept.place if moved else place])
        return await self.find(kept.reference.id) or kept

    def _add(self, connection: Connection, ref: Reference, content: Content, place: str, quota: Quota) -> Upload:
        values = {"school": ref.school, "place": place, "loose": False} | _columns(content)
        statement = self._insert(tables.blob).values(values)
        kept = statement.on_conflict_do_update(index_elements=["school", "hash"], set_={"loose": tables.blob.c.loose})
        connection.execute(kept)
        row = {name: getattr(ref, name) for name in Reference.__struct_fields__}
        connection.execute(insert(tables.upload).values(row | {"hash": content.hash}))
        used = _used(connection, ref.school, ref.person)
        if used.person > quota.person:
            raise Overloaded("upload_quota", "you have sent as much as one person may: delete something first")
        if used.school > quota.school:
            raise Overloaded("upload_quota", "the school has no more room for files")
        return tables.read_upload(connection.execute(_JOINED.where(tables.upload.c.id == ref.id)).one())

    async def find(self, id: str) -> Upload | None:
        """Return an upload; what no id looks like names none."""
        if not (id.isascii() and id.isprintable()):
            return None
        return next(iter(await self._find(tables.upload.c.id == id)), None)

    async def find_image(self, document: str, content: str) -> Upload | None:
        """Return what a document knows by this hash."""
        if not (content.isascii() and content.isprintable()):
            return None
        mine = and_(tables.upload.c.document == document, tables.upload.c.hash == content)
        return next(iter(await self._find(mine)), None)

    async def of_document(self, document: str) -> list[Upload]:
        """Return what belongs to a document."""
        return await self._find(tables.upload.c.document == document)

    async def documents(self, before: int) -> list[str]:
        """Return the documents to which something belongs that was sent before a time (milliseconds)."""
        table = tables.upload.c
        query = select(table.document).where(table.document.is_not(None), table.at < before).distinct()
        async with self.database.read() as connection:
            return [row.document for row in await connection.execute(query.order_by(table.document))]

    async def remove(self, ids: Sequence[str]) -> None:
        """Let go of references, whatever they hang on."""
        which = tables.upload.c.id.in_(list(ids))
        await self.database.transact(partial(_let_go, which=which))

    async def remove_unused(self, uploads: Sequence[Upload], found: Unused, before: int) -> bool:
        """Let go of those that a document does not name and nobody sent again since a time (milliseconds).

        Returns False, and does nothing, if the document has moved since it was searched.
        """
        ids = [upload.reference.id for upload in uploads if upload.content.hash in found.hashes]
        which = and_(tables.upload.c.id.in_(ids), tables.upload.c.at < before)

        def let_go(connection: Connection) -> bool:
            if not is_so(connection, found):
                return False
            _let_go(connection, which)
            return True

        return not ids or await self.database.transact(let_go)

    async def renew(self, kept: Upload, at: int) -> bool:
        """Note that what is kept was sent again at a time; False: it is not kept any more."""
        statement = update(tables.upload).where(tables.upload.c.id == kept.reference.id).values(at=at)
        return await self.database.transact(lambda connection: connection.execute(statement).rowcount) > 0

    async def _find(self, which: ColumnElement[bool]) -> list[Upload]:
        async with self.database.read() as connection:
            rows = await connection.execute(_JOINED.where(which).order_by(tables.upload.c.at, tables.upload.c.id))
            return [tables.read_upload(row) for row in rows]

    async def sweep(self, now: int) -> int:
        """Let go of what hangs on nothing since a day, then of contents nobody refers to; `now` in milliseconds."""
        for which in (_unused(now - DAY * 1000), _without_message(), _without_held()):
            await self.database.transact(partial(_let_go, which=which))
        return await self.collect()

    async def collect(self) -> int:
        """Let go of contents to which the last reference has gone, and of their bytes; return how many."""
        total, looked = 0, BATCH
        while looked == BATCH:
            looked, places = await self.database.transact(_collect)
            if places:
                await self.bytes.drop(places)
            total += len(places)
        return total

    async def drop_strays(self, now: int) -> int:
        """Let go of bytes that no row names (a crash came between); `now` in seconds; return how many."""
        found = await self.bytes.places(now - DAY)
        strays: list[str] = []
        for begin in range(0, len(found), BATCH):
            part = found[begin : begin + BATCH]
            async with self.database.read() as connection:
                rows = await connection.execute(select(tables.blob.c.place).where(tables.blob.c.place.in_(part)))
                known = {row.place for row in rows}
            strays += [place for place in part if place not in known]
        if strays:
            await self.bytes.drop(strays)
        return len(strays)


def _used(connection: Connection, school: str, person: str) -> Quota:
    same = and_(tables.blob.c.school == tables.upload.c.school, tables.blob.c.hash == tables.upload.c.hash)
    size = func.coalesce(func.sum(tables.blob.c.size), 0)
    mine = select(size).select_from(tables.upload).join(tables.blob, same)
    own = connection.execute(
        mine.where(tables.upload.c.school == school, tables.upload.c.person == person)
    ).scalar_one()
    everything = connection.execute(select(size).where(tables.blob.c.school == school)).scalar_one()
    return Quota(int(own), int(everything))


def _columns(content: Content) -> dict[str, object]:
    return {name: getattr(content, name) for name in Content.__struct_fields__}


def _unused(before: int) -> ColumnElement[bool]:
    table = tables.upload.c
    return and_(table.channel.is_not(None), table.seq.is_(None), table.held.is_(None), table.at < before)


def _without_message() -> ColumnElement[bool]:
    message, table = chat_tables.message.c, tables.upload.c
    there = exists().where(message.channel == table.channel, message.seq == table.seq, message.deleted_at.is_(None))
    return and_(table.seq.is_not(None), ~there)


def _without_held() -> ColumnElement[bool]:
    return and_(tables.upload.c.held.is_not(None), ~exists().where(chat_tables.held.c.id == tables.upload.c.held))


def _let_go(connection: Connection, which: ColumnElement[bool]) -> None:
    some = select(tables.upload.c.id).where(which).limit(BATCH).with_for_update()
    while ids := connection.execute(some).scalars().all():
        chosen = tables.upload.c.id.in_(ids)
        gone = select(tables.upload.c.school, tables.upload.c.hash).where(chosen)
        connection.execute(
            update(tables.blob).where(tuple_(tables.blob.c.school, tables.blob.c.hash).in_(gone)).values(loose=True)
        )
        connection.execute(delete(tables.upload).where(chosen))


def _collect(connection: Connection) -> tuple[int, list[str]]:
    blob, upload = tables.blob.c, tables.upload.c
    query = select(blob.school, blob.hash, blob.place).where(blob.loose).order_by(blob.school, blob.hash).limit(BATCH)
    rows = connection.execute(query.with_for_update()).all()
    places = []
    for row in rows:
        which = and_(blob.school == row.school, blob.hash == row.hash)
        used = connection.execute(
            select(upload.id).where(upload.school == row.school, upload.hash == row.hash).limit(1)
        ).first()
        if used is None:
            connection.execute(delete(tables.blob).where(which))
            places.append(row.place)
        else:
            connection.execute(update(tables.blob).where(which).values(loose=False))
    return len(rows), places
