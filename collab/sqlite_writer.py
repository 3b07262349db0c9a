"""The one thread that writes to SQLite, and what makes a connection to SQLite durable.

Laws: its connection belongs to the thread, every piece of work is one transaction that begins IMMEDIATE, and what it
returns is durable. A visit costs the loop one put into a queue and one wake-up. Work runs in the order it was brought.
Not done here: keeping other connections of this process from writing at the same time (`database.py` has the lock).
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_WAL_ATTEMPTS: Final = 250

Result = TypeVar("Result")
_Job = tuple[Callable[[], Any], asyncio.Future[Any]]


class SqliteWriter:
    """The thread and its connection; both come with the first work."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("+aiosqlite", "", 1)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._connection: Connection | None = None

    def transact(self, work: Callable[[Connection], Result]) -> asyncio.Future[Result]:
        """Run `work` in a transaction of SQLAlchemy."""
        return self._put(lambda: self._transact(work))

    def drive(self, work: Callable[[sqlite3.Connection], Result]) -> asyncio.Future[Result]:
        """Run `work` in a transaction of the driver: a fifth of the CPU for a few small statements."""
        return self._put(lambda: self._drive(work))

    def _put(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="collab-writer", daemon=True)
            self._thread.start()
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._jobs.put((work, done))
        return done

    def close(self) -> None:
        """End the thread after what it was brought."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, done = job
            try:
                _tell(done, _settle, done, work())
            except BaseException as error:  # whatever it is, it is for the one who waits
                _tell(done, _fail, done, error)
            del job, work, done
        if self._connection is not None and self._engine is not None:
            self._connection.close()
            self._engine.dispose()

    def _connect(self) -> Connection:
        if self._connection is None:
            self._engine = create_engine(
                self._url, poolclass=StaticPool, hide_parameters=True, connect_args={"check_same_thread": False}
            )
            event.listen(self._engine, "connect", prepare_sqlite)
            event.listen(self._engine, "begin", begin_sqlite)
            self._connection = self._engine.connect().execution_options(kreide_writes=True)
        return self._connection

    def _transact(self, work: Callable[[Connection], Result]) -> Result:
        connection = self._connect()
        with connection.begin():
            return work(connection)

    def _drive(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        driver = self._connect().connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("BEGIN IMMEDIATE")
        try:
            result = work(driver)
            driver.execute("COMMIT")
        except BaseException:
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            raise
        return result


def _tell(done: asyncio.Future[Any], call: Callable[..., None], *arguments: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        done.get_loop().call_soon_threadsafe(call, *arguments)


def _settle(done: asyncio.Future[Any], result: object) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[Any], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


def prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Make a new connection wait for others, and durable."""
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    for attempt in range(_WAL_ATTEMPTS):  # the change to WAL does not wait for the lock of whoever makes it, too
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if attempt == _WAL_ATTEMPTS - 1:
                raise
            time.sleep(0.02)
    # Whatever is deleted is overwritten in the file, too.
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_sqlite(connection: Connection) -> None:
    """Begin a transaction; one that writes takes the lock at once."""
    writes = connection.get_execution_options().get("kreide_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
