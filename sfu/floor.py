"""Who has the floor: the people of a room who speak now, told when it is others. Sans-IO.

Laws: whoever a moderator muted speaks to nobody. Who may know of whom is not decided here: the room is told all.
"""

from __future__ import annotations

from sfu.model import SpeakersChanged
from sfu.roster import Roster
from sfu.voices import Voices


class Floor:
    """Of one room."""

    def __init__(self, roster: Roster, voices: Voices) -> None:
        self._roster = roster
        self._voices = voices
        self._speakers: list[str] = []

    def news(self, now: float) -> list[SpeakersChanged]:
        """Who speaks, if it is others than before."""
        speaking = [self._roster.sources[source] for source in self._voices.speaking(now)]
        names = [source.owner.name for source in speaking if not source.muted]
        if set(names) == set(self._speakers):
            return []
        self._speakers = names
        return [SpeakersChanged(names)]
