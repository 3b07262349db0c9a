"""The past of documents: looked at, named, restored, erased and tended, on both databases, with people at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Map
from sqlalchemy import func, select, text, update

from collab import tables
from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.checkpoints import Checkpoint, Kind, Snapshot, pack, unpack
from collab.content import load, plain
from collab.errors import AccessDenied, Overloaded, StateError
from collab.heavy import HeavyPool
from collab.history import History
from collab.history_store import MOST_KEPT, MOST_NAMED, Tended
from collab.limits import Limits
from collab.store import DocumentStore, migrate
from tests.collab.clients import Client, Replica
from tests.collab.school import Classroom

TODAY = time.time() // 86400 * 86400 + 86399  # the last second of this day, so that the day does not change on us


class Desk:
    """A table, people at it, and its history."""

    def __init__(self, room: Classroom, pool: HeavyPool) -> None:
        self.room = room
        self.wall = TODAY
        self.history = History(room.hubs[0], pool, keep_days=30, keep_states=60, wall=lambda: self.wall)

    async def sit(self, account: str, client: int | None = None, epoch: int | None = None) -> Client:
        sitting = await self.room.join(account, document="table", replica=Replica(client), epoch=epoch)
        await self.room.until(lambda: sitting.replica.synced)
        return sitting

    def leave(self, person: Client) -> None:
        person.leave()
        self.room.clients.remove(person)

    async def write(self, person: Client, cell: str, value: str) -> int:
        """Write a cell in row r2 and return the entry's number."""
        person.replica.doc.get("rows", type=Map)["r2"][cell] = value
        await self.room.settle()
        return (await self.room.store.heads(["table"]))["table"].head

    async def said(self, seq: int) -> Any:
        return row(load((await self.history.state("table", seq)).state))

    async def set_day(self, days_ago: float, *seqs: int) -> None:
        """Pretend that entries were made so many days before today."""
        at = int((TODAY - days_ago * 86400) * 1000)
        async with self.room.store.database.write() as connection:
            where = (tables.log.c.document == "table", tables.log.c.seq.in_(seqs))
            await connection.execute(update(tables.log).where(*where).values(at=at))

    async def count(self, table: Any) -> int:
        async with self.room.store.database.read() as connection:
            query = select(func.count()).select_from(table).where(table.c.document == "table")
            return int((await connection.execute(query)).scalar() or 0)


def row(doc: Any) -> dict[str, Any]:
    """The cells of row r2."""
    return {key: value for key, value in plain(doc.get("rows", type=Map)["r2"]).items() if key.startswith("c")}


@pytest.fixture
async def pool() -> AsyncIterator[HeavyPool]:
    pool = HeavyPool()
    yield pool
    await pool.close()


@pytest.fixture
async def desk(any_store: DocumentStore, pool: HeavyPool) -> AsyncIterator[Desk]:
    async with Classroom(any_store, MemoryBus()) as room:
        await room.hubs[0].create("table", "table")
        yield Desk(room, pool)


async def test_every_entry_can_be_looked_at_before_and_after_compaction(desk: Desk) -> None:
    ada, ben = await desk.sit("ada"), await desk.sit("ben")
    seqs = [await desk.write((ada, ben)[number % 2], "c1", f"v{number}") for number in range(6)]
    assert [(await desk.said(seq))["c1"] for seq in seqs] == [f"v{number}" for number in range(6)]
    assert await desk.said(0) == {}
    await desk.history.compact("table")
    assert [(await desk.said(seq))["c1"] for seq in seqs] == [f"v{number}" for number in range(6)]
    old = await desk.history.state("table", seqs[2])
    assert {old.authors[ada.replica.client_id], old.authors[ben.replica.client_id]} == {"ada", "ben"}
    page = await desk.history.changes("table")
    assert [(change.first, change.last, change.accounts) for change in page.changes] == [(1, 6, {"ada": 3, "ben": 3})]
    for beyond in (99, -1):
        with pytest.raises(AccessDenied):
            await desk.history.state("table", beyond)


