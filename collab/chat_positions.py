"""How far each person has read in each channel.

Laws: a position only moves forward and never past the channel's head. What is unread is what was written after it
and is still kept; who has no position in a channel has read nothing there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select

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
        async with self._store.database.look() as connection:
            rows = await connection.execute(_OF, {"person": person, "channels": list(channels)})
            found = {row.id: Position(row.head, max(row.seq or 0, _gone(row)), row.at) for row in rows}
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


def _gone(row: Row[Any]) -> int:
    """Return the number of the last message that a channel has let go."""
    return int(row.head if row.first is None else row.first - 1)


def _build_of() -> Select[Any]:
    where, at, last = tables.channel.c, tables.position.c, tables.message.c
    joined = tables.channel.outerjoin(
        tables.position, and_(at.channel == where.id, at.person == bindparam("person"))
    ).outerjoin(tables.message, and_(last.channel == where.id, last.seq == where.head))
    kept = tables.message.alias()
    first = select(func.min(kept.c.seq)).where(kept.c.channel == where.id).scalar_subquery().label("first")
    query = select(where.id, where.head, at.seq, last.at, first).select_from(joined)
    return query.where(where.id.in_(bindparam("channels", expanding=True)))


_OF = _build_of()  # once: to put it together and to name it for the cache takes longer than to ask it
