"""Letting go of what a channel need not keep.

Laws: a message older than the given time goes with everything that hangs on it, for good; numbers are never used
again, and what is newer keeps its own. At most `BATCH` rows go in one transaction, so that nobody's message waits long.
The time is an argument.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, Connection, Table, delete, func, select

from . import chat_tables as tables
from .chat_files import let_go, let_go_held, through
from .chat_store import ChatStore
from .chat_words import drop_words, hold_channel

BATCH: Final = 500


class Retention:
    """Forgets in one store."""

    def __init__(self, store: ChatStore) -> None:
        self._store = store

    async def forget(self, channel: str, before: int) -> int:
        """Delete what was written in a channel before a time (milliseconds since 1970); return how many messages."""
        await self._forget(tables.held, tables.held.c.id, channel, before)
        gone = await self._forget(tables.message, tables.message.c.seq, channel, before)
        if gone:
            await drop_words(self._store.database)
        return gone

    async def first(self, channel: str) -> int:
        """Return the number of the first message that a channel still keeps, or would keep next."""
        kept = select(func.min(tables.message.c.seq)).where(tables.message.c.channel == channel)
        head = select(tables.channel.c.head).where(tables.channel.c.id == channel)
        async with self._store.database.read() as connection:
            first = (await connection.execute(kept)).scalar()
            return int(first or ((await connection.execute(head)).scalar() or 0) + 1)

    async def _forget(self, table: Table, key: Column[Any], channel: str, before: int) -> int:
        old = (table.c.channel == channel, table.c.at < before)
        chosen = select(key).where(*old).order_by(key).limit(BATCH)

        def forget(connection: Connection) -> int:
            hold_channel(connection, channel)
            carrying = select(key).where(key.in_(chosen), table.c.channel == channel, table.c.attachments.is_not(None))
            for (which,) in connection.execute(carrying).all():
                if table is tables.held:
                    let_go_held(through(connection), which)
                else:
                    let_go(through(connection), channel, which)
            return connection.execute(delete(table).where(*old, key.in_(chosen))).rowcount

        total, gone = 0, BATCH
        while gone == BATCH:
            gone = await self._store.database.transact(forget)
            total += gone
        return total
