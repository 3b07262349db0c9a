"""Every action: old picture + its events == a fresh picture; refused actions leave nothing behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from msgspec import structs

from tests.web.school.picture import Picture, develop, take_picture
from tests.web.school.script import STEPS, Step
from tests.web.school.town import HOUR, NOW, meeting
from web.errors import AccessDenied, StateError
from web.school import actions as do
from web.school.model import (
    Account,
    DocumentInfo,
    Enrolment,
    Folder,
    GuardianLink,
    GuestLink,
    Invitation,
    School,
    SharedRight,
)
from web.school.store import SchoolStore


def test_the_script_knows_every_action() -> None:
    assert {name for name, _ in STEPS} == {name for name in do.__all__ if name.startswith("do_")}


async def test_picture_and_events_give_the_fresh_picture(town: SchoolStore) -> None:
    pictures: dict[str, Picture] = {school: await take_picture(town, school) for school in ("a", "b", "c")}
    for name, step in STEPS:
        heads = await town.event_heads()
        await step(town)
        events = await town.events_after(heads)
        assert events, f"{name} says nothing"
        for event in events:
            pictures[event.school] = develop(pictures[event.school], event.body)
        for school, picture in pictures.items():
            assert picture == await take_picture(town, school), name


async def test_a_school_from_its_first_event(town: SchoolStore) -> None:
    for school in ("a", "b"):
        picture: Picture = {}
        for event in await town.events_after({}):
            if event.school == school:
                picture = develop(picture, event.body)
        assert picture == await take_picture(town, school)


REFUSED: tuple[tuple[type[Exception], Step], ...] = (
    (StateError, lambda s: do.do_create_school(s, School("a", "again"))),
    (StateError, lambda s: do.do_create_account(s, Account("a-x", "a", "p1", "pupil", "x", "x"), None)),
    (StateError, lambda s: do.do_create_account(s, Account("b-p1", "a", "x", "pupil", "x", "x"), None)),
    (AccessDenied, lambda s: do.do_create_account(s, Account("x", "none", "x", "pupil", "x", "x"), None)),
    (AccessDenied, lambda s: do.do_change_account(s, "a", "b-p1", do.AccountPatch(name="mine now"))),
    (AccessDenied, lambda s: do.do_set_password(s, "a", "b-p1", "hash")),
    (StateError, lambda s: do.do_enrol(s, Enrolment("a", "a-1", "a-p1"))),
    (StateError, lambda s: do.do_enrol(s, Enrolment("a", "a-1", "a-e1"))),
    (StateError, lambda s: do.do_enrol(s, Enrolment("a", "b-1", "a-p3"))),
    (AccessDenied, lambda s: do.do_enrol(s, Enrolment("a", "a-1", "b-p1"))),
    (AccessDenied, lambda s: do.do_unenrol(s, Enrolment("a", "a-2", "a-p1"))),
    (StateError, lambda s: do.do_link_guardian(s, GuardianLink("a", "a-t1", "a-p1"))),
    (AccessDenied, lambda s: do.do_link_guardian(s, GuardianLink("a", "a-e1", "b-p1"))),
    (AccessDenied, lambda s: do.do_unlink_guardian(s, GuardianLink("a", "a-e1", "a-p2"))),
    (StateError, lambda s: do.do_create_meeting(s, meeting("a", "x", "lesson", "p1", "1"))),
    (StateError, lambda s: do.do_create_meeting(s, meeting("a", "lesson", "lesson", "t1", "1"))),
    (StateError, lambda s: do.do_create_meeting(s, meeting("a", "x", "conference", "h"), ["b-t1"])),
    (AccessDenied, lambda s: do.do_change_meeting(s, "a", "b-lesson", do.MeetingPatch(title="x"))),
    (StateError, lambda s: do.do_change_meeting(s, "a", "a-lesson", do.MeetingPatch(ends_at=NOW))),
    (StateError, lambda s: do.do_change_meeting(s, "a", "a-lesson", do.MeetingPatch(documents=("b-deck",)))),
    (StateError, lambda s: do.do_invite(s, Invitation("a", "a-talk", "b-t1"))),
    (AccessDenied, lambda s: do.do_uninvite(s, Invitation("a", "a-talk", "a-t2"))),
    (AccessDenied, lambda s: do.do_revoke_guest_link(s, "a", "none")),
    (StateError, lambda s: do.do_create_document(s, DocumentInfo("x", "a", "deck", "x", "b-folder", "a-p1"))),
    (StateError, lambda s: do.do_create_document(s, DocumentInfo("x", "a", "deck", "x", None, "b-p1"))),
    (AccessDenied, lambda s: do.do_change_document(s, "a", "b-deck", do.DocumentPatch(title="x"))),
    (AccessDenied, lambda s: do.do_share(s, "a", ("document", "a-deck"), [SharedRight("group", "b-1", "read")])),
)


async def test_refused_actions_change_nothing(town: SchoolStore) -> None:
    heads = await town.event_heads()
    before = {school: await take_picture(town, school) for school in ("a", "b")}
    for number, (error, step) in enumerate(REFUSED):
        with pytest.raises(error):
            await step(town)
        assert await town.event_heads() == heads, number
        assert {school: await take_picture(town, school) for school in ("a", "b")} == before, number


async def test_scratch_documents_are_made_once(town: SchoolStore) -> None:
    first = await do.do_create_scratch(town, "a", "scratch-1")
    heads = await town.event_heads()
    assert await do.do_create_scratch(town, "a", "scratch-1") == first
    assert await town.event_heads() == heads
    with pytest.raises(AccessDenied):
        await do.do_create_scratch(town, "b", "scratch-1")


async def test_one_account_has_only_so_much(town: SchoolStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.school.actions.documents.MOST_FOLDERS", 2)
    monkeypatch.setattr("web.school.actions.documents.MOST_DOCUMENTS", 2)
    monkeypatch.setattr("web.school.actions.meetings.MOST_GUEST_LINKS", 2)

    async def fill(step: Callable[[int], Awaitable[object]]) -> str:
        for number in range(5):
            try:
                await step(number)
            except StateError as error:
                return error.code
        return "no bound"

    assert await fill(lambda n: do.do_create_folder(town, Folder(f"x{n}", "a", "x", "a-p2"))) == "too_many"
    document = DocumentInfo("", "a", "deck", "x", None, "a-p2")
    assert await fill(lambda n: do.do_create_document(town, structs.replace(document, id=f"x{n}"))) == "too_many"
    link = GuestLink("", "a", "a-lesson", NOW + HOUR)
    assert await fill(lambda n: do.do_create_guest_link(town, structs.replace(link, id=f"x{n}"), f"h{n}")) == "too_many"
    await do.do_create_folder(town, Folder("other", "a", "x", "a-p1"))
    await do.do_revoke_guest_link(town, "a", "x0")
    await do.do_create_guest_link(town, structs.replace(link, id="again"), "again")
