"""Whose rights in channels a change of a meeting may move: nobody's when it is renamed, locked or ended."""

from __future__ import annotations

import asyncio

import pytest

from tests.web.school.town import NOW, meeting, person
from web.affected import affects_meetings, concerns, takes_away
from web.budget import Budget
from web.connection import Connection
from web.school.events import (
    AccountChanged,
    ChannelChanged,
    EnrolmentAdded,
    EnrolmentRemoved,
    EventBody,
    MeetingChanged,
    MeetingCreated,
    SchoolEvent,
    SessionEnded,
    Touched,
)
from web.school.model import Account, Channel, ChannelRights, Enrolment


def connection_of(school: str) -> Connection:
    return Connection("sid", "eio", person(school, "p1"), Budget(0.0))


@pytest.mark.parametrize(
    ("touched", "concerned"), [(None, True), (Touched(True, ()), True), (Touched(False, ("a-deck",)), False)]
)
def test_a_changed_meeting_concerns_whose_channels_it_may_move(touched: Touched | None, concerned: bool) -> None:
    event = SchoolEvent("a", 1, NOW, MeetingChanged(meeting("a", "lesson", "lesson", "t1"), touched))
    assert concerns(event, connection_of("a")) is concerned
    assert not concerns(event, connection_of("b"))
    assert affects_meetings(event, person("a", "p1")), "its room follows all of it"


LESSON = meeting("a", "lesson", "lesson", "t1")


@pytest.mark.parametrize(
    ("body", "first"),
    [
        (MeetingChanged(LESSON), True),
        (MeetingChanged(meeting("a", "talk", "consultation", "t1")), False),
        (MeetingCreated(LESSON, None), False),
        (EnrolmentAdded(Enrolment("a", "a-1", "a-p1")), False),
        (EnrolmentRemoved(Enrolment("a", "a-1", "a-p1")), True),
        (EnrolmentRemoved(Enrolment("a", "a-1", "a-p2")), False),
        (SessionEnded("a-p1"), True),
    ],
)
def test_who_may_lose_something_comes_first(body: EventBody, first: bool) -> None:
    connection = connection_of("a")
    channel = Channel(LESSON.channel, "a", "t", LESSON.id, None)
    connection.may([(channel, ChannelRights(read=True, write=True, moderate=False))])
    assert takes_away(SchoolEvent("a", 1, NOW, body), connection) is first


@pytest.mark.parametrize(
    "body",
    [
        ChannelChanged(Channel("a-talk", "a", "t", None, None, mode="off")),
        AccountChanged(Account("a-t1", "a", "t1", "teacher", "T", "T T"), True),
        EnrolmentAdded(Enrolment("a", "a-1", "a-p2")),
    ],
)
@pytest.mark.parametrize("state", ["not greeted", "in doubt", "read"])
def test_what_comes_while_rights_are_read_may_concern_what_is_not_known_yet(body: EventBody, state: str) -> None:
    connection, event = connection_of("a"), SchoolEvent("a", 1, NOW, body)
    if state != "not greeted":
        connection.ready.set()
    if state == "in doubt":
        connection.doubt = asyncio.Event()
    assert concerns(event, connection) is (state != "read")
    stranger = connection_of("b")
    stranger.doubt = connection.doubt
    assert not concerns(event, stranger)
