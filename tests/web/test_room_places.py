"""A place is kept for a while, taken again by its own key, and by nobody else."""

from __future__ import annotations

import pytest

from tests.web.room_table import Table
from web import messages as wire
from web.errors import Overloaded, StateError
from web.room_members import KEEP_PLACE_MS, MAX_DEVICES


def test_a_removed_person_waits_when_coming_again() -> None:
    table = Table()
    teacher, amira, second = table.join("teacher"), table.join("amira"), table.join("amira")
    table.play(table.room.remove(teacher.peer, amira.peer))
    assert not amira.open and not second.open, "all devices of the person go"
    assert table.join("amira").state is None


def test_nobody_removes_themself() -> None:
    table = Table()
    teacher = table.join("teacher")
    with pytest.raises(StateError):
        table.room.remove(teacher.peer, teacher.peer)


def test_a_place_is_kept_and_taken_again() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira", "tab-1")
    table.play(table.room.hand(table.now, amira.peer, True))
    table.drop(amira)
    assert teacher.state is not None
    assert [peer.connection for peer in teacher.state.peers] == ["waiting", "away"]
    table.now += KEEP_PLACE_MS - 1
    table.play(table.room.tick(table.now))
    again = table.join("amira", "tab-1")
    assert again.peer == amira.peer
    assert teacher.state is not None
    assert len(teacher.state.peers) == 2 and len(teacher.state.hands) == 1
    table.check()


def test_a_place_is_given_up_after_a_while() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira", "tab-1")
    table.drop(amira)
    deadline = table.room.next_deadline()
    assert deadline == table.now + KEEP_PLACE_MS
    table.play(table.room.tick(deadline))
    assert teacher.state is not None
    assert [peer.person for peer in teacher.state.peers] == ["teacher"]
    assert table.room.next_deadline() is None
    assert table.join("amira", "tab-1").peer != amira.peer


def test_a_half_open_connection_is_replaced() -> None:
    table = Table()
    amira = table.join("amira", "tab-1")
    again = table.join("amira", "tab-1")
    assert again.peer == amira.peer
    assert amira.heard[-1] == ("room:closed", wire.RoomClosed("replaced"))
    assert len(list(table.room.members)) == 1


def test_somebody_elses_key_takes_no_place() -> None:
    table = Table()
    amira = table.join("amira", "tab-1")
    assert table.join("ben", "tab-1").peer != amira.peer


def test_two_devices_are_two_peers_up_to_a_bound() -> None:
    table = Table()
    peers = {table.join("amira", f"tab-{number}").peer for number in range(MAX_DEVICES)}
    assert len(peers) == MAX_DEVICES
    with pytest.raises(Overloaded):
        table.join("amira", "one-more")
