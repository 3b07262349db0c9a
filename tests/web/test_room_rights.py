"""What pupils cannot do to others, and what a changed right ends or shows."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.web.room_table import Table, media, meeting
from web import messages as wire
from web.errors import AccessDenied
from web.school.grants import GRANTS
from web.school.model import Grant

PUPIL_MUST_NOT = ["lower", "admit", "reject", "remove", "mute", "ask_unmute", "set_stage", "lock", "check_moderator"]


@pytest.mark.parametrize("action", PUPIL_MUST_NOT)
def test_pupils_have_no_power_over_others(action: str) -> None:
    table = Table()
    table.join("teacher")
    amira, ben = table.join("amira"), table.join("ben")
    arguments = {"lock": (True,), "check_moderator": ()}.get(action, (ben.peer,))
    with pytest.raises(AccessDenied) as refused:
        getattr(table.room, action)(amira.peer, *arguments)
    assert refused.value.code == "not_allowed"


def test_pupils_may_not_present_or_share_without_the_grant() -> None:
    table = Table()
    amira = table.join("amira")
    with pytest.raises(AccessDenied):
        table.room.present(amira.peer, "deck", None)
    with pytest.raises(AccessDenied):
        table.room.media(amira.peer, media(screen=True))


def test_no_family_ever_hears_of_another() -> None:
    table = Table("consultation")
    teacher = table.join("teacher")
    haddad, kaya = table.join("haddad"), table.join("kaya")
    for client in (haddad, kaya):
        table.play(table.room.admit(teacher.peer, client.peer))
    before = len(haddad.heard)
    table.play(table.room.media(kaya.peer, media(microphone=True, camera=True))[1])
    table.play(table.room.hand(table.now, kaya.peer, True))
    table.play(table.room.set_stage(teacher.peer, kaya.peer))
    told = [message for _, message in haddad.heard[before:]]
    assert all(isinstance(message, wire.RoomChanged) for message in told)
    assert "kaya" not in str(haddad.heard).lower()
    assert kaya.peer not in str(haddad.heard)
    wishes = table.room.media_wishes()
    assert wishes[kaya.peer].audience == frozenset({teacher.peer, kaya.peer})
    assert wishes[teacher.peer].audience is None
    table.check()


def test_a_family_that_left_asks_again() -> None:
    table = Table("consultation")
    teacher, haddad = table.join("teacher"), table.join("haddad")
    table.play(table.room.admit(teacher.peer, haddad.peer))
    table.play(table.room.leave(haddad.peer))
    assert table.forgotten == ["haddad"]
    assert table.join("haddad").state is None


def test_a_lost_right_ends_what_stood_on_it() -> None:
    table = Table()
    teacher, helper = table.join("teacher"), table.join("helper")
    table.play(table.room.media(helper.peer, media(True, True, True))[1])
    table.play(table.room.present(helper.peer, "deck", "1"))
    table.play(table.room.set_grant(helper.peer, Grant("yes", False, False, False, False, False, False)))
    member = table.room.member(helper.peer)
    assert not (member.microphone or member.camera or member.screen)
    assert teacher.state is not None
    assert teacher.state.presenting is None
    assert "room:grant" in [event for event, _ in helper.heard]
    table.check()
    table.play(table.room.set_grant(helper.peer, None))
    assert helper.heard[-1] == ("room:closed", wire.RoomClosed("no_right"))
    assert helper.peer not in table.room.media_wishes()


def test_who_becomes_a_moderator_sees_the_lobby() -> None:
    table = Table()
    amira = table.join("amira")
    table.join("guest")
    table.play(table.room.set_grant(amira.peer, GRANTS["lesson", "teacher"]))
    assert amira.state is not None
    assert len(amira.state.lobby) == 1
    table.check()


def test_cameras_may_go_to_those_who_lead_and_to_nobody_else() -> None:
    table = Table()
    teacher, helper, amira, ben = (table.join(name) for name in ("teacher", "helper", "amira", "ben"))
    again = table.join("amira", "second device")
    assert all(wish.camera_audience is None for wish in table.room.media_wishes().values())
    table.play(table.room.set_meeting(structs.replace(meeting(), private_cameras=True)))
    assert ben.state is not None and ben.state.private_cameras
    wishes = table.room.media_wishes()
    leaders = {name.peer for name in (teacher, helper) if table.room.member(name.peer).grant.moderate}
    assert teacher.peer in leaders
    assert wishes[teacher.peer].camera_audience is None
    assert wishes[amira.peer].camera_audience == frozenset({*leaders, amira.peer, again.peer})
    assert wishes[ben.peer].camera_audience == frozenset({*leaders, ben.peer})
    assert wishes[amira.peer].audience is None, "all hear each other"
    table.room.check_moderator(teacher.peer)
    with pytest.raises(AccessDenied):
        table.room.check_moderator(ben.peer)
