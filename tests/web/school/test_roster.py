"""Rows of a class list: whose they are, and which logins and passwords the others get."""

from __future__ import annotations

import random
import re

import pytest

from web.school.model import Account
from web.school.roster import RosterEntry, first_password, known_as, login_of


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("Amira Haddad", "amira.haddad"),
        ("Jürgen von der Weiß", "juergen.weiss"),
        ("Mehmet Aydın", "mehmet.aydin"),
        ("Zoë Anne-Marie Łukasz", "zoe.lukasz"),
        ("Madonna", "madonna"),
        ("O'Neill", "oneill"),
        ("Олена Бондар", "олена.бондар"),
        ("!!!", "konto"),
    ],
)
def test_logins_can_be_typed(name: str, login: str) -> None:
    assert login_of(name, set()) == login
    assert login_of(name, {login}) == f"{login}2"
    assert login_of(name, {login, f"{login}2"}) == f"{login}3"


def test_first_passwords_are_easy_and_differ() -> None:
    pick = random.Random(4).choice
    passwords = {first_password(pick) for _ in range(1000)}
    assert len(passwords) == 1000
    assert all(re.fullmatch("[a-z]{4}-[a-z]{4}-[a-z]{2}[2-9]{2}", password) for password in passwords)


def test_a_row_is_known_by_login_or_by_name_and_class() -> None:
    ben = Account("1", "s", "ben", "pupil", "Ben M.", "Ben Müller")
    other = Account("2", "s", "ben2", "pupil", "Ben M.", "Ben Müller")
    accounts, groups = [ben, other], {"8b": {"2"}}
    assert known_as(RosterEntry("Ben Müller", "pupil", "BEN2"), accounts, groups, {}) == other
    assert known_as(RosterEntry("Ben Müller", "pupil", "ben3"), accounts, groups, {}) is None
    assert known_as(RosterEntry("Ben Müller", "pupil"), accounts, groups, {}) == ben
    assert known_as(RosterEntry("Ben Müller", "pupil", groups=("8b",)), accounts, groups, {}) == other
    assert known_as(RosterEntry("Ben Müller", "pupil", groups=("9a",)), accounts, groups, {}) is None
    assert known_as(RosterEntry("Ben Müller", "teacher"), accounts, groups, {}) is None


def test_guardians_of_one_name_stay_apart() -> None:
    petra = Account("1", "s", "petra", "guardian", "Petra Weiß", "Petra Weiß")
    families: dict[str, set[str]] = {"jana": {"1"}, "omar": set()}

    def known(*children: str) -> Account | None:
        return known_as(RosterEntry("Petra Weiß", "guardian", children=children), [petra], {}, families)

    assert known("JANA") == known("omar", "jana") == petra
    assert known("omar") is None  # somebody else's child
    assert known("nobody") == known() == petra  # says nothing about whose she is, and gives her no child
