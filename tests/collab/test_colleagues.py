"""When a worker that says nothing any more counts as lost, at whatever moment it died."""

from __future__ import annotations

import pytest

from collab.colleagues import Colleagues
from collab.limits import Limits

SECONDS = Limits().worker_seconds


def run(who: Colleagues, begin: float, end: float, beats: list[float], away: tuple[float, float] = (0, 0)) -> float:
    """Let time pass as a worker does; return when the other one was noticed, or infinity."""
    now, heard = begin, list(beats)
    while now < end:
        step = who.wait(now)
        while heard and heard[0] <= now + step:
            who.hear(heard[0], "other")
            heard.pop(0)
        now += step
        if who.lost(now, not away[0] <= now < away[1]):
            return now
    return float("inf")


@pytest.mark.parametrize("phase", [number / 20 for number in range(20)])
def test_who_dies_is_noticed_within_five_seconds(phase: float) -> None:
    who, last = Colleagues(SECONDS), 7 + phase
    assert run(who, 0.0, 60.0, [number + phase for number in range(8)]) - last <= 5.0
    assert who.lost(99.0, healthy=True) == [], "once"


def test_who_lives_is_never_lost_and_one_that_comes_late_is_not_either() -> None:
    assert run(Colleagues(SECONDS), 0.0, 60.0, [number * 1.3 for number in range(50)]) == float("inf")
    assert run(Colleagues(SECONDS), 0.0, 13.0, [0.5, 4.9, 9.3]) == float("inf")


def test_while_our_own_bus_is_away_nobody_is_lost_and_then_all_have_their_time_again() -> None:
    assert run(Colleagues(SECONDS), 0.0, 70.0, [0.5, 63.9, 65.0, 66.0, 67.0], away=(1.0, 60.5)) == float("inf")
    assert 63.5 < run(Colleagues(SECONDS), 0.0, 70.0, [0.5], away=(1.0, 60.5)) <= 65.5


def test_nobody_is_looked_at_more_often_than_needed() -> None:
    who = Colleagues(SECONDS)
    assert who.wait(0.0) == 1.0
    who.hear(0.0, "other")
    assert who.wait(1.0) == 1.0 and who.wait(SECONDS - 0.3) == pytest.approx(0.3) and who.wait(99.0) == 0.02
