"""What a person wrote is erased: out of the document, its log, all old states, the file, and from others' copies."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

import pytest
from pycrdt import Map
from sqlalchemy import select

from collab import tables
from collab.bus import MemoryBus
from collab.checkpoints import Snapshot, unpack
from collab.errors import AccessDenied, Overloaded, StateError
from collab.heavy import HeavyPool
from collab.history import History
from collab.history_store import Erasure
from collab.limits import Limits
from collab.store import DocumentStore, migrate
from tests.collab.clients import Replica
from tests.collab.desk import Desk, row
from tests.collab.school import Classroom


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
    bus = MemoryBus()
    async with Classroom(any_store, bus, limits=limits, others=[(any_store, MemoryBus() if deaf else bus)]) as room:
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


async def test_what_others_wrote_meanwhile_is_not_erased_with_it(desk: Desk) -> None:
    """An erasure is made from what was there when it began; what was acknowledged since must not go with the log."""
    ada, ben = await desk.sit("ada"), await desk.sit("ben")
    await desk.write(ada, "c1", "GEHEIM")
    store = desk.history.store
    past = await store.past("table")
    await desk.write(ben, "c2", "bleibt")
    made = Erasure(snapshot=Snapshot(past.head, b"\x00\x00", b"\x00"), days={}, others={})
    assert await store.erase("table", past, "ada", made, 0) is None
    loaded = await desk.room.store.load("table")
    assert (loaded.epoch, loaded.head) == (past.epoch, past.head + 1)
    assert any(b"bleibt" in entry.data for entry in loaded.entries)


class Somewhere(Protocol):
    """What has a store in a room."""

    room: Classroom


async def stored_anywhere(desk: Somewhere, needle: bytes) -> bool:
    """Whether the bytes are in any state, entry or name of any document."""
    async with desk.room.store.database.read() as connection:
        found = list((await connection.execute(select(tables.log.c.data))).scalars())
        found += list((await connection.execute(select(tables.snapshot.c.state))).scalars())
        names = list((await connection.execute(select(tables.checkpoint.c.name))).scalars())
        packed = list((await connection.execute(select(tables.checkpoint.c.state))).scalars())
    found += [name.encode() for name in names] + [unpack(state) for state in packed]
    return any(needle in one for one in found)
