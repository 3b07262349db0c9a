"""A class list becomes accounts: which rows are known already, which logins and first passwords the others get.

Laws: pure; chance is an argument. A list that is read twice makes nobody twice: a row with a login is the account
of that login, one without is whoever has the same name and role, in a class or answering for a child that the row
names, where it names any: two guardians of one name are never taken for each other.
A first password is easy to read aloud and to type on a tablet: no letter that looks like another, no capitals.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Final

from msgspec import Struct

from web.school.model import Account, AccountRole
from web.school.names import clean_login

CONSONANTS: Final = "bdfghkmnprstwz"
VOWELS: Final = "aeiou"
DIGITS: Final = "23456789"
SYLLABLES: Final = 5  # with two digits: 14^5 * 5^5 * 8^2, 36 bits, and ten tries before a pause at the door
_SPELLED: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i", "ø": "o", "ł": "l", "đ": "d"})
Pick = Callable[[str], str]


class RosterEntry(Struct, frozen=True):
    """One row of a list, with a clean name. `groups` are titles of classes, `children` logins of pupils."""

    full_name: str
    role: AccountRole
    login: str = ""
    groups: tuple[str, ...] = ()
    children: tuple[str, ...] = ()


def first_password(pick: Pick) -> str:
    """Return a password such as "bako-temi-ru27"; `pick` takes one character of a word."""
    parts = [pick(CONSONANTS) + pick(VOWELS) for _ in range(SYLLABLES)]
    return f"{parts[0]}{parts[1]}-{parts[2]}{parts[3]}-{parts[4]}{pick(DIGITS)}{pick(DIGITS)}"


def login_of(full_name: str, taken: Set[str]) -> str:
    """Return a free login: first and last name in plain letters, with a number where others have it."""
    words = [_plain(word) for word in full_name.split()]
    words = [word for word in words if word]
    base = ".".join([words[0], words[-1]] if len(words) > 1 else words) or "konto"
    if base not in taken:
        return base
    return next(name for number in range(2, len(taken) + 3) if (name := f"{base}{number}") not in taken)


def known_as(
    entry: RosterEntry, accounts: Sequence[Account], groups: Mapping[str, Set[str]], families: Mapping[str, Set[str]]
) -> Account | None:
    """Return whose row it is, None when it is nobody's yet.

    `groups` are the members of each class by its title, `families` the guardians of every pupil by the pupil's login.
    """
    login = clean_login(entry.login)
    if login:
        return next((account for account in accounts if account.login == login), None)
    circles = [groups.get(title, frozenset()) for title in entry.groups]
    circles += [families[child] for one in entry.children if (child := clean_login(one)) in families]
    for account in accounts:
        same = (account.full_name, account.role) == (entry.full_name, entry.role)
        if same and (not circles or any(account.id in circle for circle in circles)):
            return account
    return None


def _plain(word: str) -> str:
    spelled = unicodedata.normalize("NFC", word).casefold().translate(_SPELLED)
    letters = unicodedata.normalize("NFKD", spelled)
    return "".join(letter for letter in letters if letter.isalnum() or letter == "-").strip("-")
