"""All documents are looked at, and the loop is free between a few and the next."""

from __future__ import annotations

import asyncio

from collab.bus import MemoryBus
from collab.limits import Limits
from collab.store import DocumentStore
from collab.sweep import AT_ONCE, sweep

from .school import Classroom

NOW = 7.0


class Shelf:
    """Notes how many others were looked at before it since the loop was free."""

    looked = 0

    def __init__(self) -> None:
        self.before: list[int] = []

    def look(self, now: float) -> None:
        assert now == NOW
        self.before.append(Shelf.looked)
        if not Shelf.looked:
            asyncio.get_running_loop().call_soon(self._free)
        Shelf.looked += 1

    @staticmethod
    def _free() -> None:
        Shelf.looked = 0


async def test_each_is_looked_at_once_and_never_all_in_one_go() -> None:
    shelves = [Shelf() for _ in range(3 * AT_ONCE + 1)]
    await sweep(shelves, lambda: NOW, 0)
    assert [len(shelf.before) for shelf in shelves] == [1] * len(shelves)
    assert max(shelf.before[0] for shelf in shelves) == AT_ONCE - 1


async def test_a_look_wakes_nobody_who_has_nothing_to_do(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0)) as room:
        ada = await room.join("ada")
        await room.settle()
        (keeper,) = room.hubs[0]._keepers.values()
        keeper.look(room.hubs[0].clock())
        assert not keeper._wake.is_set()
        ada.leave()
        keeper.look(room.hubs[0].clock())
        assert keeper._wake.is_set(), "nobody is there: it unloads"
