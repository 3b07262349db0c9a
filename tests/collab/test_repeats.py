"""Announcements are told again while they are young, and nothing wakes for those that are not."""

from __future__ import annotations

import asyncio
from typing import cast

from collab.keeper import Keeper
from collab.repeats import Repeats


async def test_an_announcement_is_told_twice_more_and_a_forgotten_one_is_not() -> None:
    now = 100.0
    said: list[Keeper] = []
    deck, table = cast(Keeper, object()), cast(Keeper, object())
    repeats = Repeats(lambda: now, said.append)
    waiting = asyncio.create_task(repeats.repeat())
    await asyncio.sleep(0)
    assert not waiting.done(), "there is nothing to repeat"
    repeats.note(deck)
    repeats.note(table)
    await waiting
    assert said == []
    for moment, heard in ((100.29, 0), (100.31, 2), (100.5, 2)):
        now = moment
        await repeats.repeat()
        assert len(said) == heard
    repeats.forget(table)
    now = 101.1
    await repeats.repeat()
    assert said == [deck, table, deck]
    resting = asyncio.create_task(repeats.repeat())
    await asyncio.sleep(0)
    assert not resting.done(), "nothing is left"
    resting.cancel()
