"""Who reaches what in the town, exactly; and that lists say the same as the gates."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from tests.web.school.rights import listed, reach, town_names
from tests.web.school.town import HOUR, NOW, ROLES, Clock, person
from web.errors import AccessDenied
from web.school.access import SchoolAccess
from web.school.actions import (
    AccountPatch,
    MeetingPatch,
    do_admit,
    do_change_account,
    do_change_meeting,
    do_forget_admission,
    do_invite,
    do_revoke_ticket,
    do_share,
    do_unenrol,
    do_unlink_guardian,
)
from web.school.model import (
    ChannelRights,
    Enrolment,
    GuardianLink,
    Invitation,
    Person,
    SharedRight,
    TicketScope,
)
from web.school.store import SchoolStore

# What each person reaches in their own school: y/l admission, r/w right, c member of channel, C moderates it.
EXPECTED = {
    "t1": "lesson=y course=y talk=y staff=y deck=w 1-channel=C g-channel=C talk-channel=C staff-channel=c 1 g",
    "t2": "staff=y team=y table=w folder=w 2-channel=C staff-channel=c team-channel=C 2",
    "p1": "lesson=y deck=w 1-channel=c 1",
    "p2": "lesson=y deck=w notes=w 1-channel=c 1",
    "p3": "course=y 2-channel=c g-channel=c 2 g",
    "e1": "talk=l",
    "e3": "",
    "h": "lesson=y course=y staff=y team=y deck=r staff-channel=C team-channel=C 1 2 g",
    "s": "1 2 g",
}


def short(found: dict[str, Any]) -> set[str]:
    """What was found in the words of EXPECTED."""
    words = set()
    for name, right in found.items():
        kind, _, object_id = name.partition(":")
        match kind:
            case "meeting":
                words.add(f"{object_id[2:]}={right.admission[0]}")
            case "channel":
                words.add(f"{object_id[2:]}={'C' if right.moderate else 'c'}")
            case "group":
                words.add(object_id[2:])
            case _:
                words.add(f"{object_id[2:]}={right[0]}")
    return words


async def test_exactly_this_is_reachable_and_listed(town: SchoolStore) -> None:
    for name in ROLES:
        who = person("a", name)
        found = await reach(town, who, town_names())
        assert all(key.split(":")[1].startswith("a-") for key in found), "nothing of the other school"
        assert short(found) == set(EXPECTED[name].split()), who.id
        assert await listed(town, who) == found, who.id


async def test_forbidden_and_absent_look_alike(town: SchoolStore) -> None:
    access, pupil = SchoolAccess(town), person("a", "p1")
    for gate in (access.access_meeting, access.access_document, access.access_folder, access.access_channel):
        texts = set()
        for object_id in ("b-lesson", "b-deck", "b-folder", "b-1-channel", "there-is-no-such-thing"):
            with pytest.raises(AccessDenied) as refused:
                await gate(pupil, object_id)
            texts.add((refused.value.code, refused.value.text))
        assert texts == {("not_found", "not_found")}


async def test_revoked_rights_are_gone_at_the_next_look(town: SchoolStore) -> None:
    pupil, guardian, teacher = person("a", "p1"), person("a", "e1"), person("a", "t1")
    await do_unenrol(town, Enrolment("a", "a-1", "a-p1"))
    assert await reach(town, pupil, town_names()) == {}
    assert await reach(town, guardian, town_names()) == {}, "the class was the guardian's only way in"
    await do_change_account(town, "a", "a-t1", AccountPatch(role="guardian"))
    assert await reach(town, teacher, town_names()) == {"document:a-deck": "write"}, "only what they own stays"
    await do_change_account(town, "a", "a-t1", AccountPatch(disabled=True))
    assert await reach(town, teacher, town_names()) == {}


async def test_hosts_who_left_the_class(town: SchoolStore) -> None:
    teacher = person("a", "t1")
    await do_unenrol(town, Enrolment("a", "a-1", "a-t1"))
    found = short(await reach(town, teacher, town_names()))
    assert found == {"course=y", "staff=y", "deck=w", "g-channel=C", "staff-channel=c", "g"}, "the deck is their own"
    await do_invite(town, Invitation("a", "a-lesson", "a-t1"))
    assert (await SchoolAccess(town).access_meeting(teacher, "a-lesson"))[1].moderate


async def test_guardian_without_the_child(town: SchoolStore) -> None:
    await do_unlink_guardian(town, GuardianLink("a", "a-e1", "a-p1"))
    assert await reach(town, person("a", "e1"), town_names()) == {}


async def test_sharing_with_a_class_and_a_folder(town: SchoolStore) -> None:
    await do_share(town, "a", ("document", "a-notes"), [SharedRight("group", "a-2", "read")])
    await do_share(town, "a", ("folder", "a-folder"), [SharedRight("account", "a-p1", "write")])
    assert (await reach(town, person("a", "p3"), {"document": ["a-notes"]})) == {"document:a-notes": "read"}
    found = await reach(town, person("a", "p1"), {"document": ["a-table"], "folder": ["a-folder"]})
    assert found == {"document:a-table": "write", "folder:a-folder": "write"}
    assert await reach(town, person("a", "e3"), {"document": ["a-notes"]}) == {}, "guardians are not the class"
    with pytest.raises(AccessDenied):
        await do_share(town, "a", ("document", "a-notes"), [SharedRight("account", "b-p1", "read")])


async def test_a_moderators_word(town: SchoolStore) -> None:
    access = SchoolAccess(town)
    guardian = person("a", "e1")
    talk, _ = await access.access_meeting(guardian, "a-talk")
    await do_admit(town, talk, guardian.id)
    assert (await access.access_meeting(guardian, "a-talk"))[1].admission == "yes"
    with pytest.raises(AccessDenied):
        await access.access_channel(guardian, "a-talk-channel")
    await do_forget_admission(town, talk, guardian.id)
    assert (await access.access_meeting(guardian, "a-talk"))[1].admission == "lobby"


async def test_lobby_for_everybody(town: SchoolStore) -> None:
    access, pupil, teacher = SchoolAccess(town), person("a", "p1"), person("a", "t1")
    await do_change_meeting(town, "a", "a-lesson", MeetingPatch(lobby=True))
    lesson, grant = await access.access_meeting(pupil, "a-lesson")
    assert grant.admission == "lobby"
    assert (await access.access_meeting(teacher, "a-lesson"))[1].admission == "yes"
    with pytest.raises(AccessDenied):
        await access.access_document(pupil, "a-deck")
    await do_admit(town, lesson, pupil.id)
    assert (await access.access_document(pupil, "a-deck"))[1] == "write"


async def test_invited(town: SchoolStore) -> None:
    for name in ("t2", "p3", "e1", "s"):
        await do_invite(town, Invitation("a", "a-lesson", f"a-{name}"))
        await do_invite(town, Invitation("a", "a-team", f"a-{name}"))
    found = {name: short(await reach(town, person("a", name), town_names(("a",)))) for name in ("t2", "p3", "e1", "s")}
    assert {"lesson=y", "deck=w", "1-channel=C"} <= found["t2"], "a substitute teaches the class"
    assert {"lesson=y", "team=y", "team-channel=c"} <= found["p3"]
    assert found["e1"] == {"talk=l", "team=y", "team-channel=c"}, "no invitation brings a guardian into a lesson"
    assert found["s"] == {"1", "2", "g"}, "the administration reads no content, invited or not"


def scoped(who: Person, **scope: object) -> Person:
    ticket = structs.replace(TicketScope("ticket-1", NOW + 2000 * 24 * HOUR), **scope)
    return structs.replace(who, ticket=ticket)


async def test_tickets_only_narrow(town: SchoolStore) -> None:
    teacher = person("a", "t1")
    found = await reach(town, scoped(teacher, meeting="a-lesson"), town_names())
    assert short(found) == {"lesson=y", "deck=w", "1-channel=C"}
    found = await reach(town, scoped(teacher, document="a-deck", right="read"), town_names())
    assert found == {"document:a-deck": "read"}
    pupil = scoped(person("a", "p1"), document="a-deck", right="write")
    assert await reach(town, pupil, town_names()) == {"document:a-deck": "write"}, "a right through a lesson counts"
    assert await reach(town, scoped(person("a", "p3"), document="a-deck", right="write"), town_names()) == {}
    access = SchoolAccess(town)
    for gate in (access.access_administration, access.access_own_content, access.access_own_login):
        with pytest.raises(AccessDenied):
            await gate(scoped(person("a", "h"), meeting="a-staff"))


async def test_role_tickets(town: SchoolStore, clock: Clock) -> None:
    tool = Person("ticket:x", "a", "guest", "Tool")
    pupil = scoped(tool, meeting="a-lesson", role="pupil")
    assert short(await reach(town, pupil, town_names())) == {"lesson=y", "deck=w", "1-channel=c"}
    access = SchoolAccess(town)
    channels = await access.channels_of(pupil)
    assert [(channel.id, rights) for channel, rights in channels] == [("a-1-channel", ChannelRights(True, True, False))]
    clock.now = NOW + 1000 * 24 * HOUR
    assert len(await access.meetings_of(pupil, clock.now, clock.now + HOUR)) == 1, "a scope names its meeting"
    guest = scoped(tool, meeting="a-lesson", role="guest")
    assert short(await reach(town, guest, town_names())) == {"lesson=l"}
    lesson, _ = await access.access_meeting(guest, "a-lesson")
    await do_admit(town, lesson, guest.id)
    assert short(await reach(town, guest, town_names())) == {"lesson=y", "deck=r"}
    elsewhere = scoped(tool, meeting="b-lesson", role="teacher")
    assert await reach(town, elsewhere, town_names()) == {}, "a ticket of one school opens nothing in another"
    late = scoped(tool, meeting="a-lesson", role="pupil", expires_at=clock.now)
    assert await reach(town, late, town_names()) == {}, "its time is over"
    await do_revoke_ticket(town, "a", "ticket-1", NOW + HOUR)
    assert await reach(town, pupil, town_names()) == {}


async def test_no_scratch_outside_demo(town: SchoolStore) -> None:
    tool = scoped(Person("ticket:x", "a", "guest", "Tool"), document="scratch-1", right="write", role="guest")
    with pytest.raises(AccessDenied):
        await SchoolAccess(town).access_document(tool, "scratch-1")
    town.demo = True
    reader = scoped(tool, document="scratch-1", right="read", role="guest")
    with pytest.raises(AccessDenied):
        await SchoolAccess(town).access_document(reader, "scratch-1")
    document, right = await SchoolAccess(town).access_document(tool, "scratch-1")
    assert (document.kind, document.owner, right) == ("scratch", None, "write")
    assert (await SchoolAccess(town).access_document(reader, "scratch-1"))[1] == "read"
    assert await reach(town, person("a", "h"), {"document": ["scratch-1"]}) == {}
