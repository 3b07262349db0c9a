"""Channels over HTTP: who changes them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.routes.conftest import Browser, Enter

CHANNEL = "channels/demo-class"


async def find(browser: Browser) -> Any:
    (found,) = [one for one in (await browser.get("channels"))["channels"] if one["id"] == "demo-class"]
    return found


async def test_who_leads_a_channel_moderates_it(enter: Enter) -> None:
    teacher, pupil = await enter("teacher"), await enter("pupil1")
    assert (await find(pupil))["mode"] == "open"
    status, changed = await teacher.call("PATCH", CHANNEL, {"mode": "moderated", "keep_days": 30})
    assert status == 200 and (changed["mode"], changed["keep_days"], changed["held"]) == ("moderated", 30, False)
    seen = await find(pupil)
    assert (seen["mode"], seen["write"], seen["held"]) == ("moderated", True, True)
    status, changed = await teacher.call("PATCH", CHANNEL, {"mode": "teacher_only"})
    assert changed["keep_days"] == 30, "what is left out stays"
    assert not (await find(pupil))["write"]
    assert (await teacher.call("PATCH", CHANNEL, {"keep_days": None}))[1]["keep_days"] is None


@pytest.mark.parametrize(("who", "status"), [("pupil1", 403), ("guardian1", 404), ("admin", 404)])
async def test_nobody_else_does(enter: Enter, who: str, status: int) -> None:
    browser = await enter(who)
    assert (await browser.call("PATCH", CHANNEL, {"mode": "off"}))[0] == status


@pytest.mark.parametrize("body", [{"mode": "loud"}, {"keep_days": 0}, {"keep_days": 9999}, {"mode": None}])
async def test_what_does_not_fit_is_refused(enter: Enter, body: object) -> None:
    teacher = await enter("teacher")
    assert (await teacher.call("PATCH", CHANNEL, body))[0] == 400


async def test_home_says_what_is_unread(enter: Enter) -> None:
    teacher = await enter("teacher")
    (channel,) = [one for one in (await teacher.get("home"))["channels"] if one["id"] == "demo-class"]
    assert channel["unread"] == 0
