"""Long work without a loop of its own that may be left off in between.

Laws: work stops after every `STEP` things it looked at (some 3 ms), and holds nothing that others need meanwhile;
whether something happens between two steps is for whoever drives it to say. Not done here: waiting.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, TypeVar

Result = TypeVar("Result")
Steps = Generator[None, None, Result]
"""Work in steps, and what comes of it."""

STEP: Final = 1000


def finish(steps: Steps[Result]) -> Result:
    """Do all of it at once."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: Result = done.value
            return result
