"""Rights on many documents: a long past takes nothing away, and who is let into one meeting is let into that alone."""

from __future__ import annotations

import pytest

from tests.web.school.town import HOUR, NOW, meeting, person
from web.errors import AccessDenied
from web.school import tables
from web.school.access import SchoolAccess
from web.school.actions import MeetingPatch, do_admit, do_change_meeting
from web.school.store import SchoolStore

LONG = 600  # more meetings than are read at once


async def lay_out(store: SchoolStore, kind: str, count: int, lobby: bool = False) -> None:
    """Lay the deck of the town out in meetings of the past that pupils do not come into, or in later lessons."""
    begins = NOW - (count + 1) * HOUR if kind == "consultation" else NOW + HOUR
    own = {"school": "a", "kind": kind, "title": "x", "host": "a-t1", "group_id": "a-1", "channel": "a-talk-channel"}
    rows = [
        {**own, "id": f"a-{kind}{number}", "starts_at": at, "ends_at": at + HOUR, "lobby": lobby, "locked": False}
        for number in range(count)
        for at in (begins + number * HOUR,)
    ]
    laid = [{"school": "a", "meeting": row["id"], "document": "a-deck", "position": 0} for row in rows]
    async with store.write() as connection:
        await connection.execute(tables.meeting.insert(), rows)
        await connection.execute(tables.meeting_document.insert(), laid)


async def test_the_newest_meeting_counts_after_a_long_past(town: SchoolStore) -> None:
    access = SchoolAccess(town)
    assert (await access.access_document(person("a", "p1"), "a-deck"))[1] == "write"
    await lay_out(town, "consultation", LONG)
    assert (await access.access_document(person("a", "p1"), "a-deck"))[1] == "write"
    assert [document.id for document, _ in (await access.documents_of(person("a", "p1")))[0]] == ["a-deck"]


async def test_who_was_let_into_one_meeting_has_what_that_one_gives(town: SchoolStore) -> None:
    access, pupil = SchoolAccess(town), person("a", "p1")
    await do_change_meeting(town, "a", "a-lesson", MeetingPatch(lobby=True))
    await lay_out(town, "lesson", 2, lobby=True)
    with pytest.raises(AccessDenied):
        await access.access_document(pupil, "a-deck")
    await do_admit(town, meeting("a", "lesson", "lesson", "t1", "1"), "a-p1")
    assert (await access.access_document(pupil, "a-deck"))[1] == "write"