async def test_a_version_keeps_its_name_and_its_state(desk: Desk) -> None:
    ada = await desk.sit("ada")
    first = await desk.write(ada, "c1", "Entwurf")
    await desk.write(ada, "c1", "fertig")
    old = await desk.history.name("table", first, "Entwurf", "ada")
    now = await desk.history.name("table", None, "Abgabe", "ada")
    assert (now.seq, now.name, now.account, now.kind) == (2, "Abgabe", "ada", "named")
    with pytest.raises(StateError):
        await desk.history.name("table", first, "Entwurf", "ben")
    assert [version.name for version in await desk.history.versions("table")] == ["Abgabe", "Entwurf"]
    assert (await desk.said(first))["c1"] == "Entwurf"
    await desk.history.unname("table", old.id)
    assert [version.name for version in await desk.history.versions("table")] == ["Abgabe"]
    with pytest.raises(AccessDenied):
        await desk.history.unname("table", old.id)


async def test_versions_are_bounded(desk: Desk) -> None:
    ada = await desk.sit("ada")
    await desk.write(ada, "c1", "eins")
    state = pack(b"\x00\x00")

    async def add(kind: Kind, number: int) -> object:
        point = Checkpoint(seq=1, kind=kind, name=f"n{number}", account="ada", at=number, state=state)
        return await desk.history.store.add_version("table", 1, point)

    for number in range(MOST_KEPT + 3):
        await add("kept", number)
    kept = [version.name for version in await desk.history.versions("table")]
    assert kept == [f"n{number}" for number in range(MOST_KEPT + 2, 2, -1)], "the oldest have gone"
    for number in range(MOST_NAMED):
        await add("named", number)
    with pytest.raises(Overloaded):
        await add("named", MOST_NAMED)


async def test_restoring_is_an_edit_and_loses_nothing(desk: Desk) -> None:
    ada, ben = await desk.sit("ada"), await desk.sit("ben")
    first = await desk.write(ada, "c1", "gut")
    await desk.write(ben, "c1", "verschlimmbessert")
    last = await desk.write(ben, "c2", "später dazu")
    offline = ben.replica
    desk.leave(ben)
    offline.doc.get("rows", type=Map)["r3"]["c1"] = "ohne Netz geschrieben"
    assert await desk.history.restore("table", first, Editor("ada", "Ada", "teacher", 1))
    await desk.room.until(lambda: row(ada.replica.doc) == {"c1": "gut"})
    assert ada.transport.closed is None, "nobody is thrown out"
    head = (await desk.room.store.heads(["table"]))["table"]
    assert (head.head, head.epoch) == (last + 1, 1)
    assert await desk.said(last) == {"c1": "verschlimmbessert", "c2": "später dazu"}
    kept = (await desk.history.versions("table"))[0]
    assert (kept.kind, kept.seq, kept.account) == ("kept", last, "ada")
    entry = (await desk.history.store.entries("table", None, 1))[0]
    assert (entry.seq, entry.account) == (last + 1, "ada")
    offline.outgoing.clear()  # what a provider without a socket throws away; its sync step 2 brings it
    back = await desk.room.join("ben", document="table", replica=offline)
    await desk.room.until(lambda: back.replica.synced)
    await desk.room.settle()
    assert row(back.replica.doc) == {"c1": "gut"}
    assert plain(ada.replica.doc.get("rows", type=Map)["r3"])["c1"] == "ohne Netz geschrieben"
    assert await desk.history.restore("table", last, Editor("ada", "Ada", "teacher", 1)), "and forward again"
    await desk.room.until(lambda: row(ada.replica.doc) == {"c1": "verschlimmbessert", "c2": "später dazu"})


