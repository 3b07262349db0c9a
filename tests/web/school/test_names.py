"""How people are called."""

from __future__ import annotations

import pytest

from web.school.model import AccountRole
from web.school.names import clean_name, display_name


@pytest.mark.parametrize(
    ("role", "full_name", "shown"),
    [
        ("pupil", "Mia Kowalski", "Mia K."),
        ("pupil", "Fatima El-Sayed", "Fatima E."),
        ("pupil", "Anna Maria von der Heide", "Anna H."),
        ("pupil", "Çağla Öztürk", "Çağla Ö."),
        ("pupil", " Cem ", "Cem"),
        ("teacher", "Frau Yıldız", "Frau Yıldız"),
        ("guardian", "Nadia Haddad", "Nadia Haddad"),
    ],
)
def test_display_name(role: AccountRole, full_name: str, shown: str) -> None:
    assert display_name(role, full_name) == shown


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Frau\tGast \n", "Frau Gast"),
        ("Frau\u202eztaG", "FrauztaG"),
        ("\u2066x\u2069", "x"),
        ("\x00\x1b[31m", "[31m"),
        ("أحمد", "أحمد"),
        ("Zoë 🙂", "Zoë 🙂"),
        ("\u202e \u2067", ""),
    ],
)
def test_clean_name(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept
