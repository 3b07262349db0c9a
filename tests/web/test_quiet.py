"""Quiet hours by the wall clock of the school, over midnight, weekends and the nights when the clock jumps."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.quiet import is_zone, quiet_until
from web.school.model import QuietHours

ZONE = "Europe/Berlin"
EVENING = QuietHours(18 * 60, 7 * 60, True)
NIGHT = QuietHours(18 * 60, 7 * 60, False)
NOON = QuietHours(12 * 60, 13 * 60, False)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (EVENING, "2026-11-18T17:59", None),
        (EVENING, "2026-11-18T18:00", "2026-11-19T07:00"),
        (EVENING, "2026-11-19T06:59", "2026-11-19T07:00"),
        (EVENING, "2026-11-19T07:00", None),
        (EVENING, "2026-11-20T20:00", "2026-11-23T07:00"),  # Friday evening until Monday morning
        (EVENING, "2026-11-22T12:00", "2026-11-23T07:00"),
        (NIGHT, "2026-11-21T12:00", None),  # a Saturday
        (NOON, "2026-11-18T12:30", "2026-11-18T13:00"),
        (NOON, "2026-11-18T13:00", None),
        (QuietHours(60, 60, False), "2026-11-18T01:00", None),
        (QuietHours(60, 60, True), "2026-11-21T09:00", "2026-11-23T00:00"),
        (NIGHT, "2026-03-28T20:00", "2026-03-29T07:00"),  # the clock jumps forward that night
        (NIGHT, "2026-10-24T20:00", "2026-10-25T07:00"),  # and back
        (None, "2026-11-18T20:00", None),
    ],
)
def test_until_when(quiet: QuietHours | None, now: str, until: str | None) -> None:
    assert quiet_until(quiet, ZONE, at(now)) == (None if until is None else at(until))


def test_zones() -> None:
    assert is_zone("UTC") and is_zone("America/Lima")
    assert not any(is_zone(name) for name in ("Mars/Base", "../etc/passwd", "", "Europe", "\0"))
    midnight = int(datetime.fromisoformat("2026-11-18T20:00+00:00").timestamp() * 1000)
    assert quiet_until(NIGHT, "Mars/Base", midnight) == midnight + 11 * 3600 * 1000, "UTC where nobody knows better"


minutes = st.integers(0, 24 * 60 - 1)


@given(st.builds(QuietHours, minutes, minutes, st.booleans()), st.integers(1_700_000_000, 1_900_000_000))
def test_what_ends_is_over_then(quiet: QuietHours, second: int) -> None:
    now = second * 1000
    until = quiet_until(quiet, ZONE, now)
    if until is not None:
        assert now < until <= now + 8 * 25 * 3600 * 1000
        almost_always = (quiet.end - quiet.start) % 1440 > 1380
        assert almost_always or quiet_until(quiet, ZONE, until) is None
