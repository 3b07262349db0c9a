"""However many documents and meetings somebody has, each is on some page, and what is complete is said."""

from __future__ import annotations

from tests.web.school.town import NOW, person
from web.school import tables
from web.school.access import SchoolAccess
from web.school.queries import PAGE
from web.school.store import SchoolStore

MANY = PAGE + 20
MINUTE = 60_000


async def write_documents(store: SchoolStore, titles: list[str]) -> None:
    rows = [
        {"id": f"many{number}", "school": "a", "kind": "deck", "title": title, "folder": None, "owner": "a-t1"}
        for number, title in enumerate(titles)
    ]
    async with store.write() as connection:
        await connection.execute(tables.document.insert(), rows)


async def titles(access: SchoolAccess, text: str = "", skip: int = 0) -> tuple[list[str], int | None]:
    found, following = await access.documents_of(person("a", "t1"), text, skip)
    return [document.title for document, _ in found], following


async def test_every_document_is_on_some_page(town: SchoolStore) -> None:
    access = SchoolAccess(town)
    before = (await titles(access))[0]
    wanted = [f"Arbeitsblatt {number:04d}" for number in range(MANY)]
    await write_documents(town, wanted)
    first, following = await titles(access)
    assert len(first) == PAGE and following == PAGE
    second, end = await titles(access, skip=following)
    assert end is None
    assert sorted(first + second) == sorted(before + wanted)


async def test_a_document_is_found_by_parts_of_its_title(town: SchoolStore) -> None:
    await write_documents(town, ["Übung zu Parabeln", "ÖKOLOGIE 100%", "Die Ökologie des Waldes"])
    access = SchoolAccess(town)
    assert (await titles(access, "parab übung"))[0] == ["Übung zu Parabeln"]
    assert len((await titles(access, "ökologie"))[0]) == 2
    assert (await titles(access, "0%"))[0] == ["ÖKOLOGIE 100%"]
    assert await titles(access, "nirgends") == ([], None)


async def test_the_plan_says_until_when_it_is_complete(town: SchoolStore) -> None:
    own = {"school": "a", "kind": "lesson", "title": "x", "host": "a-t1", "channel": "a-talk-channel"}
    begins = NOW + 1000 * MINUTE
    rows = [
        {**own, "id": f"m{at}", "starts_at": at, "ends_at": at + MINUTE, "lobby": False, "locked": False}
        for at in range(begins, begins + MANY * MINUTE, MINUTE)
    ]
    async with town.write() as connection:
        await connection.execute(tables.meeting.insert(), rows)
    access, teacher = SchoolAccess(town), person("a", "t1")
    since, until = begins, begins + 2 * MANY * MINUTE
    first, complete = await access.plan_of(teacher, since, until)
    assert len(first) == PAGE and complete == first[-1][0].starts_at
    rest, end = await access.plan_of(teacher, complete, until)
    assert end == until
    assert {meeting.id for meeting, _ in first + rest} == {row["id"] for row in rows}
