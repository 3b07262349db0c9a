"""Who wrote each letter, over HTTP: clients, people and times; through compaction, undo and erasure."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from collab import tables
from collab.authorship import RUNS
from collab.heavy import HeavyPool
from collab.heavy_child import Order
from collab.history import History
from tests.web.house import eventually
from tests.web.routes.conftest import Browser, Enter
from tests.web.routes.test_history import write
from web.services import Services

PATH = "documents/demo-table/authors"


async def names(browser: Browser) -> dict[int, str | None]:
    """The account behind each client id."""
    told = await browser.get(PATH)
    people = [person["account"] for person in told["people"]]
    return {one["client"]: None if one["person"] is None else people[one["person"]] for one in told["clients"]}


async def times(browser: Browser, client: int) -> list[int]:
    return [run["at"] for run in (await browser.get(PATH))["runs"] if run["client"] == client]


async def test_people_and_times_survive_compaction_and_the_end_of_the_log(enter: Enter, services: Services) -> None:
    teacher = await enter("teacher")
    await write(services, "pupil1", "c1", "Amira")
    await write(services, "teacher", "c2", "Lehrerin")
    told = await names(teacher)
    assert (told[901], told[902]) == ("teacher", "pupil1")
    first = await times(teacher, 902)
    assert len(first) == 1
    history = History(services.documents, services.heavy)
    await history.compact("demo-table")
    await write(services, "pupil1", "c1", "Amira Y.")
    assert await times(teacher, 902) == first, "written within the same moment"
    assert await names(teacher) == told

    async with services.documents.store.database.write() as connection:
        await connection.execute(tables.log.delete().where(tables.log.c.document == "demo-table"))
    await write(services, "teacher", "c2", "Lehrer")
    since = {one["client"]: one["since"] for one in (await teacher.get(PATH))["clients"]}
    assert abs(since[902] - first[0]) < 60_000, "what is older than the log has the time of the first letter"
    assert await names(teacher) == told


async def test_an_erased_writer_has_no_name(enter: Enter, services: Services) -> None:
    teacher = await enter("teacher")
    await write(services, "pupil1", "c1", "Amira")
    await write(services, "teacher", "c2", "Lehrerin")
    assert (await names(teacher))[902] == "pupil1"
    assert (await teacher.call("POST", "documents/demo-table/erasure", {"account": "pupil1"}))[0] == 200
    told = await names(teacher)
    assert (told[901], told[902]) == ("teacher", None)
    assert "pupil1" not in {person["account"] for person in (await teacher.get(PATH))["people"]}


async def test_only_readers_look(enter: Enter, services: Services) -> None:
    stranger = await enter("guardian5")
    assert (await stranger.call("GET", PATH))[0] == 404
    assert (await (await enter("pupil3")).call("GET", "documents/nothing/authors"))[0] == 404


async def test_a_family_that_reads_is_told_of_staff_alone(enter: Enter, services: Services) -> None:
    teacher, guardian = await enter("teacher"), await enter("guardian1")
    await write(services, "pupil1", "c1", "Amira")
    await write(services, "teacher", "c2", "Lehrerin")
    reader = [{"subject_kind": "account", "subject": "guardian1", "right": "read"}]
    await teacher.call("PUT", "documents/demo-table/rights", {"rights": reader})
    told = await names(guardian)
    assert (told[901], told[902]) == ("teacher", None)
    assert "pupil1" not in str(await guardian.get(PATH))


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of whose heavy work little waits."""
    monkeypatch.setattr("web.app.HeavyPool", partial(HeavyPool, waiting=6))


@pytest.mark.usefixtures("narrow")
async def test_one_person_leaves_room_for_the_work_of_others(
    enter: Enter, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    await write(services, "pupil1", "c1", "Amira")
    worked, begun, go_on = HeavyPool._run, 0, asyncio.Event()

    async def held(self: HeavyPool, order: Order, data: bytes) -> bytes:
        nonlocal begun
        if order.job == RUNS:
            begun += 1
            await go_on.wait()
        return await worked(self, order, data)

    monkeypatch.setattr(HeavyPool, "_run", held)
    looks = [asyncio.create_task(teacher.call("GET", PATH)) for _ in range(32)]
    await eventually(lambda: begun > 0 and sum(look.done() for look in looks) >= 24)  # of the others none comes on
    try:
        async with asyncio.timeout(60):
            exported = await pupil.client.get("/api/v1/documents/demo-deck/export", params={"format": "pptx"})
    finally:
        go_on.set()
    assert exported.status == 200
    answers = await asyncio.gather(*looks)
    assert begun == 1, "who looks at the same document joins"
    assert sorted(status for status, _ in answers) == [200] * 2 + [429] * 30
    assert {body["code"] for status, body in answers if status == 429} == {"too_many_requests"}
    assert (await teacher.call("GET", PATH))[0] == 200
