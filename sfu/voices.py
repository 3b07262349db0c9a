"""Which voices a listener hears: the rule for a few audio slots in a room of many. Sans-IO, time in seconds.

Laws:
- A source becomes a speaker after 40 ms of sound above the threshold, and stops being one after 2 s of quiet.
- A speaker takes a free seat at once. Otherwise it replaces the weakest seat only when it has been at least 6 dB
  louder for 300 ms.
- A moderator who speaks always holds a seat: it replaces the weakest other at once and only moderators replace it.
- Levels that never vary (a fan, a stuck key) lose rank: anyone who really speaks counts as louder.
- A source whose levels are unknown (its client sends no RFC 6464 levels) sits on a seat nobody speaks from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

THRESHOLD: Final = 50
"""dBov below full scale; a level is loud if its number is smaller."""
ENTER_SECONDS: Final = 0.040
REPORT_SECONDS: Final = 0.020
LEAVE_SECONDS: Final = 2.0
REPLACE_DB: Final = 6.0
REPLACE_SECONDS: Final = 0.300
SPEAKING_SECONDS: Final = 0.8
"""How long after its last sound a speaker is still shown as speaking: a breath is not an end."""
PAUSE_SECONDS: Final = 0.100
"""A shorter gap belongs to the same sound."""

_SILENCE: Final = 127.0
_EPSILON: Final = 1e-6
_ATTACK: Final = 0.3
_RELEASE_DB_PER_SECOND: Final = 30.0
_CONSTANT_REPORTS: Final = 100
_CONSTANT_DB: Final = 5


class _Speaker:
    """What is known of one source's loudness."""

    __slots__ = ("constant", "heard", "high", "last", "level", "low", "reports")

    def __init__(self) -> None:
        self.constant = False
        self.heard = 0.0
        self.last = -1e9
        self.level = _SILENCE
        self.reports = 0
        self.low, self.high = 127, 0

    def report(self, now: float, level: int) -> None:
        gap = now - self.last
        if gap > PAUSE_SECONDS:
            self.heard = 0.0
        faded = self.faded(now)
        self.level = float(level) if faded >= _SILENCE else faded + _ATTACK * (level - faded)
        self.last = now
        self.heard += REPORT_SECONDS
        self.low, self.high = min(self.low, level), max(self.high, level)
        self.reports += 1
        if self.reports == _CONSTANT_REPORTS:
            self.constant = self.high - self.low <= _CONSTANT_DB
            self.reports, self.low, self.high = 0, 127, 0

    def faded(self, now: float) -> float:
        """The smoothed level: quick to rise, slow to fall, so that a pause between words is not an end."""
        quiet = max(0.0, now - self.last - 2 * REPORT_SECONDS)
        return min(_SILENCE, self.level + _RELEASE_DB_PER_SECOND * quiet)


class Seats:
    """One listener's voices: slot name -> source. Only `Voices.seat` writes to it."""

    __slots__ = ("challenger", "since", "taken")

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.challenger = 0
        self.since = 0.0


