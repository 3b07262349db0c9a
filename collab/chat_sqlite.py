"""Storing messages in SQLite, by the driver itself.

Laws: runs in a writing transaction that another began and ends; the same rules and the same rows as in
`chat_store.py`, which has them for PostgreSQL. Three prepared statements a message instead of five compiled ones:
100 us of CPU a commit instead of 400, since most messages come alone (shared 2-core machine).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from msgspec import structs

from .chat import Attachment, Message, NewMessage
from .chat_files import claim, find_free, pack_files, read_files, through_driver, words_of
from .chat_tables import pack, read_names, read_reactions
from .errors import CollabError, ProtocolError, StateError

_KNOWN: Final = """SELECT seq, name, role, text, at, deleted_at, edited_at, reply_to, mentions, reactions,
    attachments FROM channel_message WHERE channel = ? AND author = ? AND client_id = ?"""
_THERE: Final = "SELECT 1 FROM channel_message WHERE channel = ? AND seq = ?"
_NEXT: Final = """INSERT INTO channel (id, head) VALUES (?, 1)
    ON CONFLICT (id) DO UPDATE SET head = head + 1 RETURNING head"""
_ADD: Final = """INSERT INTO channel_message (channel, seq, author, client_id, name, role, text, at, reply_to, mentions,
    attachments, files) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def log_messages(
    connection: sqlite3.Connection, messages: Sequence[NewMessage], at: int
) -> list[Message | CollabError]:
    """Number and store messages; return for each the stored one, an older one for a repeat, or why it was refused."""
    try:
        return [_log(connection, message, at) for message in messages]
    except sqlite3.Error as error:
        raise StateError("store_failed", f"the database failed ({error.sqlite_errorname})") from error


def _log(connection: sqlite3.Connection, new: NewMessage, at: int) -> Message | CollabError:
    found = connection.execute(_KNOWN, (new.channel, new.author, new.client_id)).fetchone()
    if found is not None:
        return _known(new, *found)
    files: tuple[Attachment, ...] = ()
    if new.attachments:
        try:
            files = find_free(through_driver(connection), new.channel, new.author, new.attachments)
        except ProtocolError as error:
            return error
    if new.reply_to is not None and connection.execute(_THERE, (new.channel, new.reply_to)).fetchone() is None:
        new = structs.replace(new, reply_to=None)
    ((seq,),) = connection.execute(_NEXT, (new.channel,)).fetchall()
    if files:
        claim(through_driver(connection), files, seq)
    row = (new.channel, seq, new.author, new.client_id, new.name, new.role, new.text, at, new.reply_to)
    connection.execute(_ADD, (*row, pack(new.mentions), pack_files(files), words_of(files) if files else None))
    return number(new, seq, at, files)


def number(new: NewMessage, seq: int, at: int, files: tuple[Attachment, ...] = ()) -> Message:
    """Return the message that a new one becomes under its number."""
    return Message(
        new.channel, new.author, new.name, new.role, new.text, new.client_id, seq, at,
        reply_to=new.reply_to, mentions=new.mentions, attachments=files,
    )  # fmt: skip


def _known(
    new: NewMessage, seq: int, name: str, role: str, text: str, at: int, deleted_at: int | None,
    edited_at: int | None, reply_to: int | None, mentions: str | None, reactions: str | None, attachments: str | None,
) -> Message:  # fmt: skip
    return Message(
        new.channel, new.author, name, role, text, new.client_id, seq, at, deleted_at is not None,
        edited_at is not None, reply_to, read_names(mentions), read_reactions(reactions),
        read_files(attachments),
    )  # fmt: skip
