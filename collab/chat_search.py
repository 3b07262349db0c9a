"""Finding messages by their words, and by the words of their files' names.

Laws: only the channels that are named are searched, and no deleted message is found. A message is found when each word
of the question begins one of its words; newest first. PostgreSQL keeps its index by itself. SQLite's gets new messages
when somebody searches, since most are never searched for and sending is what must be cheap.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, func, literal_column, select, text

from . import chat_tables as tables
from .chat import Message
from .chat_store import ChatStore

MOST: Final = 50
MOST_WORDS: Final = 8
PIECE: Final = 2000  # messages that one transaction takes into the index

_WORDS: Final = re.compile(r"[^\W_]+")
_BEHIND: Final = text("""SELECT c.id, coalesce(i.seq, 0) AS seq FROM channel c
    LEFT JOIN channel_indexed i ON i.channel = c.id WHERE c.id IN :ids AND c.head > coalesce(i.seq, 0)""")
_NUMBER: Final = text("""INSERT OR IGNORE INTO channel_word (channel, seq) SELECT channel, seq FROM channel_message
    WHERE channel = :id AND seq > :seq AND seq <= :upto""")
_INDEX: Final = text("""INSERT INTO channel_search (rowid, text)
    SELECT w.id, m.text || ' ' || coalesce(m.files, '') FROM channel_word w
    JOIN channel_message m ON m.channel = w.channel AND m.seq = w.seq
    WHERE w.channel = :id AND w.seq > :seq AND w.seq <= :upto""")
_DONE: Final = text("""INSERT INTO channel_indexed (channel, seq)
    SELECT id, min(head, :upto) FROM channel WHERE id = :id
    ON CONFLICT (channel) DO UPDATE SET seq = excluded.seq""")
_FOUND: Final = text("""SELECT m.* FROM channel_search s JOIN channel_word w ON w.id = s.rowid
    JOIN channel_message m ON m.channel = w.channel AND m.seq = w.seq
    WHERE channel_search MATCH :words AND w.channel IN :ids AND m.deleted_at IS NULL
    ORDER BY m.at DESC, m.seq DESC LIMIT :most""")
_KNOWN: Final[ColumnElement[object]] = literal_column("to_tsvector('simple', text || ' ' || coalesce(files, ''))")
_IDS: Final[BindParameter[str]] = bindparam("ids", expanding=True)


class Search:
    """Searches one store."""

    def __init__(self, store: ChatStore) -> None:
        self._database = store.database

    async def find(self, channels: Sequence[str], question: str, most: int = MOST) -> list[Message]:
        """Return the newest messages of these channels that have all words of the question."""
        words = _WORDS.findall(question.lower())[:MOST_WORDS]
        if not words or not channels:
            return []
        if self._database.dialect == "postgresql":
            return await self._find_postgres(channels, words, most)
        while await self._database.transact(lambda connection: _catch_up(connection, channels)):
            pass
        quoted = " ".join(f'"{word}"*' for word in words)
        async with self._database.read() as connection:
            given = {"words": quoted, "ids": list(channels), "most": most}
            rows = await connection.execute(_FOUND.bindparams(_IDS), given)
            return [tables.read_message(row) for row in rows]

    async def _find_postgres(self, channels: Sequence[str], words: Sequence[str], most: int) -> list[Message]:
        table = tables.message
        question = func.to_tsquery("simple", " & ".join(f"{word}:*" for word in words))
        query = select(table).where(
            table.c.channel.in_(list(channels)), table.c.deleted_at.is_(None), _KNOWN.op("@@")(question)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(table.c.at.desc(), table.c.seq.desc()).limit(most))
            return [tables.read_message(row) for row in rows]


def _catch_up(connection: Connection, channels: Sequence[str]) -> bool:
    """Take a piece of what is new into SQLite's index; return whether there is more."""
    behind = connection.execute(_BEHIND.bindparams(_IDS), {"ids": list(channels)}).all()
    for place in behind[:1]:
        given = {"id": place.id, "seq": place.seq, "upto": place.seq + PIECE}
        for statement in (_NUMBER, _INDEX, _DONE):
            connection.execute(statement, given)
    return bool(behind)
