"""The database of documents and channels: SQLite or PostgreSQL, opened, migrated, and checked for keeping what it
commits.

Laws: durable or not at all: SQLite runs with WAL and synchronous=FULL, PostgreSQL with synchronous_commit=on, both
asserted when opened. SQLite has one writer at a time in a process, and a writing transaction begins IMMEDIATE, so it
never fails half-way for the lock. What goes wrong in the database leaves as StateError("store_failed").
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from .errors import StateError
from .migrations import upgrade
from .sqlite_reader import Reader, SqliteReader
from .sqlite_writer import SqliteWriter, begin_sqlite, prepare_sqlite

__all__ = ["SCHEMA", "Database", "begin_sqlite", "migrate", "prepare_sqlite"]

SCHEMA: Final = "collab"  # of PostgreSQL

_ONE_MOMENT: Final = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

Result = TypeVar("Result")


class Database:
    """An open database."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self.dialect = self._engine.dialect.name
        self._one_writer = asyncio.Lock() if self.dialect == "sqlite" else None
        self._thread = SqliteWriter(url) if self.dialect == "sqlite" else None
        self._reader = SqliteReader(url) if self.dialect == "sqlite" else None

    @classmethod
    async def open(cls, url: str) -> Database:
        """Open a migrated database; raises StateError if it does not keep what it commits."""
        database = cls(url)
        try:
            async with database.read() as connection:
                await _assert_durable(connection)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Give all connections back."""
        if self._thread is not None:
            self._thread.close()
        if self._reader is not None:
            self._reader.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads."""
        with _translated():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads, and whose statements all see the same moment."""
        async with self.read() as connection:
            if self.dialect == "postgresql":  # a transaction of SQLite's does so anyway
                await connection.execute(_ONE_MOMENT)
            yield connection

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Reader]:
        """A transaction that reads a few small rows which an index finds: on SQLite without a visit to a thread."""
        with _translated():
            async with self._engine.connect() if self._reader is None else self._reader.read() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes; committed, and durable, once the block has been left."""
        if self._one_writer is None:
            async with self._write() as connection:
                yield connection
            return
        async with self._one_writer, self._write() as connection:
            yield connection

    async def transact(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one writing transaction; durable on return.

        For what is written often: on SQLite the whole transaction is one visit to a thread, where `write` makes one for
        each call of the driver (measured: 1.4 ms CPU a commit against 0.5).
        """
        if self._one_writer is None or self._thread is None:
            async with self._write() as connection:
                return await connection.run_sync(work)
        async with self._one_writer:
            with _translated():
                return await self._thread.transact(work)

    async def drive(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in one writing transaction on SQLite's driver itself; durable on return. SQLite only."""
        assert self._one_writer is not None and self._thread is not None
        async with self._one_writer:
            with _translated():
                return await self._thread.drive(work)

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[AsyncConnection]:
        with _translated():
            async with self._engine.connect() as connection:
                await connection.execution_options(kreide_writes=True)
                async with connection.begin():
                    yield connection


class _translated:
    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, SQLAlchemyError | sqlite3.Error | OSError):
            raise StateError("store_failed", f"the database failed ({_kind(error)})") from error


def _kind(error: BaseException) -> str:
    """Name what failed. The driver's own words hold statements, values and addresses: they go to nobody."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return str(code or type(cause).__name__)


def migrate(url: str) -> None:
    """Bring the database to the newest shape; safe for several processes at once, with or without a running event
    loop.
    """
    failure: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_migrate(url))
        except BaseException as error:  # raised again below, where somebody waits
            failure.append(error)

    thread = threading.Thread(target=run, name="migrate-collab")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        async with database.write() as connection:
            if database.dialect == "postgresql":
                await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            await connection.run_sync(upgrade)
    finally:
        await database.close()


def _engine(url: str) -> AsyncEngine:
    if not url.startswith("sqlite"):
        # A schema of our own: whoever shares the database may have tables of the same names.
        ours = {"server_settings": {"search_path": SCHEMA}}
        return create_async_engine(
            url, pool_size=4, max_overflow=4, pool_pre_ping=True, hide_parameters=True, connect_args=ours
        )
    engine = create_async_engine(url, pool_size=3, max_overflow=2, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", prepare_sqlite)
    event.listen(engine.sync_engine, "begin", begin_sqlite)
    return engine


async def _assert_durable(connection: AsyncConnection) -> None:
    if connection.dialect.name == "sqlite":
        mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar()
        level = (await connection.execute(text("PRAGMA synchronous"))).scalar()
        durable = mode == "wal" and level == 2
    else:
        shown = [(await connection.execute(text(f"SHOW {name}"))).scalar() for name in ("synchronous_commit", "fsync")]
        durable = shown == ["on", "on"]
    if not durable:
        raise StateError(
            "store_not_durable",
            "the database does not keep what it commits (WAL and FULL; synchronous_commit and fsync)",
        )
