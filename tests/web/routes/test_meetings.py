"""Planning meetings and the ways in."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.web.routes.conftest import Browser, Enter
from web import sessions
from web.errors import StateError, Unauthenticated
from web.services import Services

NOW = int(time.time() * 1000)
HOUR = 3_600_000


def lesson(**more: Any) -> dict[str, Any]:
    return {"kind": "lesson", "title": "Vertretung", "starts_at": NOW, "ends_at": NOW + HOUR} | more


async def test_plan_change_and_see(enter: Enter) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    status, made = await teacher.call("POST", "meetings", lesson(school_class="demo-8b", documents=["demo-deck"]))
    assert status == 201
    assert (made["host"], made["channel"], made["documents"]) == ("teacher", "demo-class", ["demo-deck"])
    assert (await pupil.get(f"meetings/{made['id']}"))["grant"]["edit"]
    status, changed = await teacher.call("PATCH", f"meetings/{made['id']}", {"title": "Neu", "lobby": True})
    assert (status, changed["title"], changed["starts_at"]) == (200, "Neu", NOW)
    assert (await pupil.get(f"meetings/{made['id']}"))["grant"]["admission"] == "lobby"
    assert (await pupil.call("PATCH", f"meetings/{made['id']}", {"title": "Mine"}))[0] == 403
    listed = (await pupil.get(f"meetings?since={NOW}&until={NOW + HOUR}"))["meetings"]
    assert made["id"] in [meeting["id"] for meeting in listed]
    assert (await pupil.get("meetings?since=0&until=1"))["meetings"] == []
    for query in ("since=x", "since=-1", "since=0&until=99999999999999", "since=9999999999999999"):
        assert (await pupil.call("GET", f"meetings?{query}"))[0] == 400, query


async def test_encryption_is_planned_and_not_switched_while_somebody_is_inside(
    enter: Enter, services: Services
) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    _, made = await teacher.call("POST", "meetings", lesson(school_class="demo-8b", encrypted=True))
    path = f"meetings/{made['id']}"
    assert made["encrypted"] and (await pupil.get(path))["encrypted"]
    assert (await pupil.call("PATCH", path, {"encrypted": False}))[0] == 403
    assert (await teacher.call("PATCH", path, {"title": "Neu"}))[1]["encrypted"]
    assert not (await teacher.call("PATCH", path, {"encrypted": False}))[1]["encrypted"]
    person = await services.auth.person_of_ticket((await teacher.call("POST", f"{path}/ticket"))[1]["ticket"])
    body = msgspec.json.encode({"meeting": made["id"], "encrypts": True})
    await services.rooms.request("sid", person, "room:join", body)
    status, refused = await teacher.call("PATCH", path, {"encrypted": True})
    assert (status, refused["code"]) == (409, "in_use")
    assert (await teacher.call("PATCH", path, {"encrypted": False, "title": "Still"}))[0] == 200
    await services.rooms.request("sid", person, "room:leave", b"{}")
    assert (await teacher.call("PATCH", path, {"encrypted": True}))[1]["encrypted"]


async def test_who_may_plan(enter: Enter) -> None:
    people = {name: await enter(name) for name in ("teacher", "pupil1", "guardian1", "head", "admin")}
    wanted = {
        "of the class": (lesson(school_class="demo-8b"), {"teacher": 201, "head": 201}),
        "of an unknown class": (lesson(school_class="none"), {"teacher": 404, "head": 404}),
        "of a class as group": (lesson(learning_group="demo-8b"), {"teacher": 201, "head": 201}),
        "of both": (lesson(school_class="demo-8b", learning_group="demo-8b"), dict.fromkeys(people, 400)),
        "staff": (lesson(kind="conference"), {"head": 201}),
        "free": (lesson(kind="consultation", invited=["guardian5"]), {"teacher": 201, "head": 201}),
        "backwards": (lesson(ends_at=NOW), {"teacher": 409, "head": 409}),
        "with a strange guest": (lesson(invited=["nobody"]), {"teacher": 409, "head": 409}),
        "with another's document": (lesson(documents=["demo-deck"]), {"teacher": 201, "head": 403}),
    }
    for case, (body, expected) in wanted.items():
        for name, browser in people.items():
            status, _ = await browser.call("POST", "meetings", body)
            assert status == expected.get(name, 403), (case, name)


async def test_invited_people(enter: Enter) -> None:
    teacher, guardian = await enter("teacher"), await enter("guardian5")
    _, made = await teacher.call("POST", "meetings", lesson(kind="consultation", invited=["guardian5"]))
    path = f"meetings/{made['id']}"
    assert (await guardian.get(path))["grant"]["admission"] == "lobby"
    assert (await teacher.call("DELETE", f"{path}/invitations/guardian5"))[0] == 204
    assert (await guardian.call("GET", path))[0] == 404
    assert (await teacher.call("DELETE", f"{path}/invitations/guardian5"))[0] == 404
    assert (await teacher.call("POST", f"{path}/invitations", {"account": "guardian5"}))[0] == 204
    assert (await teacher.call("POST", f"{path}/invitations", {"account": "guardian5"}))[0] == 409
    assert (await guardian.call("POST", f"{path}/invitations", {"account": "pupil1"}))[0] == 403


async def test_who_is_invited_is_seen_by_who_leads(enter: Enter) -> None:
    teacher, guardian = await enter("teacher"), await enter("guardian5")
    _, made = await teacher.call("POST", "meetings", lesson(kind="consultation", invited=["guardian5"]))
    (one,) = (await teacher.get(f"meetings/{made['id']}/invitations"))["invited"]
    assert (one["id"], one["role"]) == ("guardian5", "guardian")
    assert one["full_name"]
    assert (await guardian.call("GET", f"meetings/{made['id']}/invitations"))[0] == 403


async def test_a_moved_meeting_says_when_it_was(enter: Enter) -> None:
    teacher, guardian = await enter("teacher"), await enter("guardian5")
    later, next_month = NOW + 2 * HOUR, NOW + 40 * 24 * HOUR
    _, made = await teacher.call("POST", "meetings", lesson(kind="consultation", invited=["guardian5"]))
    path = f"meetings/{made['id']}"
    assert made["moved_from"] is None
    for start, was in ((later, NOW), (later + HOUR, NOW), (NOW, None)):
        await teacher.call("PATCH", path, {"starts_at": start, "ends_at": start + HOUR})
        assert (await guardian.get(path))["moved_from"] == was
    await teacher.call("PATCH", path, {"title": "Neu"})
    assert (await guardian.get(path))["moved_from"] is None
    await teacher.call("PATCH", path, {"starts_at": next_month, "ends_at": next_month + HOUR})
    around = (await guardian.get(f"meetings?since={NOW - HOUR}&until={NOW + HOUR}"))["meetings"]
    assert [one["moved_from"] for one in around if one["id"] == made["id"]] == [NOW], "it does not vanish from that day"
    assert (await guardian.call("PATCH", path, {"starts_at": NOW}))[0] == 403


async def test_a_meeting_that_is_called_off_stays_in_the_plan(enter: Enter, services: Services) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    _, made = await teacher.call("POST", "meetings", lesson(school_class="demo-8b", lobby=True))
    path = f"meetings/{made['id']}"
    assert (await pupil.call("PATCH", path, {"cancelled": True}))[0] == 403
    person = await services.auth.person_of_ticket((await teacher.call("POST", f"{path}/ticket"))[1]["ticket"])
    body = msgspec.json.encode({"meeting": made["id"]})
    await services.rooms.request("sid", person, "room:join", body)
    status, refused = await teacher.call("PATCH", path, {"cancelled": True})
    assert (status, refused["code"]) == (409, "in_use"), "nobody is put out"
    await services.rooms.request("sid", person, "room:leave", b"{}")
    assert (await teacher.call("PATCH", path, {"cancelled": True}))[1]["cancelled"]
    home = (await pupil.get("home"))["meetings"]
    assert [one["cancelled"] for one in home if one["id"] == made["id"]] == [True]
    with pytest.raises(StateError) as shut:
        await services.rooms.request("sid", person, "room:join", body)
    assert shut.value.code == "cancelled"
    assert not (await teacher.call("PATCH", path, {"cancelled": False}))[1]["cancelled"]
    await services.rooms.request("sid", person, "room:join", body)


async def test_tickets(enter: Enter, services: Services) -> None:
    pupil, guardian = await enter("pupil1"), await enter("guardian1")
    status, answer = await pupil.call("POST", "meetings/demo-lesson/ticket")
    assert status == 200
    person = await services.auth.person_of_ticket(answer["ticket"])
    assert (person.id, person.ticket and person.ticket.meeting) == ("pupil1", "demo-lesson")
    assert NOW < answer["expires_at"] < NOW + 13 * HOUR
    for meeting in ("demo-lesson", "demo-conference", "nothing"):
        assert (await guardian.call("POST", f"meetings/{meeting}/ticket"))[0] == 404
    await services.auth.revoke_ticket(answer["ticket"])
    with pytest.raises(Unauthenticated):
        await services.auth.person_of_ticket(answer["ticket"])


async def test_guest_links(enter: Enter, stranger: Browser) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    assert (await pupil.call("POST", "meetings/demo-lesson/guest-links", {}))[0] == 403
    status, link = await teacher.call("POST", "meetings/demo-lesson/guest-links", {"hours": 2})
    assert status == 201
    assert link["url"].endswith(f"/guest/{link['token']}")
    status, answer = await stranger.call("POST", "guest", {"token": link["token"], "name": "  Frau\u202e Gast\n "})
    assert (status, answer["person"]["name"], answer["meeting"]) == (200, "Frau Gast", "demo-lesson")
    seen = await stranger.get("meetings/demo-lesson")
    assert (seen["grant"]["admission"], seen["documents"], seen["channel"]) == ("lobby", [], None)
    assert [meeting["id"] for meeting in (await stranger.get("home"))["meetings"]] == ["demo-lesson"]
    for method, path in (
        ("GET", "meetings/demo-consultation"), ("GET", "documents/demo-deck"), ("GET", "classes/demo-8b"),
        ("GET", "accounts"), ("POST", "meetings/demo-lesson/ticket"), ("POST", "folders"),
        ("POST", "meetings/demo-lesson/guest-links"),
    ):  # fmt: skip
        body = {"title": "x"} if path == "folders" else None
        assert (await stranger.call(method, path, body))[0] in (403, 404), path
    listed = (await teacher.get("meetings/demo-lesson/guest-links"))["guest_links"]
    assert [(row["id"], row["revoked"]) for row in listed] == [(link["id"], False)]
    assert "token" not in listed[0]
    elsewhere = f"meetings/demo-consultation/guest-links/{link['id']}"
    assert (await teacher.call("DELETE", elsewhere))[0] == 404
    assert (await teacher.call("DELETE", f"meetings/demo-lesson/guest-links/{link['id']}"))[0] == 204
    assert (await stranger.call("GET", "me"))[0] == 401
    assert (await stranger.call("POST", "guest", {"token": link["token"], "name": "x"}))[0] == 404
    assert (await stranger.call("POST", "guest", {"token": "guess", "name": "x"}))[0] == 404
    assert (await stranger.call("POST", "guest", {"token": link["token"], "name": "\u202e"}))[0] == 400


async def test_a_full_guest_link(
    enter: Enter, stranger: Browser, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_GUESTS", 1)
    _, link = await (await enter("teacher")).call("POST", "meetings/demo-lesson/guest-links", {"hours": 2})
    entry = {"token": link["token"], "name": "Frau Gast"}
    assert (await stranger.call("POST", "guest", entry))[0] == 200
    async with TestClient(server) as client:
        response = await client.post("/api/v1/guest", json=entry)
        assert (response.status, (await response.json())["code"]) == (429, "too_many_guests")
        assert response.headers["Retry-After"] == "60"
        assert "kreide_session" not in response.cookies
        assert (await stranger.call("POST", "guest", entry))[0] == 200, "the same browser, in its own place"
        assert (await stranger.get("me"))["person"]["name"] == "Frau Gast"
        assert (await stranger.call("POST", "logout"))[0] == 204
        assert (await client.post("/api/v1/guest", json=entry)).status == 200