async def test_days_become_checkpoints_and_old_entries_go(desk: Desk) -> None:
    ada = await desk.sit("ada")
    seqs = [await desk.write(ada, "c1", f"v{number}") for number in range(6)]
    await desk.set_day(50, *seqs[:2])
    await desk.set_day(40, seqs[2])
    await desk.set_day(2, *seqs[3:5])
    await desk.set_day(0, seqs[5])
    assert await desk.history.sweep() == 2, "the table and the classroom's own document"
    points = [(version.seq, version.kind) for version in await desk.history.versions("table")]
    assert points == [(5, "day"), (3, "day"), (2, "day"), (0, "floor")]
    assert await desk.count(tables.log) == 3, "what is older than thirty days has gone"
    assert [(await desk.said(seq))["c1"] for seq in (2, 3, 4, 5, 6)] == ["v1", "v2", "v3", "v4", "v5"]
    with pytest.raises(AccessDenied):
        await desk.history.state("table", 1)
    loaded = await desk.room.store.load("table")
    assert loaded.snapshot is not None and loaded.snapshot.seq == 6 and not loaded.entries
    assert await desk.history.sweep() == 0, "once a day"
    named = await desk.history.name("table", 5, "Ende eines Tages", "ada")
    await desk.history.unname("table", named.id)
    assert (await desk.said(6))["c1"] == "v5", "the log never stands on what people remove"
    desk.wall += 86400
    assert await desk.history.sweep() == 1, "today's entry makes tomorrow's checkpoint"
    desk.wall += 86400
    assert await desk.history.sweep() == 0, "and nobody opens it after that"
    desk.wall += 80 * 86400
    assert await desk.history.sweep() == 1
    assert await desk.count(tables.log) == 0
    assert [version.seq for version in await desk.history.versions("table")] == [6], "what is long ago has gone"
    assert (await desk.said(6))["c1"] == "v5"
    another = await desk.sit("ben")
    assert row(another.replica.doc) == {"c1": "v5"}


async def test_a_loser_discards_its_work(desk: Desk) -> None:
    ada = await desk.sit("ada")
    await desk.write(ada, "c1", "eins")
    stale = await desk.history.store.past("table", from_snapshot=False)
    await asyncio.gather(*(desk.history.tend("table") for _ in range(3)))
    mine = Tended(snapshot=Snapshot(1, b"\x00\x00", b"\x00"), days={}, horizon=0, long_ago=0)
    assert not await desk.history.store.tend("table", stale, mine, int(TODAY * 1000))
    assert (await desk.said(1))["c1"] == "eins"
    fresh = await desk.sit("ben")
    assert row(fresh.replica.doc) == {"c1": "eins"}


async def test_an_entry_that_cannot_be_applied_is_put_aside_by_the_sweep(desk: Desk) -> None:
    ada = await desk.sit("ada")
    await desk.write(ada, "c1", "eins")
    await desk.write(ada, "c2", "zwei")
    ada.leave()
    async with desk.room.store.database.write() as connection:
        where = (tables.log.c.document == "table", tables.log.c.seq == 1)
        await connection.execute(update(tables.log).where(*where).values(data=b"\x07\x07"))
    await desk.history.tend("table")
    async with desk.room.store.database.read() as connection:
        query = text("SELECT seq FROM document_log WHERE quarantined IS NOT NULL AND document = 'table'")
        assert list((await connection.execute(query)).scalars()) == [1, 2], "the second builds on the first"
    loaded = await desk.room.store.load("table")
    assert loaded.snapshot is not None and loaded.snapshot.seq == 2


async def test_erased_content_is_gone_everywhere_and_stays_gone(desk: Desk) -> None:
    ada, ben = await desk.sit("ada", 500), await desk.sit("ben", 600)
    await desk.write(ben, "c1", "GEHEIM alt")
    await desk.write(ada, "c3", "von Ada")
    await desk.write(ben, "c1", "GEHEIM neu")
    await desk.history.name("table", None, "GEHEIM Name", "ben")
    await desk.history.name("table", 1, "Ada hat das benannt", "ada")
    await desk.history.compact("table")
    away = ben.replica
    desk.leave(ben)
    away.doc.get("rows", type=Map)["r4"]["c1"] = "GEHEIM ohne Netz"

    assert await desk.history.erase("table", "ben") == 2
    await desk.room.until(lambda: ada.transport.closed is not None)
    assert ada.transport.closed == (4404, "other_epoch")
    assert not await stored_anywhere(desk, b"GEHEIM")
    assert [version.name for version in await desk.history.versions("table") if version.kind == "named"] == [
        "Ada hat das benannt"
    ]
    desk.room.clients.clear()
    away.outgoing.clear()
    with pytest.raises(AccessDenied) as caught:
        await desk.room.join("ben", document="table", replica=away, epoch=1)
    assert caught.value.code == "other_epoch"
    stubborn = await desk.room.join("ben", document="table", replica=away)  # a stock client, that knows no epoch
    await desk.room.until(lambda: stubborn.transport.closed is not None)
    assert stubborn.transport.closed == (4403, "foreign_author"), "his old client id is nobody's any more"
    desk.room.clients.clear()
    fresh = await desk.sit("ada", epoch=2)
    assert row(fresh.replica.doc) == {"c3": "von Ada"}
    assert not await stored_anywhere(desk, b"GEHEIM")
    assert await desk.history.erase("table", "ben") == 2, "there is nothing left to erase"
    assert await desk.history.erase("table", "nobody") == 2


