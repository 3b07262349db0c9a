"""What goes to a heavy process to convert a file, and what comes back. Light: the server imports this."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from ..heavy_child import Allowance
from .names import FormatName, LanguageName

MAX_FILE: Final = 8 << 20
"""Bytes of a file that is read in, and of the values that are sent along with one going out."""
WRITE_JOB: Final = "collab.formats.jobs:write_file"
READ_JOB: Final = "collab.formats.jobs:read_file"
ALLOWANCE: Final = Allowance(seconds=60.0, cpu=30, memory=512 << 20, answer=64 << 20)


class WriteFile(Struct, frozen=True, array_like=True):
    """Write a document, given as its updates, as a file."""

    format: FormatName
    language: LanguageName
    title: str
    updates: tuple[bytes, ...]
    values: bytes = b""
    """What formulas give, computed by the client that asks: JSON, a list of [row, column, value]."""
    pictures: dict[str, bytes] = {}
    """What the document shows, by content hash."""


class ReadFile(Struct, frozen=True, array_like=True):
    """Read a file into a table."""

    language: LanguageName
    data: bytes


class NewTable(Struct, frozen=True, array_like=True):
    """The first state of a document, and what of the file did not come along."""

    state: bytes
    outline: bytes
    formulas: int
    sheets: int


def encode(order: WriteFile | ReadFile | NewTable) -> bytes:
    """Build the bytes that go over the pipe."""
    return msgspec.msgpack.encode(order)


def decode_table(data: bytes) -> NewTable:
    """Parse what a job read."""
    return msgspec.msgpack.decode(data, type=NewTable)
