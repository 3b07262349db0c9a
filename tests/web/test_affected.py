"""Whose rights in channels a change of a meeting may move: nobody's when it is renamed, locked or ended."""

from __future__ import annotations

import pytest

from tests.web.school.town import NOW, meeting, person
from web.affected import affects_meetings, concerns
from web.connection import Connection
from web.school.events import MeetingChanged, SchoolEvent, Touched


@pytest.mark.parametrize(
    ("touched", "concerned"), [(None, True), (Touched(True, ()), True), (Touched(False, ("a-deck",)), False)]
)
def test_a_changed_meeting_concerns_whose_channels_it_may_move(touched: Touched | None, concerned: bool) -> None:
    event = SchoolEvent("a", 1, NOW, MeetingChanged(meeting("a", "lesson", "lesson", "t1"), touched))
    assert concerns(event, Connection("sid", "eio", person("a", "p1"))) is concerned
    assert not concerns(event, Connection("sid", "eio", person("b", "p1")))
    assert affects_meetings(event, person("a", "p1")), "its room follows all of it"
