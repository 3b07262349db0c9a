"""What is due when: the earliest moment wins, each key comes once, and old entries do not pile up."""

from __future__ import annotations

from sfu.agenda import Agenda


def test_the_earlier_moment_wins_and_is_given_once() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.plan("a", 5.0)
    agenda.plan("b", 4.0)
    agenda.plan("a", 3.0)
    agenda.plan("a", 9.0)
    agenda.plan("c", None)
    assert agenda.next() == 3.0
    assert agenda.due(2.9) == []
    assert agenda.due(4.0) == ["a", "b"]
    assert agenda.due(100.0) == [] and agenda.next() is None


def test_what_was_dropped_is_not_due_and_may_be_planned_again() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.plan("a", 1.0)
    agenda.drop("a")
    agenda.drop("never")
    assert agenda.next() is None
    agenda.plan("a", 2.0)
    assert agenda.due(2.0) == ["a"]


def test_plans_that_are_brought_forward_do_not_pile_up() -> None:
    agenda: Agenda[int] = Agenda()
    for moment in range(10_000, 0, -1):
        agenda.plan(moment % 7, float(moment))
    assert len(agenda._heap) < 2 * 7 + 80
    assert sorted(agenda.due(10.0)) == list(range(7))
