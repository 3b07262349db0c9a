"""Where the school is kept: SQLite or PostgreSQL, the same SQL for both.

Laws: what was committed is on the disk (SQLite: WAL, synchronous FULL; PostgreSQL: synchronous_commit on; both
asserted when opened). A change locks its school's row first, so changes of one school happen one after the
other and event numbers are committed in order: a reader never misses a late one. A writer in SQLite begins
IMMEDIATE: it never fails half-way for the lock. The store knows rows, not rights.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import msgspec
from sqlalchemy import Table, event, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from collab.database import begin_sqlite, prepare_sqlite
from collab.sqlite_reader import Reader, SqliteReader
from web.errors import AccessDenied, ProtocolError, StateError, Unavailable
from web.school import tables
from web.school.events import EventBody, SchoolEvent
from web.school.migrations import upgrade
from web.school.watch import Watch

EVENTS_AT_ONCE = 1000
DATA_EXCEPTION = "22"  # class of SQLSTATE: PostgreSQL holds no zero byte, for one
AWAY = ("08", "53", "57", "58")  # connection, room (the disk, too), shut down or not up yet, its machine
_BODY = msgspec.json.Decoder(EventBody)

SCHEMA: Final = "school"  # of PostgreSQL


def now_ms() -> int:
    """The clock of everything in the school: milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A name for a new object; 96 random bits, so that it cannot be guessed either."""
    return secrets.token_urlsafe(12)


def migrate(url: str) -> None:
    """Bring the database to the newest shape; safe to call by several processes at once."""
    upgrade(_engine(url), SCHEMA)


class Change:
    """One transaction on one school: rows through `connection`, news through `emit`."""

    def __init__(self, connection: AsyncConnection, school: str, seq: int, at: int) -> None:
        self.connection = connection
        self.school = school
        self.at = at
        self._first = self._seq = seq

    async def emit(self, body: EventBody) -> None:
        """Write the event of this change under the school's next number."""
        self._seq += 1
        row = {"school": self.school, "seq": self._seq, "at": self.at, "body": msgspec.json.encode(body).decode()}
        await self.connection.execute(tables.school_event.insert().values(row))

    async def insert(self, table: Table, **values: Any) -> None:
        """Insert one row of this school."""
        await self.connection.execute(table.insert().values(school=self.school, **values))

    async def delete(self, table: Table, **values: Any) -> int:
        """Delete the rows of this school that have these values; return how many there were."""
        same = (table.c[column] == value for column, value in values.items())
        gone = await self.connection.execute(table.delete().where(table.c.school == self.school, *same))
        return int(gone.rowcount)

    async def finish(self) -> None:
        """Store the counter; called once by the store before the commit."""
        if self._seq != self._first:
            statement = update(tables.school).where(tables.school.c.id == self.school).values(event_seq=self._seq)
            await self.connection.execute(statement)


