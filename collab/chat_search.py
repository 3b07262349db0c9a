"""Finding messages by their words, and by the words of their files' names.

Laws: only the channels that are named are searched, and no deleted message is found. A message is found when each word
of the question begins one of its words (`chat_words.py` says what a word is, for every store); newest first. The index
takes in what is new before it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BindParameter, bindparam, text

from . import chat_tables as tables
from .chat import Message
from .chat_store import ChatStore
from .chat_words import find_behind, split_words, take_in

MOST: Final = 50
MOST_WORDS: Final = 8

_IDS: Final[BindParameter[str]] = bindparam("ids", expanding=True)
_FOUND: Final = {
    "postgresql": text("""SELECT m.* FROM channel_search s
    JOIN channel_message m ON m.channel = s.channel AND m.seq = s.seq
    WHERE s.words @@ CAST(CAST(:words AS text) AS tsquery) AND s.channel IN :ids AND m.deleted_at IS NULL
    ORDER BY m.at DESC, m.seq DESC LIMIT :most""").bindparams(_IDS),
    "sqlite": text("""SELECT m.* FROM channel_search s JOIN channel_word w ON w.id = s.rowid
    JOIN channel_message m ON m.channel = w.channel AND m.seq = w.seq
    WHERE channel_search MATCH :words AND w.channel IN :ids AND m.deleted_at IS NULL
    ORDER BY m.at DESC, m.seq DESC LIMIT :most""").bindparams(_IDS),
}


class Search:
    """Searches one store."""

    def __init__(self, store: ChatStore) -> None:
        self._database = store.database

    async def find(self, channels: Sequence[str], question: str, most: int = MOST) -> list[Message]:
        """Return the newest messages of these channels that have all words of the question."""
        words = split_words(question)[:MOST_WORDS]
        if not words or not channels:
            return []
        await self._catch_up(channels)
        dialect = self._database.dialect
        asked = " & ".join(f"'{word}':*" for word in words) if dialect == "postgresql" else _match(words)
        async with self._database.read() as connection:
            given = {"words": asked, "ids": list(channels), "most": most}
            return [tables.read_message(row) for row in await connection.execute(_FOUND[dialect], given)]

    async def _catch_up(self, channels: Sequence[str]) -> None:
        async with self._database.look() as connection:
            behind = await find_behind(connection, channels)
        for channel in behind:
            while await self._database.transact(lambda sync, which=channel: take_in(sync, which)):  # type: ignore[misc]
                pass


def _match(words: Sequence[str]) -> str:
    return " ".join(f'"{word}"*' for word in words)
