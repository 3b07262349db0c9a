"""One person's share of the API: bounded at once and over time, and nobody else's."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from web.crowd import AT_ONCE, PEOPLE, WRITES, Crowd, Shares
from web.errors import Overloaded


def test_only_so_many_at_once_and_each_end_makes_room() -> None:
    crowd = Crowd()
    with ExitStack() as running:
        for _ in range(AT_ONCE):
            running.enter_context(crowd.asking(0.0, "eve", writes=False))
        with pytest.raises(Overloaded), crowd.asking(0.0, "eve", writes=False):
            pass
        with crowd.asking(0.0, "somebody else", writes=True):
            pass
    with crowd.asking(0.0, "eve", writes=False):
        pass


def test_writes_refill_with_time() -> None:
    crowd = Crowd()
    per_second, burst = WRITES
    for _ in range(int(burst)):
        with crowd.asking(0.0, "eve", writes=True):
            pass
    with pytest.raises(Overloaded), crowd.asking(0.0, "eve", writes=True):
        pass
    with crowd.asking(0.0, "eve", writes=False):
        pass
    with crowd.asking(1.0 / per_second, "eve", writes=True):
        pass


def test_a_failing_request_is_counted_out() -> None:
    crowd = Crowd()
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError), crowd.asking(0.0, "eve", writes=False):
            raise ZeroDivisionError


def test_who_is_quiet_is_forgotten() -> None:
    crowd = Crowd()
    with crowd.asking(0.0, "busy", writes=True):
        for n in range(PEOPLE * 2):
            with crowd.asking(0.0, f"guest:{n}", writes=False):
                pass
        assert len(crowd) <= PEOPLE
        with ExitStack() as running, pytest.raises(Overloaded):
            for _ in range(AT_ONCE):  # one of "busy" is under way already: it was not forgotten
                running.enter_context(crowd.asking(0.0, "busy", writes=False))


def test_a_share_is_a_persons_own_until_all_together_do_too_much() -> None:
    shares = Shares(2, "two at a time", altogether=3, retry_after=7)
    with ExitStack() as under_way:
        for person in ("eve", "eve", "ada"):
            under_way.enter_context(shares.one(person))
        for person in ("eve", "ada", "somebody else"):
            with pytest.raises(Overloaded) as refused, shares.one(person):
                pass
            assert (refused.value.text, refused.value.retry_after) == ("two at a time", 7)
        assert (shares.of("eve"), shares.of("ada"), shares.of("somebody else")) == (2, 1, 0)
    with pytest.raises(ZeroDivisionError), shares.one("eve"):
        raise ZeroDivisionError
    assert shares.of("eve") == 0
