"""Whose rights in open documents an event has read again: not those of the whole school at one pupil's word."""

from __future__ import annotations

import asyncio

import pytest

from tests.web.school.script import GROUPS
from tests.web.school.town import meeting
from web.routes.collab_news import concerned
from web.school.events import (
    ChannelChanged,
    DocumentChanged,
    EventBody,
    GroupRoomsChanged,
    MeetingChanged,
    MeetingCreated,
    RightsChanged,
    SchoolEvent,
    SessionEnded,
    Touched,
)
from web.school.model import Channel, DocumentInfo, Person

EVE = Person("eve", "school", "pupil", "Eve")
LESSON = meeting("school", "lesson", "lesson", "t1", "1")  # lays out school-deck
NOBODY = frozenset[str]()


class Seat:
    def __init__(self, who: Person, document: str, folder: str | None = "folder", *, doubt: bool = False) -> None:
        self.person, self.document, self.folder = who, document, folder
        self.doubt = asyncio.Event() if doubt else None


@pytest.mark.parametrize(
    ("body", "one", "in_doubt"),
    [
        (RightsChanged("document", "school-deck", ()), True, True),
        (RightsChanged("document", "another", ()), False, False),
        (RightsChanged("folder", "folder", ()), True, True),
        (RightsChanged("folder", "another", ()), False, True),
        (DocumentChanged(DocumentInfo("school-deck", "school", "deck", "t", "folder", "eve")), True, True),
        (DocumentChanged(DocumentInfo("another", "school", "deck", "t", "folder", "eve")), False, False),
        (SessionEnded("eve"), True, True),
        (SessionEnded("somebody"), False, False),
        (MeetingCreated(LESSON, None), True, True),
        (MeetingCreated(meeting("school", "talk", "consultation", "t1"), None), False, False),
        (MeetingChanged(LESSON), True, True),
        (MeetingChanged(LESSON, Touched(True, ("school-deck",))), True, True),
        (MeetingChanged(LESSON, Touched(True, ("another",))), False, False),
        (GroupRoomsChanged("school-lesson", GROUPS, NOBODY, False), False, False),
        (GroupRoomsChanged("school-lesson", GROUPS, frozenset({"eve"}), False), True, True),
        (GroupRoomsChanged("school-lesson", None, NOBODY, True), True, True),
        (ChannelChanged(Channel("c", "school", "t", None, None)), False, False),
    ],
)
def test_only_whose_rights_it_may_change(body: EventBody, one: bool, in_doubt: bool) -> None:
    other = SchoolEvent("school", 0, 0, SessionEnded("somebody"))
    for seat, is_concerned in ((Seat(EVE, "school-deck"), one), (Seat(EVE, "school-deck", doubt=True), in_doubt)):
        assert concerned([other, SchoolEvent("school", 1, 0, body)], [seat]) == [seat] * is_concerned
        assert concerned([SchoolEvent("another school", 1, 0, body)], [seat]) == []
