"""What a person may ask for over Socket.IO: theirs over all connections, and kept until it has refilled."""

from __future__ import annotations

import pytest

from web.budget import CONNECTIONS, NARROWER, REQUESTS, SocketBudgets
from web.crowd import PEOPLE
from web.errors import Overloaded
from web.school.model import Person

AMIRA, BEN = Person("amira", "s", "pupil", "Amira"), Person("ben", "s", "pupil", "Ben")
CLASS = Person("ticket:class", "s", "pupil", "Class")


def test_two_connections_spend_one_budget() -> None:
    budgets = SocketBudgets()
    laptop, phone, ben = (budgets.of(person, 0.0) for person in (AMIRA, AMIRA, BEN))
    _, burst = NARROWER["chat:send"]
    assert all((laptop, phone)[number % 2].afford(0.0, "chat:send") for number in range(int(burst)))
    assert not laptop.afford(0.0, "chat:send") and not phone.afford(0.0, "chat:send")
    assert laptop.afford(0.0, "room:hand") and ben.afford(0.0, "chat:send")


def test_everything_counts_together() -> None:
    amira = SocketBudgets().of(AMIRA, 0.0)
    per_second, burst = REQUESTS
    assert all(amira.afford(0.0, "chat:history") for _ in range(int(burst)))
    assert not amira.afford(0.0, "room:hand") and not amira.afford(0.0, "no such event")
    assert amira.afford(1.0 / per_second, "chat:send")


def test_who_comes_again_has_spent_what_they_have_spent_until_it_has_refilled() -> None:
    budgets = SocketBudgets()
    amira = budgets.of(AMIRA, 0.0)
    amira.open()
    while amira.afford(0.0, "chat:search"):
        pass
    amira.close()
    for number in range(PEOPLE * 2):
        budgets.of(Person(f"guest:{number}", "s", "guest", "G"), 0.0)
    assert len(budgets) <= PEOPLE
    assert not budgets.of(AMIRA, 0.0).afford(0.0, "chat:search")
    assert budgets.of(AMIRA, 2.0).afford(2.0, "chat:search")


def test_who_is_connected_is_never_forgotten() -> None:
    budgets = SocketBudgets()
    amira = budgets.of(AMIRA, 0.0)
    amira.open()
    for number in range(PEOPLE * 2):
        budgets.of(Person(f"guest:{number}", "s", "guest", "G"), 1000.0)
    assert budgets.of(AMIRA, 1000.0) is amira


def test_connections_are_counted_out_and_a_tools_are_not_counted() -> None:
    budgets = SocketBudgets()
    for _ in range(CONNECTIONS):
        budgets.of(AMIRA, 0.0).open()
    with pytest.raises(Overloaded):
        budgets.of(AMIRA, 0.0).open()
    budgets.of(AMIRA, 0.0).close()
    budgets.of(AMIRA, 0.0).open()
    for _ in range(CONNECTIONS + 1):
        budgets.of(CLASS, 0.0).open()
