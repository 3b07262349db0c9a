"""How a meeting is split into group rooms (Gruppenräume): who sits where, and since when it goes on. No I/O, no clock.

Laws: a plan is a value; each step returns a new one or raises. A seat says where a person belongs, `entered` who has
been sent there: who comes late has a seat and goes there by themself. Everybody is in one place: in their group while
the groups work, otherwise with all. Groups stay as they are after they were called back, so that they can go on.

    prepared --begin--> open --call_back--> closing --(its time is over)--> prepared
                        open --(its time is over)--> prepared;  closing --extend--> open
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct, structs

from web.errors import StateError

How = Literal["chance", "hand", "choice"]
GroupPhase = Literal["prepared", "open", "closing"]
MOST_ROOMS: Final = 20
MOST_SEATS: Final = 300
MINUTE: Final = 60_000


class GroupRoom(Struct, frozen=True):
    """One group: its channel, and the document that it works on."""

    id: str
    title: str
    channel: str
    document: str | None = None


class GroupPlan(Struct, frozen=True):
    """A meeting's groups. `seats`: person -> room; `ends_at`: when all are called back, None when somebody says so.

    `source`: the deck whose slides the groups work on, and into which their work comes back.
    """

    how: How
    rooms: tuple[GroupRoom, ...]
    phase: GroupPhase = "prepared"
    ends_at: int | None = None
    seats: Mapping[str, str] = {}
    entered: frozenset[str] = frozenset()
    source: str | None = None

    @property
    def working(self) -> bool:
        """Whether people are in their groups."""
        return self.phase != "prepared"

    def room(self, room: str) -> GroupRoom:
        """Return one of the rooms; raise StateError for any other."""
        for one in self.rooms:
            if one.id == room:
                return one
        raise StateError("state", "there is no such group")

    def place(self, person: str) -> str | None:
        """Return in which room somebody is now; None: with all."""
        return self.seats.get(person) if self.working and person in self.entered else None


def split(
    rooms: Sequence[GroupRoom], how: How, people: Sequence[str], shuffle: Callable[[list[str]], None]
) -> GroupPlan:
    """Make groups, and by chance give everybody a seat; groups differ by one person at most."""
    plan = GroupPlan(how, tuple(rooms))
    if how != "chance":
        return plan
    drawn = sorted(set(people))
    shuffle(drawn)
    return deal(plan, drawn)


def deal(plan: GroupPlan, people: Iterable[str]) -> GroupPlan:
    """Give those without a seat one where the fewest sit."""
    seats = dict(plan.seats)
    for person in people:
        if person not in seats and len(seats) < MOST_SEATS:
            taken = list(seats.values())
            seats[person] = min((room.id for room in plan.rooms), key=taken.count)
    return structs.replace(plan, seats=seats)


def assign(plan: GroupPlan, person: str, room: str | None) -> GroupPlan:
    """Give somebody another seat, or none; while the groups work they are sent there at once."""
    if room is not None:
        plan.room(room)
    seats = {one: seat for one, seat in plan.seats.items() if one != person}
    if room is None:
        return structs.replace(plan, seats=seats, entered=plan.entered - {person})
    if len(seats) >= MOST_SEATS:
        raise StateError("state", "there are too many people in the groups")
    seats[person] = room
    return structs.replace(plan, seats=seats, entered=plan.entered | {person} if plan.working else plan.entered)


def choose(plan: GroupPlan, person: str, room: str) -> GroupPlan:
    """Take a seat oneself, where people choose; while the groups work one does not change."""
    if plan.how != "choice":
        raise StateError("state", "groups are not chosen here")
    if plan.working and person in plan.seats:
        raise StateError("state", "the groups work already")
    return assign(plan, person, room)


def enter(plan: GroupPlan, person: str) -> GroupPlan:
    """Somebody who came late goes to their group."""
    if not plan.working or person not in plan.seats:
        raise StateError("state", "there is no group to go to")
    return structs.replace(plan, entered=plan.entered | {person})


def begin(plan: GroupPlan, now: int, minutes: int | None, present: Collection[str]) -> GroupPlan:
    """Send everybody who is here to their group."""
    if plan.working:
        raise StateError("state", "the groups work already")
    if plan.how == "choice":  # who has not chosen is not left behind
        plan = deal(plan, sorted(present))
    entered = frozenset(person for person in plan.seats if person in present)
    if not entered:
        raise StateError("state", "nobody is in a group yet")
    ends_at = None if minutes is None else now + minutes * MINUTE
    return structs.replace(plan, phase="open", ends_at=ends_at, entered=entered)


def extend(plan: GroupPlan, now: int, minutes: int) -> GroupPlan:
    """Give the groups more time; who was being called back stays."""
    _check_working(plan)
    base = now if plan.ends_at is None or plan.phase == "closing" else max(plan.ends_at, now)
    return structs.replace(plan, phase="open", ends_at=base + minutes * MINUTE)


def call_back(plan: GroupPlan, now: int, seconds: int) -> GroupPlan:
    """Say that all come back in so many seconds; an earlier end stays."""
    _check_working(plan)
    ends_at = now + seconds * 1000
    return structs.replace(plan, phase="closing", ends_at=min(ends_at, plan.ends_at or ends_at))


def due(plan: GroupPlan, now: int) -> bool:
    """Whether all have to come back now."""
    return plan.working and plan.ends_at is not None and plan.ends_at <= now


def gather(plan: GroupPlan) -> GroupPlan:
    """All are together again; the seats stay. What was chosen is chosen: who comes later is dealt a seat."""
    how: How = "chance" if plan.how == "choice" else plan.how
    return structs.replace(plan, how=how, phase="prepared", ends_at=None, entered=frozenset())


def rename(plan: GroupPlan, room: str, title: str) -> GroupPlan:
    """Give a group another name."""
    plan.room(room)
    return structs.replace(
        plan, rooms=tuple(structs.replace(one, title=title) if one.id == room else one for one in plan.rooms)
    )


def lay_out(plan: GroupPlan, documents: Mapping[str, str], source: str | None = None) -> GroupPlan:
    """Give groups documents, by room; `source`: the deck that these are copies of."""
    rooms = tuple(structs.replace(one, document=documents.get(one.id, one.document)) for one in plan.rooms)
    return structs.replace(plan, rooms=rooms, source=source or plan.source)


def _check_working(plan: GroupPlan) -> None:
    if not plan.working:
        raise StateError("state", "the groups do not work now")
