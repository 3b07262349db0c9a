"""Who waits sees and sends nothing, and only who leads knows of them."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.web.room_table import Table, media
from web.errors import StateError
from web.messages import RoomClosed


def test_who_waits_sees_and_sends_nothing() -> None:
    table = Table()
    teacher, guest = table.join("teacher"), table.join("guest")
    assert guest.state is None
    table.play(table.room.mute(teacher.peer, None))
    table.play(table.room.present(teacher.peer, "deck", "1"))
    assert [event for event, _ in guest.heard] == ["ack"]
    assert guest.peer not in table.room.media_wishes()
    for attempt in (
        lambda: table.room.hand(0, guest.peer, True),
        lambda: table.room.media(guest.peer, media(microphone=True)),
        lambda: table.room.state(guest.peer),
    ):
        with pytest.raises(StateError):
            attempt()
    assert teacher.state is not None
    assert [waiting.peer for waiting in teacher.state.lobby] == [guest.peer]
    table.play(table.room.admit(teacher.peer, guest.peer))
    assert guest.heard[-1][0] == "room:admitted"
    assert guest.state == table.room.state(guest.peer)
    assert table.join("guest").state is not None, "who was let in once is let in again"


def test_only_moderators_know_of_the_lobby() -> None:
    table = Table()
    amira = table.join("amira")
    table.join("guest")
    assert amira.state is not None
    assert amira.state.lobby == []
    assert [event for event, _ in amira.heard] == ["ack"]


def test_a_locked_room_makes_newcomers_wait() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira", "key")
    table.play(table.room.lock(teacher.peer, True))
    ben = table.join("ben")
    assert ben.state is None
    table.drop(amira)
    assert table.join("amira", "other").state is not None, "who was in comes in again"
    assert table.join("helper").state is not None, "moderators always come in"


def test_who_waits_is_told_that_the_meeting_does_not_take_place() -> None:
    table = Table()
    guest = table.join("guest")
    table.play(table.room.set_meeting(structs.replace(table.room.meeting, cancelled=True)))
    event, message = guest.heard[-1]
    assert (event, message) == ("room:closed", RoomClosed("ended"))
    for name in ("guest", "teacher"):
        with pytest.raises(StateError):
            table.join(name)
