"""`affects` never keeps quiet: whoever's rights moved was named by the event."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest
from msgspec import structs

from tests.web.school.rights import listed
from tests.web.school.script import GROUPS, LESSON, STEPS, Step
from tests.web.school.town import HOUR, NOW, ROLES, person
from web.routes.collab_news import concerned
from web.school.access import SchoolAccess
from web.school.actions import MeetingPatch, do_change_meeting, do_keep_group_rooms
from web.school.document_rights import Asked, Opened
from web.school.events import SchoolEvent, SessionEnded, affects, affects_contacts
from web.school.model import Person, TicketScope
from web.school.store import SchoolStore


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rule is in Python
async def test_who_loses_or_gains_is_affected(town: SchoolStore) -> None:
    people = [*(person("a", name) for name in ROLES), person("b", "t1"), person("b", "h")]
    tool = Person(
        "ticket:1", "a", "pupil", "Tool", TicketScope("ticket-1", NOW + HOUR, meeting="a-lesson", role="pupil")
    )
    people.append(tool)
    before = [await listed(town, who) for who in people]
    moved = unmoved = 0
    for step_name, step in STEPS:
        heads = await town.event_heads()
        await step(town)
        events = await town.events_after(heads)
        after = [await listed(town, who) for who in people]
        for who, old, new in zip(people, before, after, strict=True):
            partners = {may.partner.id: may.partner.role for may in old.values() if getattr(may, "partner", None)}
            told = any(
                affects(event, who) or (event.school == who.school and affects_contacts(event, who.id, partners))
                for event in events
            )
            assert told or old == new or _only_new_things(old, new), f"{step_name} changed {who.id} in silence"
            moved, unmoved = moved + told, unmoved + (not told)
        before = after
    assert unmoved > moved, "an event that concerns everybody concerns nobody"


def _only_new_things(old: dict[str, object], new: dict[str, object]) -> bool:
    """Something was made that did not exist before: no open connection can be in it."""
    return old == {key: value for key, value in new.items() if key in old} and len(new) > len(old)


def test_other_schools_are_never_affected() -> None:
    event = SchoolEvent("a", 1, NOW, SessionEnded("p"))
    assert affects(event, Person("p", "a", "pupil", "P"))
    assert not affects(event, structs.replace(Person("p", "a", "pupil", "P"), school="b"))


@dataclass(frozen=True)
class Seat:
    person: Person
    document: str
    folder: str | None
    doubt: None = None


TOOL = TicketScope("ticket-1", NOW + HOUR, meeting="a-lesson", role="pupil")
MORE: tuple[tuple[str, Step], ...] = (
    ("a deck less", lambda s: do_change_meeting(s, "a", "a-lesson", MeetingPatch(documents=()))),
    ("groups", lambda s: do_keep_group_rooms(s, LESSON, GROUPS)),
    ("a lobby", lambda s: do_change_meeting(s, "a", "a-lesson", MeetingPatch(lobby=True))),
    ("no groups", lambda s: do_keep_group_rooms(s, LESSON, None)),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rule is in Python
@pytest.mark.parametrize("steps", [STEPS, MORE])
async def test_nobodys_rights_in_a_document_change_in_silence(
    town: SchoolStore, steps: tuple[tuple[str, Step], ...]
) -> None:
    access = SchoolAccess(town)
    people = [*(person("a", name) for name in ROLES), person("b", "t1"), Person("ticket:1", "a", "pupil", "T", TOOL)]
    asked = list(product(people, ("a-deck", "a-table", "a-notes", "a-doc", "b-deck")))
    before, told, moved = await access.access_documents(asked), 0, 0
    for name, step in steps:
        heads = await town.event_heads()
        await step(town)
        after = await access.access_documents(asked)
        seats = [Seat(who, document, _folder(before, (who, document))) for who, document in asked]
        named = {(seat.person, seat.document) for seat in concerned(await town.events_after(heads), seats)}
        changed = {one for one in asked if _right(before, one) != _right(after, one)}
        new = {one for one in changed if not any(known == one[1] for _, known in before)}  # nobody sits there yet
        assert changed - new <= named, f"{name} moved rights in silence"
        told, moved, before = told + len(named), moved + len(changed), after
    assert moved > 0
    assert told < len(asked) * len(steps) / 2, "what concerns everybody concerns nobody"


def _folder(found: dict[Asked, Opened], asked: Asked) -> str | None:
    return found[asked][0].folder if asked in found else None


def _right(found: dict[Asked, Opened], asked: Asked) -> str | None:
    return found[asked][1] if asked in found else None
