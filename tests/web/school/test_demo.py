"""The demo school: the ids of the public wire, and a lesson that is always now."""

from __future__ import annotations

from msgspec import structs

from tests.web.school.town import HOUR, Clock
from web.school import queries, tables
from web.school.access import SchoolAccess
from web.school.demo import seed_demo
from web.school.model import Person
from web.school.store import SchoolStore


def who(name: str, role: str) -> Person:
    return structs.replace(Person(name, "demo", "guest", name), role=role)


async def test_the_wires_ids(store: SchoolStore) -> None:
    await seed_demo(store)
    access = SchoolAccess(store)
    async with store.read() as connection:
        accounts = {account.id: account for account in await queries.accounts(connection)}
        members = await queries.members(connection, "demo-8b")
    assert set(accounts) == {
        "teacher", "head", "admin",
        *(f"pupil{number}" for number in range(1, 31)), *(f"guardian{number}" for number in range(1, 6)),
    }  # fmt: skip
    assert len(members) == 31
    assert all(len(accounts[f"pupil{number}"].name.split()[-1]) == 2 for number in range(1, 31)), "initials only"
    teacher = who("teacher", "teacher")
    for document in ("demo-deck", "demo-table"):
        assert (await access.access_document(teacher, document))[1] == "write"
        assert (await access.access_document(who("pupil30", "pupil"), document))[1] == "write"
    assert (await access.access_channel(teacher, "demo-class"))[1].moderate
    lobby = {name: (await access.access_meeting(who(name, "guardian"), "demo-consultation"))[1].admission
             for name in ("guardian1", "guardian5")}  # fmt: skip
    assert lobby == {"guardian1": "lobby", "guardian5": "lobby"}
    assert (await access.access_meeting(who("head", "head"), "demo-conference"))[1].moderate


async def test_seeding_again(store: SchoolStore, clock: Clock) -> None:
    await seed_demo(store)
    heads = await store.event_heads()
    await seed_demo(store)
    assert await store.event_heads() == heads
    for hours in (1, 2, 30, 31, 1000):
        clock.now += hours * HOUR
        await seed_demo(store)
        async with store.read() as connection:
            (lesson,) = await queries.meetings(connection, tables.meeting.c.id == "demo-lesson")
        assert lesson.starts_at <= clock.now < lesson.ends_at


async def test_a_seeding_that_was_cut_short(store: SchoolStore) -> None:
    await seed_demo(store)
    async with store.write() as connection:
        for name in ("demo-conference", "demo-consultation"):
            await connection.execute(tables.meeting.delete().where(tables.meeting.c.id == name))
            await connection.execute(tables.channel.delete().where(tables.channel.c.id == f"{name}-channel"))
    await seed_demo(store)
    async with store.read() as connection:
        found = await queries.meetings(connection)
    assert {meeting.id for meeting in found} == {"demo-lesson", "demo-consultation", "demo-conference"}
