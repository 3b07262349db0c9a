"""What Python's garbage collector looks at, and when.

Laws: what a full round has found in use is put aside (`gc.freeze`) and not looked at again, so that a round costs what
is new and not what there is: one over a thousand documents held the loop for 60 to 180 ms. Whatever is dropped is freed
by its count as ever, also when it was put aside; only a ring of objects that is let go after that stays. So all is
looked at again once ENOUGH objects were put aside and the loop rests, and at the latest when MOST were.
"""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Final

LOOK_SECONDS: Final = 5.0
RESTS: Final = 0.02  # of a core
ENOUGH, MOST = 50_000, 1_000_000
_ROUNDS: Final = 2  # of the middle generation before one of the oldest: some 20,000 new objects


class Garbage:
    """The collector of this process, from `start` to `stop`."""

    def __init__(self, enough: int = ENOUGH, most: int = MOST) -> None:
        self.aside = 0  # objects that were put aside since all were looked at
        self._enough = enough
        self._most = most
        self._thresholds = gc.get_threshold()
        self._timer: asyncio.TimerHandle | None = None
        self._looked = (0.0, 0.0)

    def start(self) -> None:
        """Put aside what is there; call it on the loop's thread, which is watched from now on."""
        self.look_at_all()
        gc.set_threshold(*self._thresholds[:2], _ROUNDS)
        gc.callbacks.append(self._on_round)
        self._looked = (time.monotonic(), time.thread_time())
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def stop(self) -> None:
        """Leave everything to Python again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            gc.callbacks.remove(self._on_round)
            gc.set_threshold(*self._thresholds)
            gc.unfreeze()

    def look_at_all(self) -> None:
        """One round over everything there is; what is in use is put aside."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self.aside = 0

    def is_due(self, busy: float) -> bool:
        """Tell whether all is to be looked at now, when the loop has worked for this part of the time."""
        return self.aside >= self._most or (self.aside >= self._enough and busy < RESTS)

    def _look(self) -> None:
        before, self._looked = self._looked, (time.monotonic(), time.thread_time())
        if self.is_due((self._looked[1] - before[1]) / (self._looked[0] - before[0])):
            self.look_at_all()
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _on_round(self, phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            self.aside += len(gc.get_objects(2))
            gc.freeze()
