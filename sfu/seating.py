"""Which voices each viewer's slots carry: the rule of `voices.py`, asked once for all who hear the same. Sans-IO.

Laws: who is on stage is heard in `stage-audio` only, by viewers who have that slot; a stage without sound is a seat
like the others. Viewers with the same slots, the same seats and the same people to hear get the same decision: a room
of 200 in which nobody is set apart costs as many decisions as it has speakers.
"""

from __future__ import annotations

from typing import Final

from sfu.peer import Peer
from sfu.roster import Roster, may_get
from sfu.voices import Seats, Voices

_VOICES: Final = ("voice-1", "voice-2", "voice-3")
_WITH_STAGE: Final = (*_VOICES, "stage-audio")

Kind = tuple[object, ...]
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
        self._decided: dict[Kind, _Decision] = {}
        self.contested = False

    def place(self, viewer: Peer) -> dict[str, int]:
        """What belongs into the slots for voices of this viewer."""
        pool, heard, on_stage = self._hearing(viewer)
        seats = viewer.seats
        taken, seats.challenger, seats.since, wanting = self._decide(_key(pool, heard, seats), seats, pool, heard)
        seats.taken = dict(taken)
        self.contested = self.contested or wanting
        placed = {name: taken.get(name, 0) for name in pool}
        return placed | ({"stage-audio": on_stage} if on_stage else {})

    def kind(self, viewer: Peer) -> Kind:
        """Viewers of the same kind get the same decision."""
        pool, heard, _ = self._hearing(viewer)
        return _key(pool, heard, viewer.seats)

    def moves(self, viewer: Peer) -> bool:
        """Whether `place` would change anything for this viewer and all of its kind."""
        pool, heard, _ = self._hearing(viewer)
        seats = viewer.seats
        taken, challenger, since, _ = self._decide(_key(pool, heard, seats), seats, pool, heard)
        return (taken, challenger, since) != (seats.taken, seats.challenger, seats.since)

    def _hearing(self, viewer: Peer) -> tuple[tuple[str, ...], tuple[int, ...], int]:
        """The viewer's slots for voices, whom it may hear there, and who it hears on stage."""
        has_stage = "stage-audio" in viewer.slots
        on_stage = self._roster.visible(viewer, self._roster.stage, "microphone") if has_stage else 0
        pool = tuple([name for name in (_VOICES if on_stage else _WITH_STAGE) if name in viewer.slots])
        heard = tuple([s.id for s in self._candidates if s.id != on_stage and may_get(viewer, s)])
        return pool, heard, on_stage

    def _decide(self, key: Kind, seats: Seats, pool: tuple[str, ...], heard: tuple[int, ...]) -> _Decision:
        decided = self._decided.get(key)
        if decided is None:
            trial = Seats()
            trial.taken, trial.challenger, trial.since = dict(seats.taken), seats.challenger, seats.since
            wanting = self._voices.seat(self._now, trial, pool, frozenset(heard).__contains__, self._unlevelled)
            decided = self._decided[key] = trial.taken, trial.challenger, trial.since, wanting
        return decided


def _key(pool: tuple[str, ...], heard: tuple[int, ...], seats: Seats) -> Kind:
    return pool, heard, seats.challenger, seats.since, *seats.taken.items()
