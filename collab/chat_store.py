"""Where messages are kept.

Laws: one batch is one transaction; the heads of its channels are locked by one statement in the order of their ids
(two workers would deadlock otherwise); when a batch fails each channel is tried alone. The same client_id of the
same author in the same channel is the same message, for ever. A message that is returned is durable.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Row,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from .chat import Message, NewMessage
from .chat_sqlite import log_messages
from .database import Database
from .errors import AccessDenied, CollabError

Key = tuple[str, str, str]  # channel, author, client_id

_metadata = MetaData()
_channel = Table("channel", _metadata, Column("id", String, primary_key=True), Column("head", BigInteger))
_message = Table(
    "channel_message",
    _metadata,
    Column("channel", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("author", String),
    Column("client_id", String),
    Column("name", String),
    Column("role", String),
    Column("text", Text),
    Column("at", BigInteger),
    Column("deleted_at", BigInteger),
)
_LOCK_HEADS = (
    select(_channel.c.id, _channel.c.head)
    .where(_channel.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_channel.c.id)
    .with_for_update()
)
_HEADS = select(_channel.c.id, _channel.c.head).where(_channel.c.id.in_(bindparam("ids", expanding=True)))
_SET_HEAD = update(_channel).where(_channel.c.id == bindparam("which")).values(head=bindparam("to"))


class ChatStore:
    """The channels in one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._insert = postgres_insert if database.dialect == "postgresql" else sqlite_insert

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

    async def _commit(self, messages: Sequence[NewMessage]) -> list[Message]:
        at = time.time_ns() // 1_000_000
        return await self.database.transact(lambda connection: self._log(connection, messages, at))

    def _log(self, connection: Connection, messages: Sequence[NewMessage], at: int) -> list[Message]:
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            return log_messages(driver, messages, at)
        channels = sorted({message.channel for message in messages})
        fresh = [{"id": channel, "head": 0} for channel in channels]
        connection.execute(self._insert(_channel).on_conflict_do_nothing(), fresh)
        heads = {row.id: row.head for row in connection.execute(_LOCK_HEADS, {"ids": channels})}
        known = self._known(connection, messages)
        rows = []
        for new in messages:
            if _key(new) in known:
                continue
            heads[new.channel] += 1
            stored = Message(
                new.channel, heads[new.channel], new.author, new.name, new.role, new.text, new.client_id, at
            )
            known[_key(new)] = stored
            rows.append(_row(stored))
        if rows:
            connection.execute(insert(_message), rows)
            connection.execute(_SET_HEAD, [{"which": channel, "to": heads[channel]} for channel in channels])
        return [known[_key(message)] for message in messages]

    def _known(self, connection: Connection, messages: Sequence[NewMessage]) -> dict[Key, Message]:
        columns = tuple_(_message.c.channel, _message.c.author, _message.c.client_id)
        query = select(_message).where(columns.in_(list({_key(message) for message in messages})))
        return {_key(found): found for found in map(_read, connection.execute(query))}

    async def heads(self, channels: Sequence[str]) -> dict[str, int]:
        """Return the number of each channel's last message; a channel nobody wrote in has 0."""
        async with self.database.read() as connection:
            found = {row.id: row.head for row in await connection.execute(_HEADS, {"ids": list(channels)})}
        return {channel: found.get(channel, 0) for channel in channels}

    async def after(self, channel: str, seq: int, limit: int) -> list[Message]:
        """Return the first messages after a number, oldest first."""
        query = select(_message).where(_message.c.channel == channel, _message.c.seq > seq)
        async with self.database.read() as connection:
            return [_read(row) for row in await connection.execute(query.order_by(_message.c.seq).limit(limit))]

    async def before(self, channel: str, seq: int, limit: int) -> list[Message]:
        """Return the last messages before a number, oldest first."""
        query = select(_message).where(_message.c.channel == channel, _message.c.seq < seq)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(_message.c.seq.desc()).limit(limit))
            return [_read(row) for row in rows][::-1]

    async def delete(self, channel: str, seq: int) -> None:
        """Blank a message; raise AccessDenied when there is none."""
        chosen = update(_message).where(_message.c.channel == channel, _message.c.seq == seq)
        async with self.database.write() as connection:
            done = await connection.execute(chosen.values(text="", deleted_at=time.time_ns() // 1_000_000))
        if done.rowcount == 0:
            raise AccessDenied("not_found", "there is no such message")


def _key(message: NewMessage | Message) -> Key:
    return message.channel, message.author, message.client_id


def _row(message: Message) -> dict[str, str | int]:
    return {
        "channel": message.channel,
        "seq": message.seq,
        "author": message.author,
        "client_id": message.client_id,
        "name": message.name,
        "role": message.role,
        "text": message.text,
        "at": message.at,
    }


def _read(row: Row[tuple[object, ...]]) -> Message:
    deleted = row.deleted_at is not None
    return Message(row.channel, row.seq, row.author, row.name, row.role, row.text, row.client_id, row.at, deleted)
