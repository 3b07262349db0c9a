"""The store keeps what it said it keeps, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing

import asyncpg
import pytest
from msgspec import structs
from sqlalchemy import Connection, text

from collab.committer import Committer
from collab.database import Database
from collab.errors import AccessDenied, StateError
from collab.store import Batch, Committed, DocumentStore, NewEntry, Snapshot, migrate
from tests.collab.gated_store import raise_epoch


def batch(document: str, *data: bytes, authors: dict[int, str] | None = None) -> Batch:
    return Batch(document, tuple(NewEntry("ada", "w/1", item) for item in data), authors or {})


async def test_a_document_is_created_and_seeded_once(any_store: DocumentStore) -> None:
    seed = Snapshot(0, b"seed", b"outline")
    assert await any_store.create("a", "deck", seed, 1)
    assert not await any_store.create("a", "table", Snapshot(0, b"other", b""), 1)
    loaded = await any_store.load("a")
    assert (loaded.kind, loaded.epoch, loaded.head, loaded.snapshot) == ("deck", 1, 0, seed)
    assert loaded.authors == {1: ""} and loaded.entries == ()


async def test_entries_are_numbered_per_document(any_store: DocumentStore) -> None:
    for document in ("a", "b"):
        await any_store.create(document, "scratch", None, None)
    results = await any_store.commit([batch("b", b"1", b"2"), batch("a", b"1")])
    assert results == {"b": Committed("b", 1, 2), "a": Committed("a", 1, 1)}
    assert (await any_store.commit([batch("b", b"3")]))["b"] == Committed("b", 3, 3)
    assert {name: head.head for name, head in (await any_store.heads(["a", "b", "none"])).items()} == {"a": 1, "b": 3}
    loaded = await any_store.load("b")
    assert [(entry.seq, entry.data) for entry in loaded.entries] == [(1, b"1"), (2, b"2"), (3, b"3")]
    news = await any_store.news("b", 1)
    assert news.head == 3 and [entry.seq for entry in news.entries] == [2, 3]
    assert (await any_store.news("b", 3)).entries == ()


async def test_a_wrong_guess_of_the_head_costs_nothing_but_a_look(any_store: DocumentStore) -> None:
    await any_store.create("a", "scratch", None, None)
    first = structs.replace(batch("a", b"1"), epoch=1, after=0)
    assert (await any_store.commit([first]))["a"] == Committed("a", 1, 1)
    assert (await any_store.commit([first]))["a"] == Committed("a", 2, 2)  # another worker was faster
    assert isinstance((await any_store.commit([structs.replace(first, epoch=2)]))["a"], AccessDenied)
    assert isinstance((await any_store.commit([structs.replace(first, document="none")]))["none"], StateError)
    assert [entry.seq for entry in (await any_store.load("a")).entries] == [1, 2]


async def test_what_is_not_there_is_denied(any_store: DocumentStore) -> None:
    for call in (any_store.load("none"), any_store.news("none", 0)):
        with pytest.raises(AccessDenied):
            await call


async def test_one_failing_document_does_not_fail_the_others(any_store: DocumentStore) -> None:
    for document in ("a", "b"):
        await any_store.create(document, "scratch", None, None)
    results = await any_store.commit([batch("a", b"1"), batch("gone", b"1"), batch("b", b"1")])
    assert results["a"] == Committed("a", 1, 1) and results["b"] == Committed("b", 1, 1)
    assert isinstance(results["gone"], StateError)


async def test_a_client_id_belongs_to_who_wrote_first(any_store: DocumentStore) -> None:
    for document in ("a", "b"):
        await any_store.create(document, "scratch", None, None)
    assert isinstance((await any_store.commit([batch("a", b"1", authors={5: "ada"})]))["a"], Committed)
    assert isinstance((await any_store.commit([batch("a", b"2", authors={5: "ada"})]))["a"], Committed)
    results = await any_store.commit([batch("a", b"3", authors={5: "ben"}), batch("b", b"1", authors={5: "ben"})])
    assert isinstance(results["a"], AccessDenied) and isinstance(results["b"], Committed)
    loaded = await any_store.load("a")
    assert loaded.authors == {5: "ada"} and loaded.head == 2


async def test_workers_that_commit_to_the_same_documents_do_not_deadlock(any_store: DocumentStore) -> None:
    names = [f"d{number}" for number in range(8)]
    for name in names:
        await any_store.create(name, "scratch", None, None)

    async def work(order: list[str]) -> None:
        for _ in range(15):
            results = await any_store.commit([batch(name, b"x") for name in order])
            assert all(isinstance(result, Committed) for result in results.values())

    await asyncio.gather(work(names), work(names[::-1]), work(names[4:] + names[:4]))
    assert {head.head for head in (await any_store.heads(names)).values()} == {45}
    assert [entry.seq for entry in (await any_store.load("d3")).entries] == list(range(1, 46))


async def test_compaction_happens_once_and_keeps_the_recent_log(any_store: DocumentStore) -> None:
    await any_store.create("a", "scratch", None, None)
    await any_store.commit([batch("a", b"1", b"2", b"3")])
    assert await any_store.compact("a", Snapshot(2, b"two", b"o"), 0, 1)
    assert not await any_store.compact("a", Snapshot(3, b"three", b"o"), 0, 1), "the loser discards its work"
    loaded = await any_store.load("a")
    assert loaded.snapshot == Snapshot(2, b"two", b"o") and [entry.data for entry in loaded.entries] == [b"3"]
    assert [entry.seq for entry in (await any_store.news("a", 0)).entries] == [1, 2, 3], "history stays"
    assert not await any_store.compact("a", Snapshot(3, b"three", b"o"), 2, 7), "of another epoch"
    assert await any_store.compact("a", Snapshot(3, b"three", b"o"), 2, 1)
    assert (await any_store.load("a")).head == 3
    assert not await any_store.compact("a", Snapshot(9, b"future", b""), 3, 1)


async def test_a_quarantined_entry_is_left_out_but_kept(any_store: DocumentStore) -> None:
    await any_store.create("a", "scratch", None, None)
    await any_store.commit([batch("a", b"1", b"bad", b"3")])
    await any_store.quarantine("a", 2, "update_malformed")
    loaded = await any_store.load("a")
    assert [entry.data for entry in loaded.entries] == [b"1", b"3"] and loaded.head == 3
    await any_store.compact("a", Snapshot(3, b"", b""), 0, 1)
    async with any_store.database.read() as connection:
        kept = (await connection.execute(text("SELECT seq, quarantined FROM document_log"))).all()
    assert (2, "update_malformed") in [tuple(row) for row in kept]


async def test_nothing_of_another_epoch_is_logged(any_store: DocumentStore) -> None:
    await any_store.create("a", "scratch", None, None)
    await any_store.create("b", "scratch", None, None)
    await raise_epoch(any_store, "a")
    stale, fresh = (Batch(name, (NewEntry("ada", "w", b"x"),), {}, 1) for name in "ab")
    results = await any_store.commit([stale, fresh])
    assert isinstance(results["b"], Committed)
    refused = results["a"]
    assert isinstance(refused, AccessDenied) and refused.code == "other_epoch"
    assert (await any_store.heads(["a"]))["a"].head == 0


async def test_what_was_made_of_a_document_that_was_rebuilt_is_not_logged(any_store: DocumentStore) -> None:
    for name in "abcd":
        await any_store.create(name, "scratch", None, None)
    await raise_epoch(any_store, "a")
    entries = (NewEntry("ada", "w", b"x"),)
    made = [Batch(name, entries, {7: "ada"}, 1, 0, sources) for name, sources in zip("bcd", _SOURCES, strict=True)]
    results = await any_store.commit(made)
    for name in "bd":
        refused = results[name]
        assert isinstance(refused, StateError) and refused.code == "source_rebuilt"
    assert isinstance(results["c"], Committed)
    assert [head.head for _, head in sorted((await any_store.heads("bcd")).items())] == [0, 1, 0]
    assert (await any_store.load("b")).authors == {}


_SOURCES = ({"a": 1}, {"a": 2, "d": 1}, {"gone": 1})


async def test_a_raised_epoch_is_told(any_store: DocumentStore) -> None:
    await any_store.create("a", "scratch", None, None)
    await raise_epoch(any_store, "a")
    assert (await any_store.load("a")).epoch == 2 and (await any_store.heads(["a"]))["a"].epoch == 2


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    store = await DocumentStore.open(database_url)
    await store.create("a", "scratch", None, None)
    migrate(database_url)
    assert (await store.load("a")).kind == "scratch"
    await store.close()


async def test_a_database_that_may_forget_is_refused(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    migrate(url)
    database = Database(url)
    async with database.write() as connection:
        name = (await connection.execute(text("SELECT current_database()"))).scalar()
        await connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    await refused(url)
    async with database.write() as connection:
        await connection.execute(text(f"ALTER DATABASE {name} RESET synchronous_commit"))
    await (await DocumentStore.open(url)).close()
    try:
        await say(postgres_url, "ALTER SYSTEM SET fsync = off", "off")
        await refused(url)
    finally:
        await say(postgres_url, "ALTER SYSTEM RESET fsync", "on")
    await database.close()


async def refused(url: str) -> None:
    with pytest.raises(StateError) as caught:
        await DocumentStore.open(url)
    assert caught.value.code == "store_not_durable"


async def say(url: str, what: str, fsync: str) -> None:
    """Change the settings of the whole server, and return when new connections find fsync so."""
    async with asyncio.timeout(30):
        connection = await asyncpg.connect(url)
        await connection.execute(what)
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
        found = ""
        while found != fsync:
            connection = await asyncpg.connect(url)
            found = await connection.fetchval("SHOW fsync")
            await connection.close()


async def test_what_postgresql_has_committed_is_written_out(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    migrate(url)
    store = await DocumentStore.open(url)
    watcher = await asyncpg.connect(postgres_url)
    try:
        await store.create("a", "scratch", None, None)
        for number in range(20):
            before = await watcher.fetchval("SELECT pg_current_wal_insert_lsn()::text")
            assert isinstance((await store.commit([batch("a", str(number).encode())]))["a"], Committed)
            written = "SELECT pg_current_wal_flush_lsn() > $1::text::pg_lsn"
            assert await watcher.fetchval(written, before), "it said so before its log was on the disk"
    finally:
        await watcher.close()
        await store.close()


async def test_a_database_that_is_away_is_a_state_error() -> None:
    with pytest.raises(StateError) as caught:
        await DocumentStore.open("postgresql+asyncpg://kreide@127.0.0.1:1/none")
    assert caught.value.code == "store_failed"


async def test_a_full_disk_is_told_and_forgotten_when_there_is_room_again(store: DocumentStore) -> None:
    await store.create("a", "scratch", None, None)
    await store.commit([batch("a", b"before")])

    def allow(pages: int) -> Callable[[Connection], None]:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").close()

    await store.database.transact(allow(1))  # SQLite keeps what there is and grows no further
    results = await store.commit([batch("a", b"x" * 500_000)])
    assert isinstance(results["a"], StateError) and (await store.load("a")).head == 1
    await store.database.transact(allow(1_000_000))
    assert isinstance((await store.commit([batch("a", b"x" * 500_000)]))["a"], Committed)
    assert (await store.load("a")).head == 2


async def test_a_database_locked_by_others_is_told_and_works_again(store: DocumentStore) -> None:
    await store.create("a", "scratch", None, None)
    await store.database.transact(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 10").close())
    async with store.database.read() as connection:
        path = (await connection.execute(text("PRAGMA database_list"))).one().file
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        results = await store.commit([batch("a", b"1")])
        assert isinstance(results["a"], StateError)
        other.execute("ROLLBACK")
    assert (await store.commit([batch("a", b"1")]))["a"] == Committed("a", 1, 1)


async def test_the_committer_joins_what_waits_into_few_transactions(store: DocumentStore) -> None:
    names = [f"d{number}" for number in range(50)]
    for name in names:
        await store.create(name, "scratch", None, None)
    transactions: list[int] = []

    class Counting(DocumentStore):
        async def commit(self, batches):  # type: ignore[no-untyped-def]
            transactions.append(len(batches))
            return await super().commit(batches)

    committer = Committer(Counting(store.database))
    committer.start()
    results = await asyncio.gather(*(committer.commit(batch(name, b"x")) for name in names))
    assert {result.document for result in results} == set(names)
    assert sum(transactions) == 50 and len(transactions) <= 2
    with pytest.raises(StateError):
        await committer.commit(batch("gone", b"x"))
    await committer.close()
