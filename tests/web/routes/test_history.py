"""The past of documents over HTTP: who may look, name, restore and erase, and that it does so."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any

import pytest
from pycrdt import Map

from collab.awareness import Editor
from collab.content import load, plain
from collab.history import History, OldState
from collab.history_store import HistoryStore
from collab.scribe import write_edit
from tests.web.routes.conftest import Browser, Enter
from web.services import Services

PATH = "documents/demo-table/versions"


async def write(services: Services, account: str, cell: str, value: str, document: str = "demo-table") -> None:
    """Write a cell of row r2 as somebody."""
    loaded = await services.documents.store.load(document)
    assert loaded.snapshot is not None
    doc = load(loaded.snapshot.state, {"teacher": 901, "pupil1": 902, "pupil2": 903}.get(account, 904))
    for entry in loaded.entries:
        doc.apply_update(entry.data)
    events: list[bytes] = []
    doc.observe(lambda event: events.append(event.update))
    doc.get("rows", type=Map)["r2"][cell] = value
    await write_edit(services.documents, document, loaded.epoch, Editor(account, account, "pupil", 1), events[0])


async def cells(browser: Browser, seq: int) -> dict[str, Any]:
    """Row r2 of an old state."""
    answer = await browser.get(f"{PATH}/{seq}")
    row: dict[str, Any] = plain(load(base64.b64decode(answer["state"])).get("rows", type=Map)["r2"])
    return row


async def test_who_wrote_what_and_when(enter: Enter, services: Services) -> None:
    teacher = await enter("teacher")
    await write(services, "pupil1", "c1", "Amira")
    await write(services, "teacher", "c2", "Lehrerin")
    past = await teacher.get(PATH)
    [change] = past["changes"]
    assert (change["first"], change["last"], past["more"]) == (1, 2, None)
    assert {(person["account"], person["entries"]) for person in change["people"]} == {("pupil1", 1), ("teacher", 1)}
    assert all(person["name"] for person in change["people"])
    assert (await cells(teacher, 1))["c1"] == "Amira" and (await cells(teacher, 1)).get("c2") != "Lehrerin"
    authors = {(author["client"], author["account"]) for author in (await teacher.get(f"{PATH}/1"))["authors"]}
    assert {(901, "teacher"), (902, "pupil1")} <= authors
    assert (await teacher.get(f"{PATH}?before=2"))["changes"][0]["last"] == 1
    for wrong in ("99", "x", "1.5"):
        assert (await teacher.call("GET", f"{PATH}/{wrong}"))[0] in (400, 404)
    assert (await teacher.call("GET", f"{PATH}?before=-1"))[0] == 400


async def test_naming_and_restoring(enter: Enter, services: Services) -> None:
    teacher = await enter("teacher")
    await write(services, "teacher", "c1", "Entwurf")
    status, version = await teacher.call("POST", PATH, {"name": "Abgabe", "seq": 1})
    assert status == 201 and version["by"] and (version["seq"], version["kind"]) == (1, "named")
    assert (await teacher.call("POST", PATH, {"name": "Abgabe", "seq": 1}))[0] == 409
    assert (await teacher.call("POST", PATH, {"name": ""}))[0] == 400
    await write(services, "pupil1", "c1", "kaputt")
    assert await teacher.call("POST", f"{PATH}/1/restore") == (200, {"changed": True})
    assert (await cells(teacher, 3))["c1"] == "Entwurf"
    assert await teacher.call("POST", f"{PATH}/1/restore") == (200, {"changed": False})
    versions = (await teacher.get(PATH))["versions"]
    assert [(row["kind"], row["seq"], row["name"]) for row in versions] == [("kept", 2, ""), ("named", 1, "Abgabe")]
    assert (await teacher.call("DELETE", f"{PATH}/{version['id']}"))[0] == 204
    assert (await teacher.call("DELETE", f"{PATH}/{version['id']}"))[0] == 404
    assert (await teacher.call("DELETE", f"{PATH}/{versions[0]['id']}"))[0] == 404, "what is kept is nobody's to remove"


async def test_rights(enter: Enter, services: Services) -> None:
    """Reading looks; writing names and restores; owner and who leads a meeting erase."""
    teacher, pupil, head, guardian = [await enter(who) for who in ("teacher", "pupil1", "head", "guardian1")]
    await write(services, "pupil1", "c1", "x")
    erasing = {"account": "pupil1"}
    for browser, reads, writes, erases in (
        (head, 200, 403, 403),
        (guardian, 404, 404, 404),
        (pupil, 200, 200, 403),
        (teacher, 200, 200, 200),
    ):
        assert (await browser.call("GET", PATH))[0] == reads
        assert (await browser.call("GET", f"{PATH}/1"))[0] == reads
        assert (await browser.call("POST", f"{PATH}/1/restore"))[0] == writes
        status, made = await browser.call("POST", PATH, {"name": f"n{id(browser)}"})
        assert status == (201 if writes == 200 else writes)
        removed = (await browser.call("DELETE", f"{PATH}/{made.get('id', 'x')}"))[0]
        assert removed == (204 if writes == 200 else writes)
        assert (await browser.call("POST", "documents/demo-table/erasure", erasing))[0] == erases
    assert (await teacher.get("documents/demo-table"))["epoch"] == 2


async def test_who_is_kept_from_the_others_has_no_past(enter: Enter, services: Services) -> None:
    """A page that was wiped between two families tells the second nothing of the first."""
    teacher = await enter("teacher")
    _, made = await teacher.call("POST", "documents", {"kind": "table", "title": "Sprechtag"})
    path = f"documents/{made['id']}"
    await write(services, "teacher", "c1", "über ein anderes Kind", made["id"])
    rights = {"guardian1": "write", "guardian2": "read"}
    body = [{"subject_kind": "account", "subject": who, "right": right} for who, right in rights.items()]
    assert (await teacher.call("PUT", f"{path}/rights", {"rights": body}))[0] == 200
    pasts = ("versions", "versions/1", "versions?before=9")
    for who in rights:
        reader = await enter(who)
        assert (await reader.call("GET", path))[0] == 200
        assert [(await reader.call("GET", f"{path}/{past}"))[0] for past in pasts] == [403, 403, 403]
    assert [(await teacher.call("GET", f"{path}/{past}"))[0] for past in pasts] == [200, 200, 200]


async def test_erasing(enter: Enter, services: Services) -> None:
    teacher = await enter("teacher")
    _, made = await teacher.call("POST", "documents", {"kind": "table", "title": "T"})
    document = made["id"]
    await write(services, "pupil1", "c1", "GEHEIM", document)
    await write(services, "teacher", "c2", "bleibt", document)
    assert await teacher.call("POST", f"documents/{document}/erasure", {"account": "pupil1"}) == (200, {"epoch": 2})
    assert (await teacher.get(f"documents/{document}"))["epoch"] == 2
    answer = await teacher.get(f"documents/{document}/versions/2")
    row = plain(load(base64.b64decode(answer["state"])).get("rows", type=Map)["r2"])
    assert row.get("c1") is None and row["c2"] == "bleibt"
    assert (await teacher.call("GET", f"documents/{document}/versions/1"))[0] == 404
    assert {author["account"] for author in answer["authors"]} == {"", "teacher"}


async def test_one_person_has_two_old_states_made_at_a_time(
    enter: Enter, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    await write(services, "teacher", "c1", "Entwurf")
    made, begun, go_on = History.state, asyncio.Semaphore(0), asyncio.Event()

    async def slow(self: History, document: str, seq: int) -> OldState:
        begun.release()
        await go_on.wait()
        return await made(self, document, seq)

    monkeypatch.setattr(History, "state", slow)
    looks = [asyncio.create_task(browser.call("GET", f"{PATH}/1")) for browser in (teacher, teacher, pupil)]
    for _ in looks:
        await begun.acquire()
    for refused in (("GET", f"{PATH}/1"), ("POST", f"{PATH}/1/restore"), ("POST", PATH, {"name": "Abgabe", "seq": 1})):
        status, body = await teacher.call(*refused)
        assert (status, body["code"]) == (429, "too_many_requests")
    go_on.set()
    assert [status for status, _ in await asyncio.gather(*looks)] == [200] * 3
    assert (await teacher.call("GET", f"{PATH}/1"))[0] == 200


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that tends its documents at once, not after minutes."""
    monkeypatch.setattr("web.chores.FIRST_SWEEP_SECONDS", 0.0)


@pytest.mark.usefixtures("hasty")
async def test_the_server_tends_documents_that_nobody_opens(services: Services) -> None:
    """The demo documents have no entries yet; being tended is noted all the same, so that it is done once a day."""
    history = HistoryStore(services.documents.store.database)
    today = int(time.time() // 86400)
    end = time.monotonic() + 30
    while await history.untended(today, 0, "", 10):
        assert time.monotonic() < end, "never tended"
        await asyncio.sleep(0.02)
    assert await history.untended(today + 1, 0, "", 10) == [], "nothing new: not tomorrow either"
    assert services.documents.statistics().documents == 0, "nobody opened one"
