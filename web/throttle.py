"""How often somebody may try: a bucket of attempts per name, refilled with time.

Laws: no loop, no clock of its own; time is seconds, passed in. Names are counted alike whether they exist or
not. A bucket belongs to one account (or one device of it, or one guest link), never to an address: a school of a
thousand people logs in from one. Full: the bucket nearest to being full again is forgotten (DROP), which never harms
a person.
"""

from __future__ import annotations

from collections import OrderedDict

from web.errors import Overloaded


class Throttle:
    """Attempts by name: `burst` at once, then one each `seconds`."""

    def __init__(
        self,
        burst: int = 10,
        seconds: float = 15.0,
        most: int = 100_000,
        refusal: tuple[str, str] = ("too_many_attempts", "too many attempts for this account"),
    ) -> None:
        self._burst = burst
        self._seconds = seconds
        self._most = most
        self._refusal = refusal
        self._empty_until: OrderedDict[str, float] = OrderedDict()  # when the bucket will be full again

    def __len__(self) -> int:
        return len(self._empty_until)

    def attempt(self, now: float, name: str) -> None:
        """Take one attempt; raise Overloaded with the seconds to wait when none is left."""
        full_at = max(self._empty_until.pop(name, now), now) + self._seconds
        wait = full_at - now - self._burst * self._seconds
        if wait > 0:
            self._empty_until[name] = full_at - self._seconds
            raise Overloaded(*self._refusal, retry_after=int(wait) + 1)
        self._empty_until[name] = full_at
        while len(self._empty_until) > self._most:
            self._forget(now)

    def success(self, name: str) -> None:
        """Give all attempts back to somebody who knew the password."""
        self._empty_until.pop(name, None)

    def _forget(self, now: float) -> None:
        """Drop one bucket: of the eight longest untouched, the one that is full soonest."""
        oldest = [name for name, _ in zip(self._empty_until, range(8), strict=False)]
        del self._empty_until[min(oldest, key=lambda name: self._empty_until[name])]
