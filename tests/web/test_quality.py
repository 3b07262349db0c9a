"""The word for a line: bounds, and what is no news."""

from __future__ import annotations

import pytest

from web.messages import Quality
from web.quality import judge


@pytest.mark.parametrize(
    ("score", "before", "after"),
    [
        (93, "unknown", "good"),
        (80, "unknown", "good"),
        (79, "unknown", "fair"),
        (79, "good", "good"),
        (76, "good", "fair"),
        (79, "fair", "fair"),
        (60, "unknown", "fair"),
        (59, "unknown", "weak"),
        (57, "fair", "fair"),
        (56, "good", "weak"),
        (59, "weak", "weak"),
        (0, "good", "weak"),
    ],
)
def test_a_score_becomes_a_word(score: int, before: Quality, after: Quality) -> None:
    assert judge(score, before) == after
