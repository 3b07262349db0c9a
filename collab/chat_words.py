"""The words that messages are found by: how they are split and folded, and the index of them.

Laws: one function splits and folds what is indexed and what is asked, so that every store answers alike: letters and
digits make words, case and marks make no difference. The index takes new messages when somebody searches, since most
are never searched for and sending is what must be cheap: a piece in a transaction that holds its channel, as whatever
changes messages does. Triggers take out what is rewritten or goes, in the transaction that does so; SQLite's index
keeps its words until it is merged (`drop_words`), a piece at a time, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, select, text

from . import chat_tables as tables
from .chat import Message
from .chat_files import words_of
from .database import Database
from .sqlite_reader import Reader

PIECE: Final = 250  # messages that one transaction takes in
PAGES: Final = 500  # of the index, merged in one transaction
LONGEST: Final = 100  # letters of a word that count

_ROUNDS: Final = 3  # what others write in between may end a merge early
_WORDS: Final = re.compile(r"[^\W_]+")
_IDS: Final[BindParameter[str]] = bindparam("ids", expanding=True)
_BEHIND: Final = text("""SELECT c.id FROM channel c LEFT JOIN channel_indexed i ON i.channel = c.id
    WHERE c.id IN :ids AND c.head > coalesce(i.seq, 0) ORDER BY c.id""").bindparams(_IDS)
_UPTO: Final = text("SELECT seq FROM channel_indexed WHERE channel = :id")
_DONE: Final = text("""INSERT INTO channel_indexed (channel, seq) VALUES (:id, :seq)
    ON CONFLICT (channel) DO UPDATE SET seq = excluded.seq""")
_ADD_POSTGRES: Final = text("""INSERT INTO channel_search (channel, seq, words)
    SELECT :channel, seq, array_to_tsvector(string_to_array(words, ' '))
    FROM unnest(CAST(:seqs AS bigint[]), CAST(:words AS text[])) AS said (seq, words)""")
_ADD_SQLITE: Final = (
    text("INSERT OR IGNORE INTO channel_word (channel, seq) VALUES (:channel, :seq)"),
    text("""INSERT INTO channel_search (rowid, text)
    SELECT id, :words FROM channel_word WHERE channel = :channel AND seq = :seq"""),
)
_MERGE: Final = text("INSERT INTO channel_search (channel_search, rank) VALUES ('merge', :pages)")
_CHANGES: Final = text("SELECT total_changes()")


def split_words(said: str) -> list[str]:
    """Return the words of a text, as they are indexed and looked for."""
    if not said.isascii():
        letters = unicodedata.normalize("NFKD", said.casefold())
        said = "".join(one for one in letters if not unicodedata.combining(one))
    return [word[:LONGEST] for word in _WORDS.findall(said.lower())]


def hold_channel(connection: Connection, channel: str) -> int:
    """Hold a channel until the transaction ends; return the number of its last message."""
    query = select(tables.channel.c.head).where(tables.channel.c.id == channel)
    return connection.execute(query.with_for_update(key_share=True)).scalar() or 0


async def find_behind(connection: Reader, channels: Sequence[str]) -> list[str]:
    """Return which of these channels have messages that the index has not seen."""
    rows = await connection.execute(_BEHIND, {"ids": list(channels)})
    return [row.id for row in rows]


def take_in(connection: Connection, channel: str) -> bool:
    """Take a piece of what is new in a channel into the index; return whether there may be more."""
    table = tables.message.c
    head = hold_channel(connection, channel)
    known = connection.execute(_UPTO, {"id": channel}).scalar() or 0
    query = select(table.seq, table.text, table.files, table.deleted_at).where(
        table.channel == channel, table.seq > known
    )
    found = connection.execute(query.order_by(table.seq).limit(PIECE)).all()
    _add(connection, channel, [(row.seq, row.text, row.files) for row in found if row.deleted_at is None])
    more = len(found) == PIECE
    connection.execute(_DONE, {"id": channel, "seq": found[-1].seq if more else head})
    return more


def take_in_again(connection: Connection, message: Message) -> None:
    """Take a message into the index that was rewritten in this transaction, if the index had seen it."""
    known = connection.execute(_UPTO, {"id": message.channel}).scalar() or 0
    if message.seq <= known:
        _add(connection, message.channel, [(message.seq, message.text, words_of(message.attachments))])


async def drop_words(database: Database) -> None:
    """Take the words of what was rewritten or went out of SQLite's index."""
    if database.dialect != "sqlite":
        return
    for _ in range(_ROUNDS):
        if not await database.transact(partial(_merge, pages=-PAGES)):  # a merge of everything begins
            return
        while await database.transact(partial(_merge, pages=PAGES)):
            pass


def _merge(connection: Connection, pages: int) -> bool:
    """Merge so many pages; return whether any was left (FTS5: less than two changes)."""
    before = connection.execute(_CHANGES).scalar_one()
    connection.execute(_MERGE, {"pages": pages})
    return int(connection.execute(_CHANGES).scalar_one()) - int(before) >= 2


def _add(connection: Connection, channel: str, said: Sequence[tuple[int, str, str | None]]) -> None:
    found = {seq: " ".join(split_words(f"{words} {files or ''}")) for seq, words, files in said}
    kept = {seq: words for seq, words in found.items() if words}
    if not kept:
        return
    if connection.dialect.name == "postgresql":
        given = {"channel": channel, "seqs": list(kept), "words": list(kept.values())}
        connection.execute(_ADD_POSTGRES, given)
        return
    for statement in _ADD_SQLITE:
        connection.execute(statement, [{"channel": channel, "seq": seq, "words": kept[seq]} for seq in kept])
