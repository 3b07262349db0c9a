"""One screen at a time, one thing presented, and whose it stays."""

from __future__ import annotations

import pytest

from tests.web.room_table import Table, media
from web import messages as wire
from web.errors import StateError


def test_one_screen_at_a_time() -> None:
    table = Table("conference")
    teacher, helper = table.join("teacher"), table.join("helper")
    table.play(table.room.media(teacher.peer, media(screen=True))[1])
    with pytest.raises(StateError):
        table.room.media(helper.peer, media(screen=True))
    table.play(table.room.media(teacher.peer, media())[1])
    table.play(table.room.media(helper.peer, media(screen=True))[1])
    table.play(table.room.media(teacher.peer, media(screen=True))[1])  # the chair takes over
    assert not table.room.member(helper.peer).screen
    table.check()


def test_a_presenter_is_not_pushed_aside_by_equals() -> None:
    table = Table("conference")
    teacher, helper = table.join("teacher"), table.join("helper")
    table.play(table.room.present(teacher.peer, "deck", "1"))
    with pytest.raises(StateError):
        table.room.present(helper.peer, "table", None)
    table.play(table.room.present(teacher.peer, None, None))
    table.play(table.room.present(helper.peer, "table", None))
    table.play(table.room.leave(helper.peer))
    assert teacher.state is not None
    assert teacher.state.presenting is None


def test_what_is_presented_stays_with_a_person_who_came_back_in_another_window() -> None:
    table = Table()
    amira, lost = table.join("amira"), table.join("teacher", key="first")
    table.play(table.room.present(lost.peer, "deck", "2"))
    found = table.join("teacher", key="second")
    table.play(table.room.leave(lost.peer))
    assert amira.state is not None
    assert amira.state.presenting == wire.Presenting(found.peer, "deck", "2")
    table.check()
    table.play(table.room.leave(found.peer))
    assert amira.state.presenting is None
    table.check()
