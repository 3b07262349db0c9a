"""Ended for all: nobody comes back in by themself, whatever became of the server, until who leads opens it again."""

from __future__ import annotations

from pathlib import Path

from tests.web.house import open_house
from tests.web.test_rooms import join


async def test_a_meeting_that_was_ended_stays_ended(demo_data: Path) -> None:
    async with open_house(demo_data) as house:
        teacher, _ = await join(house, "teacher", "T")
        amira, _ = await join(house, "pupil", "Amira", client="tab")
        assert (await amira.ask("room:end"))["error"]["code"] == "not_allowed"
        assert await teacher.ask("room:end") == {}
        assert (await amira.until("room:closed"))["reason"] == "ended"
        back = await amira.ask("room:join", meeting="demo-lesson", client="tab")
        assert back["error"]["code"] == "ended"
    async with open_house(demo_data) as house:  # the worker was lost, and the room with it
        amira, back = await join(house, "pupil", "Amira", client="tab")
        assert back["error"]["code"] == "ended"
        _, again = await join(house, "teacher", "T")
        assert again["state"] == "joined"
        back = await amira.ask("room:join", meeting="demo-lesson", client="tab")
        assert back["state"] == "joined", "who leads has opened it again"
