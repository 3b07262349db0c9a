"""What one person wrote into channels and documents, found and taken away.

Laws: a person is an id; names live elsewhere. Taking away leaves a trace under another id, `remains`, that means
nobody: a message keeps its place and number, its words, files, signs and mentions go, and each change has the channel's
next number, so that whoever looks at it learns of it. What waits goes first: what is approved before that is blanked as
a message, and nothing can be after it. What others wrote stays to the letter. At most BATCH rows are changed in one
transaction. The content of documents is taken by `history.py`; here only who is named beside it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Table,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from . import chat_tables, tables, upload_tables
from .chat import Held, Message
from .chat_files import let_go, let_go_held, through
from .chat_store import now
from .chat_words import drop_words
from .checkpoints import Checkpoint, add_checkpoint
from .database import Database

BATCH: Final = 200
_message, _held = chat_tables.message.c, chat_tables.held.c
_names = msgspec.json.Decoder(list[str])
_signs = msgspec.json.Decoder(dict[str, list[str]])


class PersonStore:
    """The persons in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, person: str) -> dict[str, int]:
        """Return how much there is of a person, by what it is."""
        asked = {
            "messages": select(func.count()).where(_message.author == person, _message.deleted_at.is_(None)),
            "waiting messages": select(func.count()).where(_held.author == person),
            "files": select(func.count()).where(upload_tables.upload.c.person == person),
            "changes of documents": select(func.count()).where(tables.log.c.account == person),
        }
        async with self._database.read() as connection:
            return {name: int((await connection.execute(query)).scalar() or 0) for name, query in asked.items()}

    async def messages(self, person: str) -> AsyncIterator[Message]:
        """Go through what a person wrote, channel by channel, page by page."""
        place = ("", 0)
        while True:
            query = (
                select(chat_tables.message)
                .where(_message.author == person, tuple_(_message.channel, _message.seq) > tuple_(*place))
                .order_by(_message.channel, _message.seq)
                .limit(BATCH)
            )
            async with self._database.read() as connection:
                page = [chat_tables.read_message(row) for row in await connection.execute(query)]
            for message in page:
                yield message
            if len(page) < BATCH:
                return
            place = (page[-1].channel, page[-1].seq)

    async def held(self, person: str) -> list[Held]:
        """Return what a person wrote and nobody let through; moderation bounds it."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(chat_tables.held).where(_held.author == person).limit(10_000))
            return [chat_tables.read_held(row) for row in rows]

    async def positions(self, person: str) -> list[dict[str, str | int]]:
        """Return up to which message a person has read each channel."""
        table = chat_tables.position.c
        async with self._database.read() as connection:
            rows = await connection.execute(select(table.channel, table.seq).where(table.person == person))
            return [{"channel": row.channel, "seq": row.seq} for row in rows]

    async def uploads(self, person: str) -> AsyncIterator[tuple[str, str]]:
        """Go through the files that a person sent: id and content's hash."""
        table, last = upload_tables.upload.c, ""
        while True:
            query = select(table.id, table.hash).where(table.person == person, table.id > last)
            async with self._database.read() as connection:
                page = (await connection.execute(query.order_by(table.id).limit(BATCH))).all()
            for row in page:
                yield row.id, row.hash
            if len(page) < BATCH:
                return
            last = page[-1].id

    async def documents(self, person: str) -> list[str]:
        """Return the documents that a person wrote in or that name the person."""
        found: set[str] = set()
        async with self._database.read() as connection:
            for table in (tables.author, tables.log, tables.checkpoint):
                query = select(table.c.document).where(table.c.account == person).distinct()
                found |= set((await connection.execute(query)).scalars())
        return sorted(found)

    async def written(self, person: str) -> list[str]:
        """Return the documents that hold what was written under a person's client ids, and was not erased."""
        table = tables.author.c
        async with self._database.read() as connection:
            rows = await connection.execute(select(table.document).where(table.account == person).distinct())
            return sorted(rows.scalars())

    async def erase_messages(self, person: str, remains: str) -> None:
        """Take a person out of all channels."""
        await self._each_held(_held.author == person, _drop_held)
        await self._each_held(_naming(_held.mentions, person), lambda sync, held: _unname_held(sync, held, person))
        mine = _message.author == person
        await self._each(chat_tables.message, mine, lambda sync, row: _blank(sync, *row, remains))
        named = or_(_naming(_message.mentions, person), _naming(_message.reactions, person))
        await self._each(chat_tables.message, named, lambda sync, row: _unname(sync, *row, person))
        position = chat_tables.position
        await self._database.transact(
            lambda sync: sync.execute(delete(position).where(position.c.person == person)).rowcount
        )
        await drop_words(self._database)

    async def hand_over_uploads(self, ids: list[str], remains: str) -> None:
        """Let files that others use belong to nobody, under no name of the person's."""
        table = upload_tables.upload
        for begin in range(0, len(ids), BATCH):
            which = table.c.id.in_(ids[begin : begin + BATCH])
            statement = update(table).where(which).values(person=remains, name="")
            await self._database.transact(lambda sync, what=statement: sync.execute(what).rowcount)  # type: ignore[misc]

    async def forget_documents(self, person: str) -> None:
        """Name the person nowhere beside documents; a version that they named goes back to being the end of a day."""
        for document in await self.documents(person):
            await self._database.transact(partial(_forget, document=document, person=person))
        shown = delete(tables.claim).where(tables.claim.c.account == person)
        await self._database.transact(lambda sync: sync.execute(shown).rowcount)

    async def _each(
        self, table: Table, which: ColumnElement[bool], work: Callable[[Connection, tuple[str, int]], None]
    ) -> None:
        place = ("", 0)
        while True:
            query = select(table.c.channel, table.c.seq).where(
                which, tuple_(table.c.channel, table.c.seq) > tuple_(*place)
            )
            async with self._database.read() as connection:
                rows = (await connection.execute(query.order_by(table.c.channel, table.c.seq).limit(BATCH))).all()
            page = [(row.channel, row.seq) for row in rows]
            if not page:
                return
            place = page[-1]

            def run(sync: Connection, page: list[tuple[str, int]] = page) -> None:
                for row in page:
                    work(sync, row)

            await self._database.transact(run)

    async def _each_held(self, which: ColumnElement[bool], work: Callable[[Connection, str], None]) -> None:
        """One transaction each, that locks it first, as an approval does; moderation bounds how many there are."""
        async with self._database.read() as connection:
            ids = (await connection.execute(select(_held.id).where(which))).scalars().all()
        for id in ids:
            await self._database.transact(lambda sync, id=id: work(sync, id))  # type: ignore[misc]


