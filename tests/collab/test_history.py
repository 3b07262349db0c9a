"""The past of documents: looked at, named, restored, erased and tended, on both databases, with people at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import pytest
from pycrdt import Map
from sqlalchemy import text, update

from collab import tables
from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.checkpoints import Checkpoint, Kind, Snapshot, pack
from collab.content import plain
from collab.errors import AccessDenied, Overloaded, StateError
from collab.heavy import HeavyPool
from collab.history import History
from collab.history_store import MOST_KEPT, MOST_NAMED, Tended
from collab.limits import Limits
from collab.store import DocumentStore
from tests.collab.desk import TODAY, Desk, row
from tests.collab.school import Classroom


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
    await desk.history.name("table", 5, "Abgabe", "ada")
    desk.wall += 80 * 86400
    assert await desk.history.sweep() == 1
    assert await desk.count(tables.log) == 0
    points = [(version.seq, version.kind) for version in await desk.history.versions("table")]
    assert points == [(6, "day"), (5, "named")], "what is long ago has gone, but for what somebody named"
    assert [(await desk.said(seq))["c1"] for seq in (5, 6)] == ["v4", "v5"]
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


@pytest.mark.parametrize(("days", "kept"), [(9, 1), (11, 2)])
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
