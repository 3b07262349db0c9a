"""Who is in doubt stays so until rights were read that are no older than the news, whatever fails meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import pytest

from web import rereading
from web.errors import Unavailable
from web.rereading import Rereading


class Holder:
    def __init__(self, name: int) -> None:
        self.name = name
        self.doubt: asyncio.Event | None = None


class Reads:
    """What was read, at a gate that is open unless it was closed; `broken` cannot be read."""

    def __init__(self) -> None:
        self.looks: list[list[int]] = []
        self.broken: set[int] = set()
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()

    async def read(self, holders: Sequence[Holder]) -> Collection[Holder]:
        self.looks.append([holder.name for holder in holders])
        self.begun.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [holder for holder in holders if holder.name in self.broken]


@asynccontextmanager
async def rereading_of(reads: Reads, at_once: int = 2) -> AsyncIterator[Rereading[Holder]]:
    one = Rereading[Holder](reads.read, at_once)
    try:
        async with asyncio.timeout(30):
            yield one
    finally:
        reads.gate.set()
        await one.close()


async def test_many_are_read_by_one_look_and_who_waits_is_read_next() -> None:
    reads, holders = Reads(), [Holder(number) for number in range(6)]
    reads.gate.clear()
    async with rereading_of(reads) as all_of_them:
        all_of_them.add(holders)
        assert all(holder.doubt is not None for holder in holders)
        await reads.begun.wait()
        waiting = asyncio.create_task(all_of_them.until_certain(holders[5]))
        await asyncio.sleep(0)
        all_of_them.add([holders[4]], first=True)
        reads.gate.set()
        await waiting
        assert reads.looks[:2] == [[0, 1], [4, 5]]
        for holder in holders:
            await all_of_them.until_certain(holder)
        assert [holder.doubt for holder in holders] == [None] * 6
        assert len(reads.looks) == 3


async def test_news_that_come_while_it_is_read_have_it_read_again() -> None:
    reads, holder = Reads(), Holder(1)
    reads.gate.clear()
    async with rereading_of(reads) as all_of_them:
        all_of_them.add([holder])
        await reads.begun.wait()
        all_of_them.add([holder])
        reads.gate.set()
        await all_of_them.until_certain(holder)
        assert reads.looks == [[1], [1]]


async def test_who_cannot_be_read_is_read_again_and_is_in_nobodys_way() -> None:
    reads, holders = Reads(), [Holder(number) for number in range(4)]
    reads.broken = {0}
    async with rereading_of(reads) as all_of_them:
        all_of_them.add(holders)
        for holder in holders[1:]:
            await all_of_them.until_certain(holder)
        assert holders[0].doubt is not None
        reads.broken.clear()
        await all_of_them.until_certain(holders[0])
        assert [sorted(look) for look in reads.looks] == [[0, 1], [2, 3], [0]]


@pytest.mark.parametrize("error", [Unavailable(), ZeroDivisionError()])
async def test_a_look_that_fails_is_repeated(error: Exception) -> None:
    reads, holders = Reads(), [Holder(number) for number in range(2)]
    reads.error = error
    async with rereading_of(reads) as all_of_them:
        all_of_them.add(holders)
        await reads.begun.wait()
        await asyncio.sleep(0)
        assert all(holder.doubt is not None for holder in holders)
        reads.error = None
        for holder in holders:
            await all_of_them.until_certain(holder)
        assert reads.looks == [[0, 1], [0, 1]]


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rereading, "PATIENCE_SECONDS", 0.01)
    reads, holder = Reads(), Holder(1)
    reads.gate.clear()
    async with rereading_of(reads) as all_of_them:
        all_of_them.add([holder])
        with pytest.raises(Unavailable):
            await all_of_them.until_certain(holder)


@pytest.mark.parametrize("broken", [False, True])
async def test_who_has_gone_waits_no_longer_and_is_not_read_again(broken: bool) -> None:
    reads, holder, other = Reads(), Holder(1), Holder(2)
    reads.gate.clear()
    reads.broken = {1} if broken else set()
    async with rereading_of(reads, 1) as all_of_them:
        all_of_them.add([holder])
        waiting = asyncio.create_task(all_of_them.until_certain(holder))
        await reads.begun.wait()
        all_of_them.drop(holder)
        await waiting
        reads.gate.set()
        all_of_them.add([other])
        await all_of_them.until_certain(other)
        assert reads.looks == [[1], [2]]
        assert not all_of_them._failed