@pytest.mark.parametrize("deaf", [False, True])
async def test_other_workers_hear_of_an_erasure(any_store: DocumentStore, pool: HeavyPool, deaf: bool) -> None:
    """By the bus at once; without it whoever comes with the new epoch shows the worker that it is behind."""
    limits = Limits(idle_seconds=0.0, poll_seconds=3600.0)
    async with Classroom(any_store, MemoryBus(), limits=limits, others=[(any_store, MemoryBus())]) as room:
        if not deaf:
            room.hubs[1].bus = room.hubs[0].bus
        ada, ben = await room.join("ada", 0, Replica(500)), await room.join("ben", 1, Replica(600))
        ben.replica.text += "bleibt "
        await room.until(lambda: ben.replica.acked == ben.replica.sent and ben.replica.synced)
        ada.replica.text += "GEHEIM "
        await room.until(lambda: ada.replica.acked == ada.replica.sent and ada.replica.synced)
        epoch = await History(room.hubs[0], pool).erase("doc", "ada")
        if not deaf:
            await room.until(lambda: ben.transport.closed == (4404, "other_epoch"))
        else:
            with pytest.raises(StateError) as again:
                await room.join("ben", 1, epoch=epoch)
            assert again.value.code == "resync" and ben.transport.closed == (4404, "other_epoch")
        room.clients.clear()
        cleo = await room.join("cleo", 1, epoch=epoch)
        await room.until(lambda: cleo.replica.synced)
        assert str(cleo.replica.text) == "bleibt "


async def test_the_file_holds_nothing_of_what_was_erased(tmp_path: Path, pool: HeavyPool) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'collab.db'}"
    migrate(url)
    store = await DocumentStore.open(url)
    async with Classroom(store, MemoryBus()) as room:
        await room.hubs[0].create("table", "table")
        desk = Desk(room, pool)
        ada = await desk.sit("ada", 500)
        for number in range(30):
            await desk.write(ada, f"c{number % 8 + 1}", f"GEHEIM {number}" * 50)
            if number % 10 == 0:
                await desk.history.compact("table")
        await desk.history.name("table", None, "GEHEIM", "ada")
        await desk.history.erase("table", "ada")
    await store.close()  # folds the write-ahead log into the file
    assert not in_files(tmp_path, b"GEHEIM")


def in_files(folder: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in folder.iterdir())


async def test_the_old_copy_of_somebody_else_brings_nothing_back(desk: Desk) -> None:
    ada, ben = await desk.sit("ada", 500), await desk.sit("ben", 600)
    await desk.write(ben, "c1", "GEHEIM")
    away = ada.replica
    desk.leave(ada)
    away.doc.get("rows", type=Map)["r2"]["c2"] = "von Ada, ohne Netz"
    await desk.history.erase("table", "ben")
    desk.room.clients.clear()
    away.outgoing.clear()
    back = await desk.room.join("ada", document="table", replica=away)  # without an epoch, as stock clients come
    await desk.room.until(lambda: back.replica.synced and back.replica.acked == back.replica.sent)
    assert row(away.doc) == {"c2": "von Ada, ohne Netz"}, "her own copy learns of the erasure"
    fresh = await desk.sit("cleo")
    assert row(fresh.replica.doc) == {"c2": "von Ada, ohne Netz"}
    assert not await stored_anywhere(desk, b"GEHEIM")


