"""A log is folded as soon as it has grown much, and a large entry before it is loaded; or it is loaded as it is."""

from __future__ import annotations

import asyncio
import time

import pytest

from collab.bus import MemoryBus
from collab.heavy import HeavyPool
from collab.history import History
from collab.limits import Limits
from collab.store import DocumentStore
from tests.collab.school import Classroom

SLOW = Limits(compact_seconds=3600.0, compact_bytes=500, compact_bytes_at_once=1000, compact_pause=0.0)
TEXT = "many words " * 100


async def folded(store: DocumentStore) -> bool:
    loaded = await store.load("doc")
    return loaded.snapshot is not None and loaded.snapshot.seq == loaded.head > 0


async def test_what_was_pasted_is_folded_while_people_have_it_open(store: DocumentStore, pool: HeavyPool) -> None:
    async with Classroom(store, MemoryBus(), limits=SLOW) as room:
        room.hubs[0].compact_with(History(room.hubs[0], pool).compact)
        ada = await room.join("ada")
        ada.replica.text += TEXT
        await room.settle()
        end = time.monotonic() + 30
        while not await folded(store):
            assert time.monotonic() < end, "never folded"
            await asyncio.sleep(0.02)
        assert ada.transport.closed is None


@pytest.mark.parametrize("works", [True, False])
async def test_a_large_entry_is_folded_before_it_is_loaded(store: DocumentStore, pool: HeavyPool, works: bool) -> None:
    async with Classroom(store, MemoryBus()) as room:  # nobody folds
        ada = await room.join("ada")
        ada.replica.text += TEXT
        await room.settle()
        assert not await folded(store)
    if not works:
        await pool.close()  # every job fails
    async with Classroom(store, MemoryBus(), limits=SLOW) as room:
        room.hubs[0].compact_with(History(room.hubs[0], pool).compact)
        ben = await room.join("ben")
        assert await folded(store) is works
        await room.until(lambda: str(ben.replica.text) == TEXT)
