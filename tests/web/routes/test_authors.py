"""Who wrote each letter, over HTTP: clients, people and times; through compaction, undo and erasure."""

from __future__ import annotations

from collab import tables
from collab.history import History
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
