"""The whole grant table, written down a second time, cell by cell."""

from __future__ import annotations

from typing import get_args

import pytest

from web.school.grants import GRANTS
from web.school.model import MeetingKind, MeetingRole

# p publish, s screen, e edit, c chat, m moderate, P present, r record
EXPECTED = """
lesson        host          yes    p s e c m P r
lesson        teacher       yes    p s e c m P r
lesson        pupil         yes    p . e c . . .
lesson        guardian      no     . . . . . . .
lesson        head          yes    p . . . . . .
lesson        school_admin  no     . . . . . . .
lesson        guest         lobby  p . . . . . .
consultation  host          yes    p s e c m P .
consultation  teacher       yes    p s e c m P .
consultation  pupil         lobby  p . . . . . .
consultation  guardian      lobby  p . . . . . .
consultation  head          lobby  p . . . . . .
consultation  school_admin  no     . . . . . . .
consultation  guest         lobby  p . . . . . .
conference    host          yes    p s e c m P r
conference    teacher       yes    p s e c . P .
conference    pupil         yes    p . . c . . .
conference    guardian      yes    p . . c . . .
conference    head          yes    p s e c m P r
conference    school_admin  no     . . . . . . .
conference    guest         lobby  p . . c . . .
"""
ROWS = [line.split() for line in EXPECTED.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_cell(row: list[str]) -> None:
    kind, role, admission, *letters = row
    grant = next(grant for key, grant in GRANTS.items() if key == (kind, role))
    may = [grant.publish, grant.screen, grant.edit, grant.chat, grant.moderate, grant.present, grant.record]
    assert grant.admission == admission
    assert may == [letter != "." for letter in letters]


def test_every_combination_has_a_row() -> None:
    assert set(GRANTS) == {(kind, role) for kind in get_args(MeetingKind) for role in get_args(MeetingRole)}
    assert len(ROWS) == len(GRANTS)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        GRANTS["lesson", "pupil"] = GRANTS["lesson", "host"]  # type: ignore[index]


def test_no_family_hears_another() -> None:
    """The consultation's channel is one for all families: nobody but its teachers may be in it."""
    with_chat = {role for (kind, role), grant in GRANTS.items() if kind == "consultation" and grant.chat}
    assert with_chat == {"host", "teacher"}