def _naming(column: Column[str], person: str) -> ColumnElement[bool]:
    return column.contains(f'"{person}"', autoescape=True)


def _blank(connection: Connection, channel: str, seq: int, remains: str) -> None:
    nothing = dict.fromkeys(("mentions", "reactions", "attachments", "files"))
    gone = func.coalesce(_message.deleted_at, literal(now(), BigInteger))
    number = _next(connection, channel)
    _alter(connection, channel, seq, number, {"author": remains, "name": "", "text": "", "deleted_at": gone, **nothing})
    let_go(through(connection), channel, seq)


def _unname(connection: Connection, channel: str, seq: int, person: str) -> None:
    number = _next(connection, channel)  # locks the channel: what is read after that stays so
    row = connection.execute(
        select(_message.mentions, _message.reactions).where(_message.channel == channel, _message.seq == seq)
    ).first()
    if row is None:  # the channel has forgotten it meanwhile
        return
    mentions = [one for one in (_names.decode(row.mentions) if row.mentions else []) if one != person]
    signs = _signs.decode(row.reactions) if row.reactions else {}
    left = {sign: rest for sign, given in signs.items() if (rest := tuple(one for one in given if one != person))}
    _alter(
        connection, channel, seq, number,
        {"mentions": chat_tables.pack(mentions), "reactions": chat_tables.pack(left) if left else None},
    )  # fmt: skip


def _next(connection: Connection, channel: str) -> int:
    table = chat_tables.channel
    bump = update(table).where(table.c.id == channel).values(changed=table.c.changed + 1).returning(table.c.changed)
    return int(connection.execute(bump).scalar_one())


def _alter(connection: Connection, channel: str, seq: int, number: int, values: dict[str, object]) -> None:
    which = (_message.channel == channel, _message.seq == seq)
    connection.execute(update(chat_tables.message).where(*which).values(changed=number, **values))


def _drop_held(connection: Connection, id: str) -> None:
    if _mentions_of(connection, id) is not None:
        let_go_held(through(connection), id)
        connection.execute(delete(chat_tables.held).where(_held.id == id))


def _unname_held(connection: Connection, id: str, person: str) -> None:
    rest = [one for one in _mentions_of(connection, id) or () if one != person]
    connection.execute(update(chat_tables.held).where(_held.id == id).values(mentions=chat_tables.pack(rest)))


def _mentions_of(connection: Connection, id: str) -> list[str] | None:
    """Lock a message that waits and return whom it names; None if it is gone."""
    row = connection.execute(select(_held.mentions).where(_held.id == id).with_for_update()).first()
    return None if row is None else _names.decode(row.mentions) if row.mentions else []


def _forget(connection: Connection, document: str, person: str) -> None:
    for table in (tables.log, tables.author):
        mine = (table.c.document == document, table.c.account == person)
        connection.execute(update(table).where(*mine).values(account=""))
    point = tables.checkpoint.c
    named = select(point.id).where(point.document == document, point.account == person)
    for id in connection.execute(named).scalars().all():
        row = connection.execute(select(tables.checkpoint).where(point.id == id)).one()
        connection.execute(delete(tables.checkpoint).where(point.id == id))
        add_checkpoint(connection, document, Checkpoint(seq=row.seq, kind="day", at=row.at, state=row.state))
