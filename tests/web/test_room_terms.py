"""A worker that stood still while its lease ran out writes nothing over what the room's new owner keeps."""

from __future__ import annotations

from tests.web.house import House, eventually
from tests.web.test_rooms import LESSON, join
from web.school.group_queries import begin_term, load_plan


async def test_whoever_asks_the_old_owner_is_sent_to_the_new_one(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    (room,) = house.services.rooms.hosts()
    store = house.services.school
    await begin_term(store, LESSON, room.media.epoch + 1)  # as another worker does that takes the room
    refused = await teacher.ask("groups:prepare", titles=["Eins", "Zwei"], how="chance")
    assert refused["error"]["code"] == "not_in_room", refused
    assert (await teacher.until("room:closed"))["reason"] == "moved"
    assert await load_plan(store, LESSON) is None


async def test_a_lease_that_is_surely_ours_counts_although_the_clock_was_set_back(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    (room,) = house.services.rooms.hosts()
    await begin_term(house.services.school, LESSON, room.media.epoch + 10**9)
    assert await teacher.ask("room:leave") == {}
    await eventually(lambda: not house.services.rooms.hosts())
    await teacher.ask("room:join", meeting=LESSON, client="")
    assert await teacher.ask("groups:prepare", titles=["Eins", "Zwei"], how="chance") == {}
