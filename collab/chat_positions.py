"""How far each person has read in each channel.

Laws: a position only moves forward and never past the channel's head. What is unread is what was written after it; who
has no position in a channel has read nothing there.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, and_, func, select

from . import chat_tables as tables
from .chat_store import ChatStore


class Position(Struct, frozen=True):
    """Where a person stands in a channel; `at`: when its last message was written, where it is kept."""

    head: int
    read: int
    at: int | None = None

    @property
    def unread(self) -> int:
        return max(0, self.head - self.read)


class Positions:
    """The positions in one store."""

    def __init__(self, store: ChatStore) -> None:
        self._store = store

    async def move(self, person: str, channel: str, seq: int) -> int:
        """Note that a person has read a channel up to a message; return where they stand now."""
        return await self._store.database.transact(lambda connection: self._move(connection, person, channel, seq))

    async def of(self, person: str, channels: Sequence[str]) -> dict[str, Position]:
        """Return where a person stands in these channels."""
        where, at = tables.channel, tables.position
        last = tables.message
        joined = where.outerjoin(at, and_(at.c.channel == where.c.id, at.c.person == person)).outerjoin(
            last, and_(last.c.channel == where.c.id, last.c.seq == where.c.head)
        )
        query = select(where.c.id, where.c.head, at.c.seq, last.c.at).select_from(joined)
        query = query.where(where.c.id.in_(list(channels)))
        async with self._store.database.read() as connection:
            found = {row.id: Position(row.head, row.seq or 0, row.at) for row in await connection.execute(query)}
        return {channel: found.get(channel, Position(0, 0)) for channel in channels}

    def _move(self, connection: Connection, person: str, channel: str, seq: int) -> int:
        table = tables.position
        head = connection.execute(select(tables.channel.c.head).where(tables.channel.c.id == channel)).scalar()
        if not head:
            return 0
        at = min(seq, head)
        statement = self._store.insert(table).values(person=person, channel=channel, seq=at)
        higher = func.greatest if self._store.database.dialect == "postgresql" else func.max
        moved = statement.on_conflict_do_update(
            index_elements=["person", "channel"], set_={"seq": higher(table.c.seq, statement.excluded.seq)}
        )
        return int(connection.execute(moved.returning(table.c.seq)).scalar_one())
