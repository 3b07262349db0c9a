"""The school's settings over HTTP: how long changes of documents are kept, and how pictures are sent."""

from __future__ import annotations

import pytest

from tests.web.routes.conftest import Enter
from web.school.keeping import HistoryDays
from web.school.sending import load_sending
from web.services import Services


async def test_the_school_says_how_long_changes_are_kept(enter: Enter, services: Services) -> None:
    admin = await enter("admin")
    days = HistoryDays(services.school, 30)
    before = await admin.get("school")
    assert (before["history_days"], before["usual"]["history_days"]) == (None, 30), "as long as the server is told to"
    assert (await days.shortest(), dict(await days.of(["demo-deck", "nobody's"]))) == (
        30,
        {"demo-deck": 30, "nobody's": 30},
    )
    status, told = await admin.call("PATCH", "school", {"history_days": 7})
    assert (status, told["history_days"]) == (200, 7)
    assert (await admin.get("school"))["history_days"] == 7
    assert (await days.shortest(), dict(await days.of(["demo-deck", "nobody's"]))) == (
        7,
        {"demo-deck": 7, "nobody's": 30},
    )
    assert (await admin.call("PATCH", "school", {"time_zone": "Europe/Paris"}))[1]["history_days"] == 7
    assert (await admin.call("PATCH", "school", {"history_days": None}))[1]["history_days"] is None
    assert (await days.shortest(), dict(await days.of(["demo-deck"]))) == (30, {"demo-deck": 30})


@pytest.mark.parametrize(
    ("who", "days", "status"), [("admin", 0, 400), ("admin", 366, 400), ("admin", 365, 200), ("teacher", 5, 403)]
)
async def test_bounds_and_rights(enter: Enter, who: str, days: int, status: int) -> None:
    assert (await (await enter(who)).call("PATCH", "school", {"history_days": days}))[0] == status


async def test_the_school_says_what_cameras_are_asked_for(enter: Enter, services: Services) -> None:
    admin = await enter("admin")
    before = await admin.get("school")
    assert (before["video_codec"], before["usual"]["video_codec"]) == (None, "vp8"), "as the server is told to"
    assert await load_sending(services.school, "demo") == (None, None)
    status, told = await admin.call("PATCH", "school", {"video_codec": "av1"})
    assert (status, told["video_codec"], told["history_days"]) == (200, "av1", None)
    assert await load_sending(services.school, "demo") == ("av1", None)
    assert (await admin.call("PATCH", "school", {"history_days": 7}))[1]["video_codec"] == "av1"
    status, told = await admin.call("PATCH", "school", {"video_codec": None})
    assert (status, told["video_codec"], told["history_days"]) == (200, None, 7), "and back to what the server is told"
    assert await load_sending(services.school, "demo") == (None, None)
    assert (await admin.call("PATCH", "school", {"video_codec": "h265"}))[0] == 400
    assert (await (await enter("teacher")).call("PATCH", "school", {"video_codec": "vp9"}))[0] == 403


async def test_the_school_says_what_one_person_is_sent_at_most(enter: Enter, services: Services) -> None:
    admin = await enter("admin")
    before = await admin.get("school")
    assert (before["downlink_cap"], before["usual"]["downlink_cap"]) == (None, 1000), "as the server is told to"
    assert (await admin.call("PATCH", "school", {"downlink_cap": 600}))[1]["downlink_cap"] == 600
    assert await load_sending(services.school, "demo") == (None, 600)
    assert await load_sending(services.school, "nobody's") == (None, None)
    for wrong in (199, 20_001, "1000"):
        assert (await admin.call("PATCH", "school", {"downlink_cap": wrong}))[0] == 400
    assert (await (await enter("teacher")).call("PATCH", "school", {"downlink_cap": 300}))[0] == 403
    assert (await admin.call("PATCH", "school", {"downlink_cap": None}))[1]["downlink_cap"] is None
