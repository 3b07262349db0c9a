"""How people are called in front of others."""

from __future__ import annotations

import unicodedata

from web.school.model import AccountRole


def display_name(role: AccountRole, full_name: str) -> str:
    """Return what others see: a pupil's first name and the initial of the last, everybody else's whole name."""
    first, _, rest = full_name.strip().partition(" ")
    if role != "pupil" or not rest:
        return full_name.strip()
    return f"{first} {rest.split()[-1][0]}."


def clean_login(login: str) -> str:
    """Return a login as it is stored and looked up: tablets write a capital letter where none was meant."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def clean_name(name: str) -> str:
    """Return a name on one line, without marks that could disguise it as somebody else's."""
    words = ("".join(filter(str.isprintable, word)) for word in name.split())  # drops what turns text around, too
    return " ".join(word for word in words if word)


def fold(text: str) -> str:
    """Return a text as it is looked for and put in order: small letters without marks, words apart by one space."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).replace("-", " ").split())


def account_key(full_name: str, login: str) -> str:
    """By what an account is found and put in order."""
    return f"{fold(full_name)} {fold(login)}"
