"""`affects` never keeps quiet: whoever's rights moved was named by the event."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.web.school.rights import listed
from tests.web.school.script import STEPS
from tests.web.school.town import HOUR, NOW, ROLES, person
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
