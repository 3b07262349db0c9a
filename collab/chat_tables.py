"""The tables of channels, and how their rows become messages.

Laws: no row leaves the package, only the structs of `chat.py`. A channel counts twice: `head` numbers its messages,
`changed` numbers whatever happens to them afterwards; a row that changed carries the number of its last change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, MetaData, Row, String, Table, Text

from .chat import Held, Message, Reactions
from .chat_files import read_files

_metadata = MetaData()
channel = Table(
    "channel",
    _metadata,
    Column("id", String, primary_key=True),
    Column("head", BigInteger),
    Column("changed", BigInteger),
)
message = Table(
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
    Column("edited_at", BigInteger),
    Column("reply_to", BigInteger),
    Column("mentions", Text),
    Column("reactions", Text),
    Column("changed", BigInteger),
    Column("attachments", Text),
    Column("files", Text),
)
held = Table(
    "channel_held",
    _metadata,
    Column("id", String, primary_key=True),
    Column("channel", String),
    Column("author", String),
    Column("client_id", String),
    Column("name", String),
    Column("role", String),
    Column("text", Text),
    Column("at", BigInteger),
    Column("reply_to", BigInteger),
    Column("mentions", Text),
    Column("status", String),
    Column("changed", BigInteger),
    Column("attachments", Text),
)
position = Table(
    "channel_position",
    _metadata,
    Column("person", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("seq", BigInteger),
)

_names = msgspec.json.Decoder(tuple[str, ...])
_reactions = msgspec.json.Decoder(Reactions)


def pack(value: Sequence[str] | Reactions) -> str | None:
    """Return what a column holds for a list or a mapping; None for an empty one."""
    return msgspec.json.encode(value).decode() if value else None


def read_names(text: str | None) -> tuple[str, ...]:
    """Return the names that a column holds."""
    return _names.decode(text) if text else ()


def read_reactions(text: str | None) -> Reactions:
    """Return the reactions that a column holds."""
    return _reactions.decode(text) if text else {}


def _saying(row: Row[Any]) -> tuple[str, str, str, str, str, str]:
    return row.channel, row.author, row.name, row.role, row.text, row.client_id


def read_message(row: Row[Any]) -> Message:
    """Return the message of a row."""
    return Message(
        *_saying(row),
        seq=row.seq,
        at=row.at,
        deleted=row.deleted_at is not None,
        edited=row.edited_at is not None,
        reply_to=row.reply_to,
        mentions=read_names(row.mentions),
        reactions=read_reactions(row.reactions),
        attachments=read_files(row.attachments),
    )


def read_held(row: Row[Any]) -> Held:
    """Return the held message of a row."""
    return Held(
        *_saying(row),
        id=row.id,
        at=row.at,
        status=row.status,
        reply_to=row.reply_to,
        mentions=read_names(row.mentions),
        attachments=read_files(row.attachments),
    )