class SchoolStore:
    """The open database of all schools."""

    def __init__(self, engine: AsyncEngine, *, demo: bool = False, clock: Callable[[], int] = now_ms) -> None:
        self.demo = demo
        self.clock = clock
        self._engine = engine
        sqlite = engine.dialect.name == "sqlite"
        self._one_writer = asyncio.Lock() if sqlite else None
        self._watch = Watch(engine.url.database) if sqlite and engine.url.database else None
        self._reader = SqliteReader(engine.url.render_as_string()) if sqlite and engine.url.database else None
        self._looked: tuple[int | None, dict[str, int]] = (None, {})

    @classmethod
    async def open(cls, url: str, *, demo: bool = False, clock: Callable[[], int] = now_ms) -> SchoolStore:
        """Open a migrated database and check that it keeps what it commits."""
        engine = _engine(url)
        store = cls(engine, demo=demo, clock=clock)
        try:
            with _reachable():
                async with engine.connect() as connection:
                    await assert_durable(connection)
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Give all connections back."""
        if self._watch is not None:
            self._watch.close()
        if self._reader is not None:
            self._reader.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        """A connection for reading."""
        with _reachable():
            async with self._engine.connect() if self._reader is None else self._reader.read() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction without an event (sessions, settings). Broken constraints raise StateError."""
        with _reachable():
            async with _held(self._one_writer), self._engine.connect() as connection:
                await connection.execution_options(kreide_writes=True)
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def change(self, school: str) -> AsyncIterator[Change]:
        """A transaction that changes one school and says so; raise AccessDenied for an unknown school."""
        async with self.write() as connection:
            head = select(tables.school.c.event_seq).where(tables.school.c.id == school).with_for_update()
            seq = (await connection.execute(head)).scalar()
            if seq is None:
                raise AccessDenied()
            change = Change(connection, school, seq, self.clock())
            yield change
            await change.finish()

    async def event_heads(self) -> dict[str, int]:
        """The number of each school's newest event; asked several times a second, so read only after a commit."""
        version = self._watch.version() if self._watch is not None else None
        if version is None or version != self._looked[0]:
            async with self.read() as connection:
                rows = await connection.execute(select(tables.school.c.id, tables.school.c.event_seq))
                self._looked = (version, {row.id: row.event_seq for row in rows})
        else:
            await asyncio.sleep(0)  # who asks without a pause lets others work all the same
        return dict(self._looked[1])

    async def events_after(self, seen: Mapping[str, int]) -> list[SchoolEvent]:
        """Events newer than `seen` (school -> number), each school's in order; unknown schools count from 0."""
        heads = await self.event_heads()
        behind = {school: seen.get(school, 0) for school, head in heads.items() if head > seen.get(school, 0)}
        if not behind:
            return []
        column = tables.school_event.c
        found: list[SchoolEvent] = []
        async with self.read() as connection:
            for school, seq in behind.items():
                rows = await connection.execute(
                    select(column.seq, column.at, column.body)
                    .where(column.school == school, column.seq > seq)
                    .order_by(column.seq)
                    .limit(EVENTS_AT_ONCE)
                )
                found += [SchoolEvent(school, row.seq, row.at, _BODY.decode(row.body)) for row in rows]
        return found


@contextmanager
def _reachable() -> Iterator[None]:
    """Say in our own words that a rule of the tables was broken, or that the database is away."""
    try:
        yield
    except IntegrityError as error:
        raise StateError("conflict", "this already exists, or what it refers to does not") from error
    except UnicodeEncodeError as error:
        raise ProtocolError(text="a name holds half a character") from error
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", ""))
        if state.startswith(DATA_EXCEPTION) or isinstance(error, DataError):
            raise ProtocolError(text="a name or number cannot be stored") from error
        if state.startswith(AWAY) or isinstance(error, OperationalError | InterfaceError):
            raise Unavailable(text="the database cannot be reached") from error
        raise
    except PoolTimeout as error:
        raise Unavailable(text="the database is too busy") from error
    except OSError as error:
        raise Unavailable(text="the database cannot be reached") from error


@asynccontextmanager
async def _held(lock: asyncio.Lock | None) -> AsyncIterator[None]:
    if lock is None:
        yield
        return
    async with lock:
        yield


def _engine(url: str) -> AsyncEngine:
    if not url.startswith("sqlite"):
        # A schema of our own: documents and messages may live in the same database.
        ours = {"server_settings": {"search_path": SCHEMA}}
        return create_async_engine(
            url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True, connect_args=ours
        )
    engine = create_async_engine(url, pool_size=4, max_overflow=4, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", prepare_sqlite)
    event.listen(engine.sync_engine, "begin", begin_sqlite)
    return engine


async def assert_durable(connection: AsyncConnection) -> None:
    """Raise StateError unless what is committed here survives a power cut."""
    if connection.dialect.name == "sqlite":
        mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar()
        level = (await connection.execute(text("PRAGMA synchronous"))).scalar()
        safe = mode == "wal" and level == 2
    else:
        shown = [(await connection.execute(text(f"SHOW {name}"))).scalar() for name in ("synchronous_commit", "fsync")]
        safe = shown == ["on", "on"]
    if not safe:
        raise StateError(
            "database", "the database does not keep what it commits (WAL + FULL; synchronous_commit, fsync)"
        )
