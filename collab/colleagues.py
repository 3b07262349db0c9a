"""Which other workers are alive, as far as can be heard. No I/O, no clock.

Laws: whoever is not heard for `seconds` is lost, and that is noticed then and not at some next round: with the beat of
a second that a living worker has, its people are gone within 5 s of its death. Silence while our own bus is away says
nothing, so after that everybody has the whole time again.
"""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 1.0  # seconds between two looks
_SHORTEST: Final = 0.02


class Colleagues:
    """The workers that one worker hears."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._heard: dict[str, float] = {}

    def hear(self, now: float, worker: str) -> None:
        """Note that a worker lives."""
        self._heard[worker] = now

    def wait(self, now: float) -> float:
        """Return for how many seconds nothing has to be looked at."""
        first = min(self._heard.values(), default=now) + self._seconds - now
        return min(max(first, _SHORTEST), _LONGEST)

    def lost(self, now: float, healthy: bool) -> list[str]:
        """Return, once, whoever is lost by now; `healthy`: our own bus would bring what they say."""
        if not healthy:
            self._heard = dict.fromkeys(self._heard, now)
        found = [worker for worker, at in self._heard.items() if now - at >= self._seconds]
        for worker in found:
            del self._heard[worker]
        return found
