"""What a client is asked to send: at once what is wanted, a little later no more what is not."""

from __future__ import annotations

from sfu.demand import LINGER, Demand


def test_who_was_told_nothing_sends_everything_until_nobody_watched_for_a_while() -> None:
    demand = Demand(3)
    assert demand.told == {0, 1, 2} and demand.deadline is None
    assert not demand.update(10.0, frozenset({1}))
    assert demand.deadline == 10.0 + LINGER
    assert not demand.update(10.0 + LINGER / 2, frozenset({1}))
    assert demand.update(10.0 + LINGER, frozenset({1}))
    assert demand.told == {0, 1} and demand.deadline is None


def test_what_is_wanted_again_is_asked_for_at_once() -> None:
    demand = Demand(3)
    demand.update(0.0, frozenset())
    assert demand.update(LINGER, frozenset())
    assert demand.told == {0}, "the lowest is always wanted"
    assert demand.update(5.0, frozenset({2}))
    assert demand.told == {0, 2}
    assert not demand.update(6.0, frozenset())
    assert not demand.update(6.0 + LINGER / 2, frozenset({2})), "there and back costs nothing"
    assert demand.deadline is None


def test_a_client_that_may_have_missed_it_is_told_again() -> None:
    demand = Demand(3)
    demand.again()
    assert demand.update(0.0, frozenset({2})), "also where it should send all"
    assert demand.told == {0, 1, 2}
    assert not demand.update(0.1, frozenset({2}))


def test_layers_that_do_not_exist_are_not_asked_for() -> None:
    demand = Demand(2)
    assert not demand.update(0.0, frozenset({1, 2}))
    assert demand.told == {0, 1}
