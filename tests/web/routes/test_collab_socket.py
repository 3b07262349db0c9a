"""Whom a school's event has read the rights of an open document again: not the whole school at one pupil's word."""

from __future__ import annotations

from typing import Any, cast

import pytest

from web.routes.collab_socket import _concerned
from web.school.events import (
    DocumentChanged,
    EventBody,
    RightsChanged,
    SchoolEvent,
    SessionEnded,
)
from web.school.model import DocumentInfo, Person

EVE = Person("eve", "school", "pupil", "Eve")


class Seat:
    def __init__(self, document: str) -> None:
        self.person, self.document = EVE, document


@pytest.mark.parametrize(
    ("body", "concerned"),
    [
        (RightsChanged("document", "deck", ()), True),
        (RightsChanged("document", "another", ()), False),
        (RightsChanged("folder", "folder", ()), True),
        (DocumentChanged(DocumentInfo("deck", "school", "deck", "t", "folder", "eve")), True),
        (DocumentChanged(DocumentInfo("another", "school", "deck", "t", "folder", "eve")), False),
        (SessionEnded("eve"), True),
        (SessionEnded("somebody"), False),
    ],
)
def test_only_what_may_change_this_seat(body: EventBody, concerned: bool) -> None:
    seat = cast(Any, Seat("deck"))
    other = SchoolEvent("school", 0, 0, SessionEnded("somebody"))
    assert _concerned([other, SchoolEvent("school", 1, 0, body)], [seat]) == [seat] * concerned
    assert _concerned([SchoolEvent("another school", 1, 0, body)], [seat]) == []
