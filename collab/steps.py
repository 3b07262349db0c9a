"""Long work without a loop of its own that may be left off in between.

Laws: work stops after every `STEP` things it looked at (some 3 ms), and holds nothing that others need meanwhile;
whether something happens between two steps is for whoever drives it to say. Not done here: waiting.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final, Generic, TypeVar

Result = TypeVar("Result")
Steps = Generator[None, None, Result]
"""Work in steps, and what comes of it."""

STEP: Final = 1000


class Work(Generic[Result]):
    """Steps for a `for` loop; when it has ended `result` is what came of them."""

    result: Result

    def __init__(self, steps: Steps[Result]) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[None]:
        self.result = yield from self._steps


def finish(steps: Steps[Result]) -> Result:
    """Do all of it at once."""
    work = Work(steps)
    for _ in work:
        pass
    return work.result
