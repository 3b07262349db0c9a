"""The store keeps what it commits, numbers events without gaps, and is made by its migrations alone."""

from __future__ import annotations

import asyncio
import threading
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.web.school.town import Clock, person
from web.errors import AccessDenied, ProtocolError, StateError, Unavailable
from web.school import queries, tables
from web.school.access import SchoolAccess
from web.school.actions import do_create_account, do_create_folder, do_create_school
from web.school.events import AccountCreated
from web.school.migrations import VERSION_TABLE
from web.school.model import Account, Folder, School
from web.school.store import SchoolStore, assert_durable, migrate


def pupil(school: str, number: int) -> Account:
    return Account(f"{school}-{number}", school, f"{number}", "pupil", "P", "P")


async def test_migrations_make_exactly_the_tables(store: SchoolStore) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return list(compare_metadata(context, tables.METADATA))

    async with store.write() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_and_at_once(database_url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, database_url) for _ in range(3)))
    migrate(database_url)
    store = await SchoolStore.open(database_url)
    assert await store.event_heads() == {}
    await store.close()


async def test_logins_with_capitals_are_found_after_the_migration(store: SchoolStore) -> None:
    """The step is run again over accounts as an older server wrote them."""
    await do_create_school(store, School("a", "a"))
    for number, login in enumerate(("Mia", "mia", "MIA", "Özil")):
        await do_create_account(store, Account(f"a-{number}", "a", login, "pupil", "P", "P"), None)

    def upgrade(connection: Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            import_module("web.school.migrations.versions.0002_logins").upgrade()

    async with store.write() as connection:
        await connection.run_sync(upgrade)
    async with store.read() as reader:
        found = await queries.accounts(reader, tables.account.c.school == "a")
    assert {account.id: account.login for account in found} == {
        "a-0": "mia-2",
        "a-1": "mia",
        "a-2": "mia-3",
        "a-3": "özil",
    }


async def test_concurrent_changes_leave_no_gap(database_url: str) -> None:
    """Two processes' worth of stores write at once while a third follows: it sees each event once, in order."""
    migrate(database_url)
    stores = [await SchoolStore.open(database_url) for _ in range(3)]
    for school in ("a", "b"):
        await do_create_school(stores[0], School(school, school))
    seen: dict[str, int] = {}
    followed: list[tuple[str, int]] = []

    async def follow(total: int) -> None:
        while len(followed) < total:
            for event in await stores[2].events_after(seen):
                seen[event.school] = event.seq
                followed.append((event.school, event.seq))
            await asyncio.sleep(0.001)  # without it the writers' threads hardly get the interpreter

    changes = [
        do_create_account(stores[number % 2], pupil(school, number), None)
        for number in range(20)
        for school in ("a", "b")
    ]
    await asyncio.gather(follow(2 * 21), *changes)
    for school in ("a", "b"):
        assert [seq for name, seq in followed if name == school] == list(range(1, 22))
    for store in stores:
        await store.close()


async def test_a_failed_change_takes_no_number(store: SchoolStore) -> None:
    await do_create_school(store, School("a", "A"))
    with pytest.raises(RuntimeError):
        async with store.change("a") as change:
            await change.emit(AccountCreated(pupil("a", 1)))
            raise RuntimeError("crash in the middle")
    assert await store.event_heads() == {"a": 1}
    await do_create_account(store, pupil("a", 1), None)
    assert [event.seq for event in await store.events_after({"a": 1})] == [2]


async def test_events_come_back_as_they_were(store: SchoolStore, clock: Clock) -> None:
    await do_create_school(store, School("a", "A"))
    account = pupil("a", 1)
    await do_create_account(store, account, "$secret")
    (event,) = await store.events_after({"a": 1})
    assert (event.seq, event.at, event.body) == (2, clock.now, AccountCreated(account))
    async with store.read() as connection:
        bodies = (await connection.execute(text("SELECT body FROM school_event"))).scalars().all()
    assert not any("$secret" in body for body in bodies)


async def test_an_unknown_school_cannot_change(store: SchoolStore) -> None:
    with pytest.raises(AccessDenied):
        async with store.change("nowhere"):
            pass


async def test_rows_cannot_point_into_another_school(store: SchoolStore) -> None:
    for school in ("a", "b"):
        await do_create_school(store, School(school, school))
        await do_create_account(store, pupil(school, 1), None)
    with pytest.raises(StateError):
        async with store.change("a") as change:
            await change.insert(tables.folder, id="f", title="f", owner="b-1")


async def test_sqlite_is_durable_or_refused(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 's.db'}"
    migrate(url)
    store = await SchoolStore.open(url)
    async with store.write() as connection:
        modes = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar() for name in ("journal_mode", "synchronous")
        ]
    await store.close()
    assert modes == ["wal", 2]
    careless = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    async with careless.connect() as connection:
        with pytest.raises(StateError):
            await assert_durable(connection)
    await careless.dispose()


@pytest.mark.parametrize("kept", ["on", "off"])
async def test_postgresql_is_durable_or_refused(postgres_url: str, kept: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, connect_args={"server_settings": {"synchronous_commit": kept}})
    async with engine.connect() as connection:
        with nullcontext() if kept == "on" else pytest.raises(StateError):
            await assert_durable(connection)
    await engine.dispose()


async def test_an_unreachable_database_is_said_so(unused_port: int, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with pytest.raises(Unavailable):
        await SchoolStore.open(f"postgresql+asyncpg://nobody@127.0.0.1:{unused_port}/none")
    with pytest.raises(Unavailable):
        await SchoolStore.open(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'folder' / 's.db'}")
    for thread in set(threading.enumerate()) - before:
        if "_connection_worker_thread" in thread.name:  # aiosqlite ends it some time after the failure
            await asyncio.to_thread(thread.join)


async def test_a_database_that_goes_away_meanwhile_is_said_so(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    await asyncio.to_thread(migrate, url)
    store = await SchoolStore.open(url)
    try:
        for sqlstate in ("57P03", "57P01", "53100", "58030"):  # starting, shut down, its disk full, its disk broken
            raising = f"DO $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '{sqlstate}'; END $$"
            with pytest.raises(Unavailable):
                async with store.write() as connection:
                    await connection.execute(text(raising))
        with pytest.raises(Unavailable):
            async with store.read() as reader:
                await reader.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert await store.event_heads() == {}
    finally:
        await store.close()


async def test_names_that_no_database_can_hold(town: SchoolStore) -> None:
    """A zero byte, half a character: refused as the sender's mistake, wherever it comes from."""
    access = SchoolAccess(town)
    for name in ("a\x00b", "\ud800"):
        for gate in (access.access_meeting, access.access_document, access.access_channel, access.access_folder):
            with pytest.raises((AccessDenied, ProtocolError)):
                await gate(person("a", "p1"), name)
    with pytest.raises(ProtocolError):
        await do_create_folder(town, Folder("\ud800", "a", "x", "a-p1"))
    assert len(await access.groups_of(person("a", "p1"))) == 1, "and the connections are whole"