class Voices:
    """The speakers of one room, and the rule by which they take seats."""

    def __init__(self) -> None:
        self._speakers: dict[int, _Speaker] = {}
        self._moderators: set[int] = set()
        self._active: set[int] = set()
        self._heard: set[int] = set()
        self._calm_until = 0.0  # nobody falls quiet before, by time alone

    def add(self, source: int) -> None:
        """A source whose levels will be reported."""
        self._speakers[source] = _Speaker()

    def remove(self, source: int) -> None:
        """The source is gone."""
        self._speakers.pop(source, None)
        self._moderators.discard(source)
        self._active.discard(source)
        self._calm_until = 0.0

    def set_moderator(self, source: int, moderator: bool) -> None:
        """Whether this voice always holds a seat while it speaks."""
        (self._moderators.add if moderator else self._moderators.discard)(source)

    def report(self, now: float, levels: Iterable[tuple[int, int]]) -> bool:
        """Take one report of levels (0 loudest); True if somebody became a speaker."""
        entered = False
        for source, level in levels:
            speaker = self._speakers.get(source)
            if speaker is None or level > THRESHOLD:
                continue
            speaker.report(now, level)
            if source in self._active:
                if source not in self._heard:
                    self._calm_until = 0.0  # speaks again
            elif speaker.heard >= ENTER_SECONDS - _EPSILON:
                self._active.add(source)
                entered = True
        return entered

    def calm(self, now: float) -> bool:
        """Whether those who spoke when `turned` was asked last still do, and nobody else: then time changes nothing."""
        return now < self._calm_until

    def expire(self, now: float) -> bool:
        """Let those leave who were quiet for 2 s; True if somebody did."""
        left = {source for source in self._active if now - self._speakers[source].last >= LEAVE_SECONDS - _EPSILON}
        self._active -= left
        return bool(left)

    def turned(self, now: float) -> bool:
        """Whether others are heard right now than when this was last asked."""
        before, self._heard = self._heard, {source for source in self._active if self._speaks(now, source)}
        waits = (
            self._speakers[s].last + (SPEAKING_SECONDS if s in self._heard else LEAVE_SECONDS) for s in self._active
        )
        self._calm_until = min(waits, default=now + LEAVE_SECONDS) - _EPSILON
        return before != self._heard

    def active(self) -> list[int]:
        """Who holds or wants a seat."""
        return sorted(self._active)

    def speaking(self, now: float) -> list[int]:
        """Sources that are heard right now, loudest first."""
        return sorted(
            (source for source in self._active if self._speaks(now, source)),
            key=lambda source: self._rank(now, source),
        )

    def _speaks(self, now: float, source: int) -> bool:
        return now - self._speakers[source].last < SPEAKING_SECONDS - _EPSILON

    def next_deadline(self, now: float) -> float | None:
        """When time alone changes something."""
        moments = [
            self._speakers[source].last + wait
            for source in self._active
            for wait in (SPEAKING_SECONDS, LEAVE_SECONDS)
            if self._speakers[source].last + wait > now + _EPSILON
        ]
        return min(moments, default=None)

    def seat(
        self, now: float, seats: Seats, pool: Sequence[str], audible: Callable[[int], bool], unlevelled: Sequence[int]
    ) -> bool:
        """Bring one listener's seats up to date; `pool` are its slots. True if someone still wants a seat."""
        for slot, source in list(seats.taken.items()):
            if slot not in pool or not audible(source) or not (source in self._active or source in unlevelled):
                del seats.taken[slot]
        seated = set(seats.taken.values())
        waiting = sorted(
            (s for s in self._active if s not in seated and audible(s)),
            key=lambda source: (source not in self._moderators, self._rank(now, source)),
        )
        refused: list[int] = []
        for source in waiting:
            seat = self._seat_for(now, seats, pool, source)
            if seat is None:
                refused.append(source)
            else:
                seats.taken[seat] = source
        self._challenge(now, seats, refused)
        self._fill(seats, pool, audible, unlevelled)
        return bool(refused)

    def _seat_for(self, now: float, seats: Seats, pool: Sequence[str], source: int) -> str | None:
        """A seat to be had at once: free, held by nobody who is known to speak, or yielded to a moderator."""
        for slot in pool:
            if seats.taken.get(slot, 0) not in self._active:
                return slot
        if source not in self._moderators:
            return None
        return self._weakest(now, (slot for slot in pool if seats.taken[slot] not in self._moderators), seats)

    def _challenge(self, now: float, seats: Seats, refused: Sequence[int]) -> None:
        """Let the best of those without a seat replace the weakest, if it was louder for long enough."""
        for source in refused:
            peers = source in self._moderators
            open_to = (slot for slot, holder in seats.taken.items() if peers or holder not in self._moderators)
            slot = self._weakest(now, open_to, seats)
            if slot is None or self._rank(now, seats.taken[slot]) - self._rank(now, source) < REPLACE_DB:
                continue
            if seats.challenger != source:
                seats.challenger, seats.since = source, now
            if now - seats.since >= REPLACE_SECONDS - _EPSILON:
                seats.taken[slot] = source
                seats.challenger, seats.since = 0, 0.0
            return
        seats.challenger, seats.since = 0, 0.0  # not since when: seats that are alike are looked at once for all

    def _fill(
        self, seats: Seats, pool: Sequence[str], audible: Callable[[int], bool], unlevelled: Sequence[int]
    ) -> None:
        seated = set(seats.taken.values())
        waiting = (source for source in unlevelled if source not in seated and audible(source))
        for slot, source in zip([slot for slot in pool if slot not in seats.taken], waiting, strict=False):
            seats.taken[slot] = source

    def _weakest(self, now: float, slots: Iterable[str], seats: Seats) -> str | None:
        return max(slots, key=lambda slot: self._rank(now, seats.taken[slot]), default=None)

    def _rank(self, now: float, source: int) -> float:
        """Smaller is better: the faded level; a level that never varies counts as silence."""
        speaker = self._speakers.get(source)
        if speaker is None or speaker.constant:
            return _SILENCE
        return speaker.faded(now)
