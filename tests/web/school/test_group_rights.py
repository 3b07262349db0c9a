"""Who may read and write what a group talks about and works on, before, while and after it works."""

from __future__ import annotations

import pytest

from tests.web.school.rights import listed, reach
from tests.web.school.script import LESSON
from tests.web.school.town import NOW, person
from web.school.actions import ChannelPatch, do_change_channel, do_create_document, do_keep_group_rooms
from web.school.group_rooms import GroupPlan, GroupRoom, begin, gather
from web.school.model import ChannelMode, ChannelRights, DocumentInfo
from web.school.store import SchoolStore

PLAN = GroupPlan("hand", (GroupRoom("g1", "One", "c1", "d1"), GroupRoom("g2", "Two", "c2", "d2")),
                 seats={"a-p1": "g1", "a-p2": "g2"})  # fmt: skip
NAMES = {"channel": ["c1", "c2"], "document": ["d1", "d2"]}
OPEN = begin(PLAN, NOW, None, ["a-p1", "a-p2"])
# what each may do: r and w for the chats of both groups, then for their documents
EXPECTED = {
    "prepared": {"t1": "ww ww", "p1": "r- wr", "p2": "-r rw", "p3": "-- --", "h": "-- rr", "e1": "-- --", "s": "-- --"},
    "open": {"t1": "ww ww", "p1": "w- w-", "p2": "-w -w", "p3": "-- --", "h": "-- --", "e1": "-- --", "s": "-- --"},
}


async def rights(store: SchoolStore, name: str) -> str:
    found = await reach(store, person("a", name), NAMES)
    lists = await listed(store, person("a", name)) if name != "h" else {}

    def letter(key: str) -> str:
        right = found.get(key)
        if name in ("p1", "p2"):
            assert lists.get(key) == right, "lists hold what the single access lets through"
        if isinstance(right, ChannelRights):
            return "w" if right.write else "r"
        return {"write": "w", "read": "r", None: "-"}[right]

    return " ".join("".join(letter(f"{kind}:{id_}") for id_ in ids) for kind, ids in NAMES.items())


@pytest.fixture
async def split(town: SchoolStore) -> SchoolStore:
    for id_ in ("d1", "d2"):
        await do_create_document(town, DocumentInfo(id_, "a", "deck", id_, None, "a-t1"))
    await do_keep_group_rooms(town, LESSON, PLAN)
    return town


async def test_rights_follow_seats_and_whether_the_groups_work(split: SchoolStore) -> None:
    for phase, plan in (("prepared", PLAN), ("open", OPEN), ("prepared", gather(OPEN))):
        await do_keep_group_rooms(split, LESSON, plan)
        assert {name: await rights(split, name) for name in EXPECTED[phase]} == EXPECTED[phase], phase
    await do_keep_group_rooms(split, LESSON, None)
    assert await rights(split, "p1") == "-- --", "a plan that is gone gives nothing"


@pytest.mark.parametrize(("above", "own", "may"), [
    ("off", "open", "r"), ("teacher_only", "open", "r"), ("open", "off", "r"), ("open", "open", "w"),
])  # fmt: skip
async def test_the_mode_of_the_meetings_chat_holds_in_groups(
    split: SchoolStore, above: ChannelMode, own: ChannelMode, may: str
) -> None:
    await do_keep_group_rooms(split, LESSON, OPEN)
    await do_change_channel(split, "a", "a-1-channel", ChannelPatch(mode=above))
    await do_change_channel(split, "a", "c1", ChannelPatch(mode=own))
    assert (await rights(split, "p1"))[0] == may
