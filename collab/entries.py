"""What goes into a document's log and what comes out of it.

Laws: plain data, frozen; numbers of entries begin with 1 and have no gaps. What the database does with it is the
matter of `store.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from .checkpoints import Snapshot


class NewEntry(Struct, frozen=True):
    """What is to be logged: who wrote it, from where (worker and connection), and the bytes."""

    account: str
    origin: str
    data: bytes


class Brought(Struct, frozen=True):
    """What an edit of the server's own brings from other documents: whose the client ids in it are, and in which epoch
    each of those documents was read.
    """

    writers: Mapping[int, str] = {}
    sources: Mapping[str, int] = {}


NOTHING: Final = Brought()


class Batch(Struct, frozen=True):
    """The new entries of one document, the client ids they bind, and the epoch they belong to; `after` is the head
    that the writer knows (a guess: it may have moved). `sources`: the epochs of other documents that they were made of.
    """

    document: str
    entries: tuple[NewEntry, ...]
    authors: Mapping[int, str]
    epoch: int | None = None  # None: whatever it is
    after: int | None = None
    sources: Mapping[str, int] = {}


class Committed(Struct, frozen=True):
    """Entries [first, head] of a document are durable."""

    document: str
    first: int
    head: int


class LogEntry(Struct, frozen=True):
    """One entry of the log."""

    seq: int
    account: str
    data: bytes


class Loaded(Struct, frozen=True):
    """Everything a worker needs to have a document alive. Quarantined entries are left out."""

    kind: str
    epoch: int
    head: int
    snapshot: Snapshot | None
    entries: tuple[LogEntry, ...]
    authors: dict[int, str]
    claims: dict[int, str]


class Head(Struct, frozen=True):
    """Where a document is."""

    head: int
    epoch: int


class News(Struct, frozen=True):
    """What came after an entry. Quarantined entries are left out, so `head` may be beyond the last one."""

    head: int
    epoch: int
    entries: tuple[LogEntry, ...]
    authors: dict[int, str]
