"""More people speak than can be heard: whose seats have to be looked at again, and when. Sans-IO, time in seconds.

Laws: only time and loudness act here; whatever else changes in the room has its viewers looked at anyway, and is told
by `forget`. Viewers of one kind are asked once for all: as long as nobody is loud enough for long enough, a room of
200 costs as much as one of three.
"""

from __future__ import annotations

from typing import Final

from sfu.peer import Peer
from sfu.roster import Roster
from sfu.seating import Kind, Seating
from sfu.voices import Voices

EVERY_SECONDS: Final = 0.045
"""Levels of several voices are told each 50 ms."""


class Contest:
    """The contest for seats in one room."""

    def __init__(self, roster: Roster, voices: Voices) -> None:
        self._roster = roster
        self._voices = voices
        self._open = False
        self._looked = 0.0
        self._kinds: dict[Kind, list[Peer]] | None = None

    def forget(self) -> None:
        """Viewers, rights or seats have changed: who is of which kind is found out anew."""
        self._kinds = None

    def seated(self, now: float, seating: Seating, *, everybody: bool) -> None:
        """Seats were given, to everybody or to some."""
        self.forget()
        if everybody:
            self._open, self._looked = seating.contested, now
        else:
            self._open = self._open or seating.contested

    def stirred(self, now: float) -> dict[Peer, None]:
        """Those whose seats change now if they are looked at."""
        if not self._open or now - self._looked < EVERY_SECONDS:
            return {}
        self._looked = now
        seating = Seating(now, self._roster, self._voices)
        if self._kinds is None:
            self._kinds = {}
            for viewer in self._roster.viewers:
                self._kinds.setdefault(seating.kind(viewer), []).append(viewer)
        moved = [viewers for viewers in self._kinds.values() if seating.moves(viewers[0])]
        return {viewer: None for viewers in moved for viewer in viewers}
