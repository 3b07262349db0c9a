"""What people may do in one live room, read anew whenever it may have changed.

Laws: rights are read before and applied in one step, those of many people by one look; until then what these people ask
waits (`rereading.py`). News that came while rights were being read have them read again; news that come later find the
person among those whose rights are read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from web.affected import affects_meetings
from web.errors import Unavailable
from web.rereading import Rereading
from web.room_outputs import Output
from web.room_state import Room
from web.room_view import Member
from web.school.access import SchoolAccess
from web.school.events import GroupRoomsChanged, MeetingChanged, MeetingCreated, SchoolEvent
from web.school.model import Grant, Person

READ_AT_ONCE: Final = 100
log = logging.getLogger(__name__)


class _Seat:
    """Somebody in the room, for whom rights are read."""

    def __init__(self, peer: str, person: Person) -> None:
        self.peer, self.person = peer, person
        self.doubt: asyncio.Event | None = None


class RoomRights:
    """The rights of one room's people. `apply` carries out what changed."""

    def __init__(self, room: Room, access: SchoolAccess, apply: Callable[[Sequence[Output]], None]) -> None:
        self._room = room
        self._access = access
        self._apply = apply
        self.news = 0  # batches of events so far that may concern somebody
        self._seats: dict[str, _Seat] = {}  # who was ever in doubt, by peer
        self._rereading = Rereading(self._look, READ_AT_ONCE)

    async def grant(self, person: Person) -> Grant:
        """Return what the person may do, as it is in this turn."""
        while True:
            before = self.news
            meeting, grant = await self._access.access_meeting(person, self._room.meeting.id)
            if before == self.news:
                self._apply(self._room.set_meeting(meeting))  # an empty room hears no news
                return grant

    def refresh(self, events: Iterable[SchoolEvent]) -> None:
        """Have the rights of everybody read whom these events may concern."""
        ours = [event for event in events if self._concerns(event)]
        self.news += 1 if ours else 0
        self._doubt([one for one in self._room.members if any(affects_meetings(event, one.person) for event in ours)])

    def reread_all(self) -> None:
        """News that came while the room was on its way were heard by nobody."""
        self._doubt(list(self._room.members))

    async def until_certain(self, connection: str) -> None:
        """Return once it is known what who asks may do; raise Unavailable when that takes too long."""
        seats = (self._seats.get(member.peer) for member in self._room.members if member.connection == connection)
        seat = next(seats, None)
        if seat is not None:
            await self._rereading.until_certain(seat)

    async def close(self) -> None:
        """Read no more."""
        await self._rereading.close()

    def _doubt(self, members: Collection[Member]) -> None:
        here = {member.peer for member in self._room.members}
        for peer in [peer for peer in self._seats if peer not in here]:
            self._rereading.drop(self._seats.pop(peer))
        self._rereading.add([self._seats.setdefault(one.peer, _Seat(one.peer, one.person)) for one in members])

    def _concerns(self, event: SchoolEvent) -> bool:
        match event.body:
            case MeetingChanged(meeting):
                return meeting.id == self._room.meeting.id
            case MeetingCreated() | GroupRoomsChanged():
                return False
            case _:
                return event.school == self._room.meeting.school

    async def _look(self, seats: Sequence[_Seat]) -> Collection[_Seat]:
        seats = [seat for seat in seats if self._is_here(seat.peer)]
        try:
            people = {seat.person for seat in seats}
            meeting, grants = await self._access.access_meeting_for(people, self._room.meeting.id)
        except Unavailable:
            raise
        except Exception:
            if len(seats) > 1:  # one whose rights cannot be read stands in nobody's way
                return [failed for seat in seats for failed in await self._look([seat])]
            log.exception("the rights of one person in a room cannot be read")
            return seats
        if meeting is not None:
            self._apply(self._room.set_meeting(meeting))
        for seat in seats:
            if self._is_here(seat.peer):
                self._apply(self._room.set_grant(seat.peer, grants.get(seat.person)))
        return ()

    def _is_here(self, peer: str) -> bool:
        return any(member.peer == peer for member in self._room.members)
