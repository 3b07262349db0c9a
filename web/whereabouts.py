"""How each person on this worker is: here, away, in a lesson or in quiet hours, from what their devices say.

Laws: pure; time is an argument. In a lesson is whoever sits in any room with any device, and it is never said in which.
Quiet hours come before what the devices do, away by hand comes before what they do, and away by itself is who is
idle on all of them. `moods` returns only what changed since it was asked last.
"""

from __future__ import annotations

from collections.abc import Iterable

from collab.presence import Mood
from web.quiet import quiet_until
from web.school.model import Personal

Said = tuple[Mood, int | None]
NEUTRAL: Said = ("here", None)


class _Somebody:
    def __init__(self, personal: Personal, zone: str) -> None:
        self.personal = personal
        self.zone = zone
        self.devices: set[str] = set()
        self.idle: set[str] = set()
        self.seated: set[str] = set()
        self.said: Said = NEUTRAL

    def mood(self, now: int) -> Said:
        if self.seated:
            return "lesson", None
        until = quiet_until(self.personal.quiet, self.zone, now)
        if until is not None:
            return "quiet", until
        return ("away", None) if self.personal.away or self.idle >= self.devices else NEUTRAL


class Whereabouts:
    """Everybody who is connected to this worker."""

    def __init__(self) -> None:
        self._people: dict[str, _Somebody] = {}
        self._dirty: set[str] = set()

    def __len__(self) -> int:
        return len(self._people)

    def enter(self, person: str, device: str, personal: Personal, zone: str) -> None:
        """One more device of a person; what they have set for themselves was read just now."""
        somebody = self._people.setdefault(person, _Somebody(personal, zone))
        somebody.personal, somebody.zone = personal, zone
        somebody.devices.add(device)
        self._dirty.add(person)

    def leave(self, person: str, device: str) -> None:
        """One device fewer."""
        somebody = self._people.get(person)
        if somebody is None:
            return
        for of in (somebody.devices, somebody.idle, somebody.seated):
            of.discard(device)
        self._dirty.add(person)
        if not somebody.devices:
            del self._people[person]

    def set_idle(self, person: str, device: str, idle: bool) -> None:
        """Nobody has touched this device for a while, or somebody touches it again."""
        self._note(person, device, idle, "idle")

    def set_seated(self, person: str, device: str, seated: bool) -> None:
        """This device is inside a room, or is not any more."""
        self._note(person, device, seated, "seated")

    def _note(self, person: str, device: str, on: bool, what: str) -> None:
        somebody = self._people.get(person)
        if somebody is None or device not in somebody.devices:
            return
        of: set[str] = getattr(somebody, what)
        (of.add if on else of.discard)(device)
        self._dirty.add(person)

    def set_personal(self, personal: Personal) -> None:
        """Somebody has set something else for themselves."""
        somebody = self._people.get(personal.account)
        if somebody is not None:
            somebody.personal = personal
            self._dirty.add(personal.account)

    def set_zone(self, people: Iterable[str], zone: str) -> None:
        """The school of these people lives by another clock."""
        for person in people:
            if person in self._people:
                self._people[person].zone = zone
                self._dirty.add(person)

    def shows_typing(self, person: str) -> bool:
        """Whether others may see that this person writes."""
        somebody = self._people.get(person)
        return somebody is not None and somebody.personal.typing

    def moods(self, now: int, *, hours: bool = False) -> dict[str, Said]:
        """Return how those are of whom it has changed; with `hours` whoever has quiet hours is looked at, too."""
        looked_at = self._dirty
        if hours:
            looked_at |= {person for person, one in self._people.items() if one.personal.quiet is not None}
        self._dirty = set()
        changed: dict[str, Said] = {}
        for person in looked_at:
            somebody = self._people.get(person)
            said = NEUTRAL if somebody is None else somebody.mood(now)
            if somebody is None or said != somebody.said:
                changed[person] = said
            if somebody is not None:
                somebody.said = said
        return changed
