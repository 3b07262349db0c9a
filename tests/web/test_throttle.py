"""Attempts by name, with a clock made of numbers."""

from __future__ import annotations

import pytest

from web.errors import Overloaded
from web.throttle import Throttle


def spend(throttle: Throttle, now: float, name: str) -> int:
    """Try until refused; return how many attempts were let through."""
    for count in range(1000):
        try:
            throttle.attempt(now, name)
        except Overloaded:
            return count
    return 1000


def test_a_burst_then_one_at_a_time() -> None:
    throttle = Throttle(burst=3, seconds=10)
    assert spend(throttle, 100, "x") == 3
    assert spend(throttle, 109.9, "x") == 0
    assert spend(throttle, 110, "x") == 1
    assert spend(throttle, 1000, "x") == 3


def test_retry_after_is_right() -> None:
    throttle = Throttle(burst=2, seconds=10)
    assert spend(throttle, 0, "x") == 2
    with pytest.raises(Overloaded) as refused:
        throttle.attempt(4, "x")
    throttle.attempt(4 + refused.value.retry_after, "x")


def test_refused_attempts_cost_nothing() -> None:
    """Whoever hammers does not push the end of the wait away."""
    throttle = Throttle(burst=2, seconds=10)
    spend(throttle, 0, "x")
    for tenth in range(99):
        assert spend(throttle, tenth / 10, "x") == 0
    assert spend(throttle, 10, "x") == 1


def test_accounts_do_not_touch_each_other() -> None:
    throttle = Throttle(burst=2, seconds=10)
    spend(throttle, 0, "x")
    assert spend(throttle, 0, "y") == 2


def test_success_gives_everything_back() -> None:
    throttle = Throttle(burst=3, seconds=10)
    for _ in range(100):
        throttle.attempt(0, "x")
        throttle.success("x")
    assert len(throttle) == 0
    throttle.success("never seen")


def test_memory_is_bounded_and_the_guessed_account_is_remembered() -> None:
    throttle = Throttle(burst=5, seconds=10, most=100)
    spend(throttle, 0, "teacher")
    for number in range(10_000):
        throttle.attempt(0, f"nobody-{number}")
        assert len(throttle) <= 100
    assert spend(throttle, 0, "teacher") == 0, "a flood of other names does not buy new guesses"
