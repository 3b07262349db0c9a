"""What people may do in one live room, read anew whenever it may have changed.

Laws: rights are read before and applied in one step. News that came while rights were being read have them read again;
news that come later find the person among those whose rights are read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from web.affected import affects_meetings
from web.errors import AccessDenied
from web.room_outputs import Output
from web.room_state import Room
from web.school.access import SchoolAccess
from web.school.events import GroupRoomsChanged, MeetingChanged, MeetingCreated, SchoolEvent
from web.school.model import Grant, Person

log = logging.getLogger(__name__)


class RoomRights:
    """The rights of one room's people. `apply` carries out what changed."""

    def __init__(self, room: Room, access: SchoolAccess, apply: Callable[[Sequence[Output]], None]) -> None:
        self._room = room
        self._access = access
        self._apply = apply
        self._news = 0

    async def grant(self, person: Person) -> Grant:
        """Return what the person may do, as it is in this turn."""
        while True:
            before = self._news
            meeting, grant = await self._access.access_meeting(person, self._room.meeting.id)
            if before == self._news:
                self._apply(self._room.set_meeting(meeting))  # an empty room hears no news
                return grant

    async def refresh(self, events: Iterable[SchoolEvent]) -> None:
        """Read the rights of everybody whom these events may concern, and apply what changed."""
        ours = [event for event in events if self._concerns(event)]
        self._news += 1 if ours else 0
        for member in list(self._room.members):
            if any(affects_meetings(event, member.person) for event in ours):
                await self._reread(member.peer, member.person)

    async def reread_all(self) -> None:
        """News that came while the room was on its way were heard by nobody."""
        for member in list(self._room.members):
            await self._reread(member.peer, member.person)

    def _concerns(self, event: SchoolEvent) -> bool:
        match event.body:
            case MeetingChanged(meeting):
                return meeting.id == self._room.meeting.id
            case MeetingCreated() | GroupRoomsChanged():
                return False
            case _:
                return event.school == self._room.meeting.school

    async def _reread(self, peer: str, person: Person) -> None:
        grant: Grant | None = None
        try:
            meeting, grant = await self._access.access_meeting(person, self._room.meeting.id)
            self._apply(self._room.set_meeting(meeting))
        except AccessDenied:
            log.info("a person lost the right to a room")
        if any(member.peer == peer for member in self._room.members):
            self._apply(self._room.set_grant(peer, grant))
