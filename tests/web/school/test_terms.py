"""What the owners of a live room write: only the newest one's word counts."""

from __future__ import annotations

import pytest

from tests.web.school.script import LESSON
from web.errors import StateError
from web.school.actions import do_keep_group_rooms
from web.school.group_queries import begin_term, load_plan
from web.school.group_rooms import GroupPlan, GroupRoom
from web.school.store import SchoolStore

BEFORE = GroupPlan("hand", (GroupRoom("g1", "One", "c1"), GroupRoom("g2", "Two", "c2")))
AFTER = GroupPlan("hand", (GroupRoom("g3", "Three", "c3"), GroupRoom("g4", "Four", "c4")))


async def test_only_the_newest_owner_writes(town: SchoolStore) -> None:
    assert await begin_term(town, LESSON.id, 7) is None
    await do_keep_group_rooms(town, LESSON, BEFORE, 7)
    assert await begin_term(town, LESSON.id, 9) == BEFORE
    for plan in (AFTER, None):
        with pytest.raises(StateError) as refused:
            await do_keep_group_rooms(town, LESSON, plan, 7)
        assert refused.value.code == "outdated"
    assert await load_plan(town, LESSON.id) == BEFORE
    with pytest.raises(StateError):
        await begin_term(town, LESSON.id, 8)
    await do_keep_group_rooms(town, LESSON, AFTER, 9)
    assert await load_plan(town, LESSON.id) == AFTER
    assert await begin_term(town, LESSON.id, 8, anew=True) == AFTER, "who surely holds the lease, by a clock set back"
    await do_keep_group_rooms(town, LESSON, None, 8)
