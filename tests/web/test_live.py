"""Events reach everybody who acts on them: in order, again after a failure, and nobody waits for a slow one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import pytest

from collab.bus import MemoryBus
from web.errors import Unavailable
from web.live import Live, Subscriber
from web.school.events import SchoolEvent, SessionEnded
from web.school.store import SchoolStore


class Events:
    """The events of one school, as the store tells them."""

    def __init__(self) -> None:
        self.events: list[SchoolEvent] = []
        self.away = False

    def add(self) -> int:
        seq = len(self.events) + 1
        self.events.append(SchoolEvent("school", seq, 0, SessionEnded("somebody")))
        return seq

    async def event_heads(self) -> dict[str, int]:
        return {"school": len(self.events)}

    async def events_after(self, seen: Mapping[str, int]) -> list[SchoolEvent]:
        if self.away:
            raise Unavailable(text="the database cannot be reached")
        return self.events[seen.get("school", 0) :]


@asynccontextmanager
async def following(events: Events, *subscribers: Subscriber) -> AsyncIterator[Live]:
    live = Live(cast(SchoolStore, events), MemoryBus())
    for subscriber in subscribers:
        live.subscribe(subscriber)
    await live.start()
    try:
        async with asyncio.timeout(30):
            yield live
    finally:
        await live.close()


async def test_who_cannot_read_the_news_takes_no_writes() -> None:
    events = Events()
    async with following(events) as live:
        events.away = True
        live._read_at -= 60  # as after a minute without an answer
        assert not live.fresh
        with pytest.raises(Unavailable):
            live.require_fresh()
        events.away = False
        await live.until_fresh()
        live.require_fresh()


async def test_who_could_not_act_gets_the_news_again_and_nobody_writes_until_then() -> None:
    told: list[list[int]] = []
    away, back = asyncio.Event(), asyncio.Event()
    done = asyncio.Event()

    async def act(news: Sequence[SchoolEvent]) -> None:
        told.append([event.seq for event in news])
        if not back.is_set():
            away.set()
            raise Unavailable(text="the database cannot be reached")
        done.set()

    events = Events()
    async with following(events, act) as live:
        assert live.fresh
        events.add()
        await live.hasten()
        await away.wait()
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            live.require_fresh()
        events.add()
        await live.hasten()
        back.set()
        await done.wait()
        await asyncio.sleep(0)
        live.require_fresh()
    assert told[0] == [1]
    acted = [seq for batch in told[1:] for seq in batch]
    assert sorted(set(acted)) == [1, 2]
    assert all(batch[0] == 1 for batch in told[:-1]), "nothing newer overtakes what has failed"


async def test_a_slow_subscriber_delays_nobody() -> None:
    heard: list[int] = []
    enough = asyncio.Event()
    never = asyncio.Event()

    async def slow(news: Sequence[SchoolEvent]) -> None:
        await never.wait()

    async def quick(news: Sequence[SchoolEvent]) -> None:
        heard.extend(event.seq for event in news)
        if len(heard) == 2:
            enough.set()

    events = Events()
    async with following(events, slow, quick) as live:
        for _ in range(2):
            events.add()
            await live.hasten()
            await asyncio.sleep(0.4)  # longer than a poll: two batches
        await enough.wait()
        assert heard == [1, 2]
        assert live.fresh
        never.set()


async def test_a_failure_of_one_subscriber_is_in_no_others_way_and_loses_no_news(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[int] = []
    tries: list[list[int]] = []
    enough, mended, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    failed = asyncio.Event()

    async def broken(news: Sequence[SchoolEvent]) -> None:
        tries.append([event.seq for event in news])
        if not mended.is_set():
            failed.set()
            raise ZeroDivisionError
        done.set()

    async def sound(news: Sequence[SchoolEvent]) -> None:
        heard.extend(event.seq for event in news)
        enough.set()

    events = Events()
    async with following(events, broken, sound) as live:
        events.add()
        await live.hasten()
        await enough.wait()
        await failed.wait()
        await asyncio.sleep(0)
        assert not live.fresh, "rights may be gone that it did not take away"
        mended.set()
        await done.wait()
        await asyncio.sleep(0)
        assert live.fresh
    assert heard == [1]
    assert tries[-1] == [1]
    assert "a subscriber of the schools' events failed" in caplog.text
