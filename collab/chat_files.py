"""The files of messages: an upload is claimed by one message of its author, in its channel, and goes with it.

Laws: what a message claims was sent by its author into this channel and hangs on nothing else, or the message is
refused; the claim, and the end of it, are in the transaction of the message. What hangs on a message that goes is let
go at once; its bytes go when nothing else refers to them (`upload_store.py`). The driver and SQLAlchemy run one SQL.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from .chat import Attachment
from .errors import ProtocolError

Run = Callable[[str, Mapping[str, object]], Sequence[Any]]

_FREE: Final = """SELECT u.id, u.name, b.type, b.size, b.width, b.height, b.thumb FROM upload u
    JOIN upload_blob b ON b.school = u.school AND b.hash = u.hash
    WHERE u.id = :id AND u.person = :person AND u.channel = :channel AND u.seq IS NULL AND u.held IS NULL"""
_CLAIM: Final = "UPDATE upload SET seq = :seq WHERE id = :id"
_HOLD: Final = "UPDATE upload SET held = :held WHERE id = :id"
_FREE_HELD: Final = "UPDATE upload SET held = NULL WHERE held = :held"
_LOOSEN: Final = (
    "UPDATE upload_blob SET loose = TRUE WHERE (school, hash) IN (SELECT school, hash FROM upload WHERE {})"
)
_DROP: Final = "DELETE FROM upload WHERE {}"
_OF_MESSAGE: Final = "channel = :channel AND seq = :seq"
_OF_HELD: Final = "held = :held"
_WORDS: Final = re.compile(r"[^\W_]+")

_decoder = msgspec.json.Decoder(tuple[Attachment, ...])


def pack_files(files: Sequence[Attachment]) -> str | None:
    """Return what the column of a message holds."""
    return msgspec.json.encode(files).decode() if files else None


def read_files(column: str | None) -> tuple[Attachment, ...]:
    """Return the attachments that a column holds."""
    return _decoder.decode(column) if column else ()


def words_of(files: Sequence[Attachment]) -> str | None:
    """Return what a message is found by beside its text: the words of its files' names."""
    return " ".join(word for file in files for word in _WORDS.findall(file.name)) or None


def through(connection: Connection) -> Run:
    """Return how SQL is run over SQLAlchemy."""

    def run(statement: str, given: Mapping[str, object]) -> Sequence[Any]:
        result = connection.execute(text(statement), dict(given))
        return result.all() if result.returns_rows else ()

    return run


def through_driver(connection: sqlite3.Connection) -> Run:
    """Return how SQL is run by SQLite's driver."""
    return lambda statement, given: connection.execute(statement, dict(given)).fetchall()


def find_free(run: Run, channel: str, person: str, ids: Sequence[str]) -> tuple[Attachment, ...]:
    """Return the uploads that a message is to carry; raise ProtocolError(attachment) unless all may be claimed."""
    found = []
    for id in ids:
        rows = run(_FREE, {"id": id, "person": person, "channel": channel})
        if not rows:
            raise ProtocolError("attachment", "this file was not sent here, or hangs on another message")
        _, name, kind, size, width, height, thumb = rows[0]
        found.append(Attachment(id, name, kind, size, width, height, thumb > 0))
    return tuple(found)


def claim(run: Run, files: Sequence[Attachment], seq: int) -> None:
    """Hang the files on a message."""
    for file in files:
        run(_CLAIM, {"id": file.id, "seq": seq})


def hold(run: Run, files: Sequence[Attachment], held: str) -> None:
    """Hang the files on a message that waits."""
    for file in files:
        run(_HOLD, {"id": file.id, "held": held})


def free_held(run: Run, held: str) -> None:
    """Take the files from a message that waited, for the message that it becomes."""
    run(_FREE_HELD, {"held": held})


def let_go(run: Run, channel: str, seq: int) -> None:
    """Let go of what hangs on a message."""
    _let_go(run, _OF_MESSAGE, {"channel": channel, "seq": seq})


def let_go_held(run: Run, held: str) -> None:
    """Let go of what hangs on a message that waits."""
    _let_go(run, _OF_HELD, {"held": held})


def _let_go(run: Run, which: str, given: Mapping[str, object]) -> None:
    run(_LOOSEN.format(which), given)
    run(_DROP.format(which), given)
