"""Direct messages, signs of writing and how people are, over two workers with one Redis, on both stores."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services import RedisServer
from tests.web.house import House, furnish, open_house
from tests.web.people import CLASS, Guests, channel_in, guests, status_of
from web.school.actions import SchoolPatch, do_change_school

pytestmark = pytest.mark.edge


class Pair:
    """Two workers of one server, each at its own door, and who comes."""

    def __init__(self, one: House, two: House, people: Guests) -> None:
        self.one, self.two, self.people = one, two, people


@pytest.fixture(params=["sqlite", "postgres"])
async def pair(
    request: pytest.FixtureRequest, tmp_path: Path, short_path: Path, redis_server: RedisServer
) -> AsyncIterator[Pair]:
    data = tmp_path / "data"
    data.mkdir()
    store = {"database": request.getfixturevalue("postgres_url")} if request.param == "postgres" else {}
    await furnish(data, **store)
    options = {"redis": redis_server.url, "runtime": short_path, **store}
    async with (
        open_house(data, index=0, **options) as one,
        open_house(data, index=1, **options) as two,
        guests() as people,
    ):
        yield Pair(one, two, people)
    shutil.rmtree(data)


async def test_two_people_on_two_workers(pair: Pair) -> None:
    people = pair.people
    teacher, amira = await people.enter(pair.one, "teacher"), await people.enter(pair.two, "pupil1")
    opened = await asyncio.gather(
        *(teacher.ask("direct:open", person="pupil1") for _ in range(4)),
        *(amira.ask("direct:open", person="teacher") for _ in range(4)),
    )
    (channel,) = {answer["channel"] for answer in opened}

    for device in (teacher, amira):
        await device.until("rights:changed", lambda told: channel_in(told, channel) is not None)
    await status_of(teacher, channel, "pupil1", "here")
    await teacher.ask("chat:typing", channel=channel, typing=True)
    assert [one["person"] for one in (await amira.until("chat:typing"))["people"]] == ["teacher"]
    sent = await teacher.ask("chat:send", channel=channel, text="Hello", client_id="1")
    assert (await amira.until("chat:message"))["seq"] == sent["seq"] == 1

    phone = await people.enter(pair.one, "pupil1")
    assert channel_in(await phone.until("session:hello"), channel)["unread"] == 1
    await amira.ask("chat:read", channel=channel, seq=1)
    assert await phone.until("chat:read") == {"channel": channel, "seq": 1}
    assert not amira.all("chat:read"), "the device that has read knows it"

    for device in (amira, phone):
        await device.ask("presence:idle", idle=True)
    await status_of(teacher, CLASS, "pupil1", "away")
    await phone.ask("room:join", meeting="demo-lesson")
    await status_of(teacher, CLASS, "pupil1", "lesson")
    amira.told.clear()
    await teacher.ask("room:join", meeting="demo-lesson")
    await status_of(amira, CLASS, "teacher", "lesson")

    await do_change_school(pair.one.services.school, "demo", SchoolPatch(direct="staff"))
    for device in (teacher, amira, phone):
        await device.until("rights:changed", lambda told: not (channel_in(told, channel) or {"write": True})["write"])
    assert (await amira.ask("chat:send", channel=channel, text="x", client_id="2"))["error"]["code"] == "not_allowed"
