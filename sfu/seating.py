"""Which voices each viewer's slots carry: the rule of `voices.py`, asked once for all who hear the same. Sans-IO.

Laws: who is on stage is heard in `stage-audio` only, by viewers who have that slot; a stage without sound is a seat
like the others. Viewers with the same slots, the same seats and the same people to hear get the same decision: a room
of 200 in which nobody is set apart costs as many decisions as it has speakers.
"""

from __future__ import annotations

from typing import Final

from sfu.roster import Peer, Roster, may_get
from sfu.voices import Seats, Voices

_VOICES: Final = ("voice-1", "voice-2", "voice-3")
_WITH_STAGE: Final = (*_VOICES, "stage-audio")

_Decision = tuple[dict[str, int], int, float, bool]


class Seating:
    """One look at the seats of any number of viewers, at one moment."""

    def __init__(self, now: float, roster: Roster, voices: Voices) -> None:
        self._now = now
        self._roster = roster
        self._voices = voices
        self._unlevelled = list(roster.unlevelled)
        self._candidates = [
            source
            for number in (*voices.active(), *self._unlevelled)
            if (source := roster.sources.get(number)) is not None
        ]
        self._decided: dict[tuple[object, ...], _Decision] = {}
        self.contested = False

    def place(self, viewer: Peer) -> dict[str, int]:
        """What belongs into the slots for voices of this viewer."""
        has_stage = "stage-audio" in viewer.slots
        on_stage = self._roster.visible(viewer, self._roster.stage, "microphone") if has_stage else 0
        pool = tuple(name for name in (_VOICES if on_stage else _WITH_STAGE) if name in viewer.slots)
        heard = tuple([s.id for s in self._candidates if s.id != on_stage and may_get(viewer, s)])
        seats = viewer.seats
        key = (pool, heard, seats.challenger, seats.since, *seats.taken.items())
        decided = self._decided.get(key)
        if decided is None:
            decided = self._decided[key] = self._decide(seats, pool, frozenset(heard))
        taken, seats.challenger, seats.since, wanting = decided
        seats.taken = dict(taken)
        self.contested = self.contested or wanting
        placed = {name: taken.get(name, 0) for name in pool}
        return placed | ({"stage-audio": on_stage} if on_stage else {})

    def _decide(self, seats: Seats, pool: tuple[str, ...], heard: frozenset[int]) -> _Decision:
        wanting = self._voices.seat(self._now, seats, pool, heard.__contains__, self._unlevelled)
        return dict(seats.taken), seats.challenger, seats.since, wanting
