"""Small looks into a SQLite file while somebody else writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from collab.sqlite_reader import KEPT, Reader, SqliteReader

COUNT = text("SELECT count(*) FROM word")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE word (word TEXT)")
    yield connection
    connection.close()


@pytest.fixture
def reader(tmp_path: Path, writer: sqlite3.Connection) -> Iterator[SqliteReader]:
    reader = SqliteReader(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    yield reader
    reader.close()


async def _count(look: Reader) -> int:
    return int((await look.execute(COUNT)).scalar_one())


async def test_a_look_sees_one_state_and_the_next_one_what_came_since(
    reader: SqliteReader, writer: sqlite3.Connection
) -> None:
    async with reader.read() as look:
        assert await _count(look) == 0
        writer.execute("INSERT INTO word VALUES ('a')")
        assert await _count(look) == 0
    async with reader.read() as look:
        assert await _count(look) == 1


async def test_a_look_does_not_keep_writers_waiting(reader: SqliteReader, writer: sqlite3.Connection) -> None:
    writer.execute("PRAGMA busy_timeout = 0")
    async with reader.read() as look:
        assert await _count(look) == 0
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO word VALUES ('a')")
        writer.execute("COMMIT")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO word VALUES ('b')")
    async with reader.read() as look:
        assert await _count(look) == 1  # nor is it kept waiting by one who writes
    writer.execute("ROLLBACK")


async def test_a_look_never_writes(reader: SqliteReader, writer: sqlite3.Connection) -> None:
    with pytest.raises(OperationalError):
        async with reader.read() as look:
            await look.execute(text("INSERT INTO word VALUES ('a')"))
    async with reader.read() as look:  # and what failed is left to nobody
        assert await _count(look) == 0


async def test_many_looks_at_once(reader: SqliteReader, writer: sqlite3.Connection) -> None:
    async def deep(levels: int) -> int:
        async with reader.read() as look:
            return await _count(look) + (await deep(levels - 1) if levels else 0)

    writer.execute("INSERT INTO word VALUES ('a')")
    assert await deep(2 * KEPT) == 2 * KEPT + 1
    assert await deep(0) == 1
