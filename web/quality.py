"""The word for how good somebody's line is.

Laws: a score is the E-model's rating of a conversation (ITU-T G.107), 0 to 100; the words follow G.109: from 80 on
people are satisfied, below 60 nearly all are not. A word falls only `MARGIN` below its bound. Pure.
"""

from __future__ import annotations

from typing import Final

from web.messages import Quality

GOOD: Final = 80
FAIR: Final = 60
MARGIN: Final = 3


def judge(score: int, before: Quality) -> Quality:
    """Return the word for a score, given the word before."""
    good = GOOD - MARGIN if before == "good" else GOOD
    fair = FAIR - MARGIN if before in ("good", "fair") else FAIR
    return "good" if score >= good else "fair" if score >= fair else "weak"
