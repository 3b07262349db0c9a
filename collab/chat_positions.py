"""How far each person has read in each channel.

Laws: a position only moves forward and never past the channel's head; who has none in a channel has read nothing there.
Unread is what others wrote after it and is neither deleted nor let go. It is asked for all channels of a person at each
login: counted among the `NEWEST` messages of a channel and up to `MOST`, which is shown as more than 99.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, select, text

from . import chat_tables as tables
from .chat_store import ChatStore

MOST: Final = 100  # unread messages that are counted in one channel
NEWEST: Final = 1000  # messages that are looked at for it: somebody's own, or deleted ones, may be any number

_OF: Final = text("""SELECT c.id, c.head, p.seq, last.at, (SELECT count(*) FROM (
        SELECT 1 FROM (SELECT m.author, m.deleted_at FROM channel_message m
            WHERE m.channel = c.id AND m.seq > coalesce(p.seq, 0) ORDER BY m.seq DESC LIMIT :newest) AS later
        WHERE later.author <> :person AND later.deleted_at IS NULL LIMIT :most) AS counted) AS unread
    FROM channel c LEFT JOIN channel_position p ON p.channel = c.id AND p.person = :person
    LEFT JOIN channel_message last ON last.channel = c.id AND last.seq = c.head
    WHERE c.id IN :channels""").bindparams(bindparam("channels", expanding=True))


class Position(Struct, frozen=True):
    """Where a person stands in a channel; `at`: when its last message was written, where it is kept. `unread`: `MOST`
    says that there may be more.
    """

    head: int
    read: int
    at: int | None = None
    unread: int = 0


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
            asked = {"person": person, "channels": list(channels), "most": MOST, "newest": NEWEST}
            rows = await connection.execute(_OF, asked)
            found = {row.id: Position(row.head, row.seq or 0, row.at, row.unread) for row in rows}
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
