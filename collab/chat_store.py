"""Where messages are kept.

Laws: one batch is one transaction; the heads of its channels are locked by one statement in the order of their ids
(two workers would deadlock otherwise); when a batch fails each channel is tried alone. The same client_id of the
same author in the same channel is the same message, for ever. A message that is returned is durable. A reply to what
the channel does not keep is stored without the reference: nobody's words are lost for it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import Connection, bindparam, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from . import chat_tables as tables
from .chat import Message, NewMessage
from .chat_files import claim, find_free, pack_files, through, words_of
from .chat_sqlite import log_messages, number
from .database import Database
from .errors import CollabError, ProtocolError

Key = tuple[str, str, str]  # channel, author, client_id

_LOCK_HEADS = (
    select(tables.channel.c.id, tables.channel.c.head)
    .where(tables.channel.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(tables.channel.c.id)
    .with_for_update()
)
_HEADS = select(tables.channel).where(tables.channel.c.id.in_(bindparam("ids", expanding=True)))
_SET_HEAD = update(tables.channel).where(tables.channel.c.id == bindparam("which")).values(head=bindparam("to"))


class ChatStore:
    """The channels in one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.insert = postgres_insert if database.dialect == "postgresql" else sqlite_insert

    @classmethod
    async def open(cls, url: str) -> ChatStore:
        """Open a migrated database of its own; share the documents' one where there is one."""
        return cls(await Database.open(url))

    async def close(self) -> None:
        await self.database.close()

    async def commit(self, messages: Sequence[NewMessage]) -> list[Message | CollabError]:
        """Store messages; return for each the stored one (an older one for a repeat), or why not."""
        try:
            return list(await self._commit(messages))
        except CollabError as error:
            channels = sorted({message.channel for message in messages})
            if len(channels) == 1:
                return [error] * len(messages)
        results: dict[int, Message | CollabError] = {}
        for channel in channels:
            chosen = [index for index, message in enumerate(messages) if message.channel == channel]
            done = await self.commit([messages[index] for index in chosen])
            results |= dict(zip(chosen, done, strict=True))
        return [results[index] for index in range(len(messages))]

    async def _commit(self, messages: Sequence[NewMessage]) -> list[Message | CollabError]:
        at = now()
        if self.database.dialect == "sqlite":
            return await self.database.drive(lambda driver: log_messages(driver, messages, at))
        return await self.database.transact(lambda connection: self.log(connection, messages, at))

    def log(self, connection: Connection, messages: Sequence[NewMessage], at: int) -> list[Message | CollabError]:
        """Number and store messages in a writing transaction; one whose files cannot be claimed is not stored."""
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            return log_messages(driver, messages, at)
        channels = sorted({message.channel for message in messages})
        self.found(connection, channels)
        heads = {row.id: row.head for row in connection.execute(_LOCK_HEADS, {"ids": channels})}
        known: dict[Key, Message | CollabError] = {**self._known(connection, messages)}
        there = self._there(connection, messages)
        rows = []
        for new in messages:
            if isinstance(known.get(_key(new)), Message):
                continue
            try:
                files = find_free(through(connection), new.channel, new.author, new.attachments)
            except ProtocolError as error:
                known[_key(new)] = error
                continue
            heads[new.channel] += 1
            if (new.channel, new.reply_to) not in there:
                new = structs.replace(new, reply_to=None)
            stored = known[_key(new)] = number(new, heads[new.channel], at, files)
            there.add((new.channel, stored.seq))
            claim(through(connection), files, stored.seq)
            rows.append(_row(stored))
        if rows:
            connection.execute(insert(tables.message), rows)
            connection.execute(_SET_HEAD, [{"which": channel, "to": heads[channel]} for channel in channels])
        return [known[_key(message)] for message in messages]

    def found(self, connection: Connection, channels: Sequence[str]) -> None:
        """Make rows for channels that have none, in a writing transaction."""
        fresh = [{"id": channel, "head": 0} for channel in channels]
        connection.execute(self.insert(tables.channel).on_conflict_do_nothing(), fresh)

    def _known(self, connection: Connection, messages: Sequence[NewMessage]) -> dict[Key, Message]:
        table = tables.message
        columns = tuple_(table.c.channel, table.c.author, table.c.client_id)
        query = select(table).where(columns.in_(list({_key(message) for message in messages})))
        return {_key(found): found for found in map(tables.read_message, connection.execute(query))}

    def _there(self, connection: Connection, messages: Sequence[NewMessage]) -> set[tuple[str, int | None]]:
        """Return which of the messages that are answered are kept: channel and number."""
        table = tables.message.c
        asked = {(new.channel, new.reply_to) for new in messages if new.reply_to is not None}
        if not asked:
            return set()
        query = select(table.channel, table.seq).where(tuple_(table.channel, table.seq).in_(list(asked)))
        return {(row.channel, row.seq) for row in connection.execute(query)}

    async def heads(self, channels: Sequence[str]) -> dict[str, int]:
        """Return the number of each channel's last message; a channel nobody wrote in has 0."""
        return {channel: head for channel, (head, _) in (await self.counts(channels)).items()}

    async def counts(self, channels: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return of each channel the number of its last message and of its last change."""
        async with self.database.look() as connection:
            rows = await connection.execute(_HEADS, {"ids": list(channels)})
            found = {row.id: (row.head, row.changed) for row in rows}
        return {channel: found.get(channel, (0, 0)) for channel in channels}

    async def after(self, channel: str, seq: int, limit: int) -> list[Message]:
        """Return the first messages after a number, oldest first."""
        table = tables.message.c
        query = select(tables.message).where(table.channel == channel, table.seq > seq)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(table.seq).limit(limit))
            return [tables.read_message(row) for row in rows]

    async def before(self, channel: str, seq: int, limit: int) -> list[Message]:
        """Return the last messages before a number, oldest first."""
        table = tables.message.c
        query = select(tables.message).where(table.channel == channel, table.seq < seq)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(table.seq.desc()).limit(limit))
            return [tables.read_message(row) for row in rows][::-1]


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _key(message: NewMessage | Message) -> Key:
    return message.channel, message.author, message.client_id


def _row(message: Message) -> dict[str, str | int | None]:
    return {
        "channel": message.channel,
        "seq": message.seq,
        "author": message.author,
        "client_id": message.client_id,
        "name": message.name,
        "role": message.role,
        "text": message.text,
        "at": message.at,
        "reply_to": message.reply_to,
        "mentions": tables.pack(message.mentions),
        "attachments": pack_files(message.attachments),
        "files": words_of(message.attachments),
    }