async def test_what_is_written_while_it_is_erased_is_fenced(desk: Desk) -> None:
    ada = await desk.sit("ada", 500)
    await desk.write(ada, "c1", "GEHEIM")
    erasing = asyncio.create_task(desk.history.erase("table", "ada"))
    for number in range(200):
        if erasing.done() or not ada.connection.open:
            break
        ada.replica.doc.get("rows", type=Map)["r2"]["c2"] = f"GEHEIM {number}"
        ada.exchange()
        await asyncio.sleep(0.002)
    try:
        await erasing
    except Overloaded:  # changed too fast: allowed, but never half done
        await desk.history.erase("table", "ada")
    assert not await stored_anywhere(desk, b"GEHEIM")


async def stored_anywhere(desk: Desk, needle: bytes) -> bool:
    """Whether the bytes are in any state, entry or name of the document."""
    async with desk.room.store.database.read() as connection:
        found = list((await connection.execute(select(tables.log.c.data))).scalars())
        found += list((await connection.execute(select(tables.snapshot.c.state))).scalars())
        names = list((await connection.execute(select(tables.checkpoint.c.name))).scalars())
        packed = list((await connection.execute(select(tables.checkpoint.c.state))).scalars())
    found += [name.encode() for name in names] + [unpack(state) for state in packed]
    return any(needle in one for one in found)


async def test_a_live_document_is_compacted_apart_while_people_write(any_store: DocumentStore, pool: HeavyPool) -> None:
    limits = Limits(idle_seconds=0.0, compact_entries=10, compact_seconds=0.0)
    async with Classroom(any_store, MemoryBus(), limits=limits) as room:
        history = History(room.hubs[0], pool)
        room.hubs[0].compact_with(history.compact)
        ada = await room.join("ada")
        for number in range(60):
            ada.replica.text += f"{number} "
            await room.settle()
        end = time.monotonic() + 30
        while (await snapshot_seq(any_store)) < 10:
            assert time.monotonic() < end, "never compacted"
            await asyncio.sleep(0.02)
        assert pool.pids(), "in a process of the pool"
        ben = await room.join("ben")
        await room.settle()
        assert str(ben.replica.text).split() == [str(number) for number in range(60)]


async def snapshot_seq(store: DocumentStore) -> int:
    shot = (await store.load("doc")).snapshot
    assert shot is not None
    return shot.seq


async def test_a_compaction_that_fails_changes_nothing(any_store: DocumentStore) -> None:
    pool = HeavyPool()
    await pool.close()  # every job fails
    limits = Limits(idle_seconds=0.0, compact_entries=5, compact_seconds=0.0)
    async with Classroom(any_store, MemoryBus(), limits=limits) as room:
        room.hubs[0].compact_with(History(room.hubs[0], pool).compact)
        ada = await room.join("ada")
        for number in range(12):
            ada.replica.text += f"{number} "
            await room.settle()
        assert ada.transport.closed is None
        loaded = await any_store.load("doc")
        assert loaded.snapshot is not None and loaded.snapshot.seq == 0 and len(loaded.entries) == 12


class Keeping:
    """Schools that keep changes for different times."""

    def __init__(self, days: dict[str, int]) -> None:
        self.days = days

    async def shortest(self) -> int:
        return min(self.days.values())

    async def of(self, documents: Sequence[str]) -> Mapping[str, int]:
        return {name: self.days[name] for name in documents if name in self.days}


@pytest.mark.parametrize(("days", "kept"), [(5, 1), (40, 2)])
async def test_each_school_says_how_long_changes_are_kept(desk: Desk, days: int, kept: int) -> None:
    ada = await desk.sit("ada")
    first = await desk.write(ada, "c1", "alt")
    second = await desk.write(ada, "c1", "neu")
    await desk.set_day(10, first)
    await desk.history.sweep(Keeping({"table": days, "elsewhere": 1}))
    changes = (await desk.history.changes("table")).changes
    assert sum(sum(change.accounts.values()) for change in changes) == kept
    assert (await desk.said(first))["c1"] == "alt", "the end of that day stays"
    assert (await desk.said(second))["c1"] == "neu"
