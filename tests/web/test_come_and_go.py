"""Fifty people come with real media, one changes networks, all go: nothing of them stays, here or natively."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import aiohttp
import pytest

from benchmarks.joins import SENDING, Part, Storm
from benchmarks.joins_figures import Join
from tests.web.house import House, eventually

PEOPLE, LESSON = 50, "demo-lesson"
NATIVE = ("sessions", "fragments", "addresses", "streams", "sources", "slots", "assignments", "tcp_connections")


@pytest.fixture
async def storm(house: House) -> AsyncIterator[Storm]:
    async with aiohttp.ClientSession() as http:
        storm = Storm(house.url, http)
        sending = asyncio.create_task(storm.send())
        yield storm
        sending.cancel()
        await storm.close()


async def come(house: House, storm: Storm, number: int) -> Join:
    ticket = (await house.services.auth.issue_role_ticket(LESSON, "pupil", f"P{number}")).ticket
    return await storm.join(LESSON, ticket, SENDING if number < 2 else Part(), monotonic())


async def test_fifty_come_and_go_and_leave_nothing(house: House, storm: Storm) -> None:
    people = await asyncio.gather(*(come(house, storm, number) for number in range(PEOPLE)))
    assert [one.wrong for one in people if one.wrong] == []
    media, rooms = house.services.media, house.services.rooms
    assert media.counts()["sessions"] == media.counters()["sessions"] == PEOPLE
    assert rooms.counts()["people"] == PEOPLE

    # Another network: new credentials from a new address, and the connection with its keys is the same.
    mover = people[-1]
    assert mover.media is not None
    answer = await mover.wire.ask("media:offer", {**mover.offer, "sdp": mover.media.reoffer()})
    await mover.media.reconnect(str(answer["sdp"]))
    async with asyncio.timeout(30):
        await mover.media.first
    assert media.counts()["sessions"] == PEOPLE

    for one in people[:-2]:
        assert await one.wire.ask("room:leave", {}) == {}
    assert await people[-2].wire.ask("room:sync", {})
    for one in people[-2:]:
        assert await one.wire.ask("room:leave", {}) == {}
    await eventually(lambda: not any(media.counters()[name] for name in NATIVE))
    assert rooms.counts()["people"] == 0
    await eventually(lambda: set(media.counts().values()) == {0})
    host = rooms.hosts()
    assert all(set(one.media.plane.counts().values()) == {0} and not one.media.wishes for one in host)
