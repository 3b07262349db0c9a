"""One live room on the worker that owns it: requests come in, the room decides, everybody concerned is told.

Laws: the room's state changes between two awaits only; rights are read before and applied in one step. The
media plane is brought in line with the room after each change, never the other way round. Nobody is told anything
that the room did not address to them.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from sfu.server import MediaServer
from web import messages as wire
from web.media_watch import MediaWatch
from web.recording_files import RecordingFiles
from web.recording_host import RoomRecording
from web.room_asked import carry_out, quietly
from web.room_group_decks import Documents, GroupDecks
from web.room_groups_host import RoomGroups
from web.room_media import NOWHERE, RoomMedia
from web.room_outputs import Arrival, Output
from web.room_rights import RoomRights
from web.room_settling import Settling
from web.room_state import Room
from web.room_telling import Send, Telling
from web.room_tools import RoomTools
from web.room_wire import Moved, RoomAnswer, RoomCall
from web.room_work import RoomWork
from web.school.access import SchoolAccess
from web.school.actions import MeetingPatch, do_admit, do_change_meeting, do_forget_admission
from web.school.events import SchoolEvent
from web.school.group_rooms import GroupPlan
from web.school.model import Meeting, Person
from web.school.store import SchoolStore

FREEZE_SECONDS = 2.0
_ANYBODYS = ("room:join", "room:leave")  # who comes in is looked at then, and whoever goes may go


@dataclass(frozen=True, slots=True)
class Parts:
    """What a room needs from the house."""

    access: SchoolAccess
    school: SchoolStore
    media: MediaServer
    watch: MediaWatch
    recordings: RecordingFiles
    documents: Documents | None = None


class RoomHost:
    """A room, its media, and those who are told."""

    def __init__(self, room: Room, parts: Parts, send: Send, epoch: int) -> None:
        self.room = room
        self._access = parts.access
        self._rights = RoomRights(room, parts.access, self._apply)
        self._store = parts.school
        self._telling = Telling(room, send, self._forget)
        self._work = RoomWork(moving=lambda: self._telling.frozen)
        decks = GroupDecks(parts.school, parts.access, parts.documents)
        self.groups = RoomGroups(
            room, parts.school, decks, apply=self._apply, clock=_now, later=self._work.later, epoch=epoch
        )
        self.media = RoomMedia(room, parts.media, parts.watch, apply=self._apply, deliver=self._deliver)
        self.media.epoch = epoch
        self.tools = RoomTools(
            room, self.media, grant=self._rights.grant, working=self._work.working, apply=self._apply, clock=_now
        )
        self._settling: Settling | None = None
        self._recording = RoomRecording(
            room, self.media, (parts.school, parts.recordings), apply=self._apply, later=self._work.later
        )

    @property
    def deserted(self) -> bool:
        """Whether nobody is here, and nobody is just coming in."""
        return self.room.empty and not self._work.under_way

    # --- requests of clients ---

    async def handle(self, call: RoomCall) -> RoomAnswer:
        """Do what a client asks; raises an error of any of the trees."""
        request, _ = wire.CLIENT_EVENTS[call.event]
        message = msgspec.json.decode(call.body, type=request)
        if call.event not in _ANYBODYS:
            await self._rights.until_certain(call.connection)
        with self._work.working():
            result = await self._do(call, message)
        return RoomAnswer(msgspec.json.encode(result))

    async def _do(self, call: RoomCall, message: Struct) -> Struct:
        if isinstance(message, wire.RoomJoin):
            return await self._join(call, message)
        peer = self.room.peer_at(call.connection)
        match message:
            case wire.RoomMedia() | wire.MediaOffer() | wire.MediaPage() | wire.MediaQuality() | wire.MediaHeal():
                return await self.media.handle(_now(), peer, message)
            case wire.RoomPresent():
                await self._check_document(call.person, message.document)
                self._apply(self.room.present(peer, message.document, message.slide))
            case wire.PeerTarget() if call.event == "room:admit":
                person = self.room.waiting(peer, message.peer)
                await do_admit(self._store, self.room.meeting, person.id)
                # The news of this may have come first and let them in already.
                if not self.room.member(message.peer).inside:
                    self._apply(self.room.admit(peer, message.peer))
            case wire.RoomCameras(private):
                self.room.check_moderator(peer)
                self._apply(self.room.set_meeting(await self._changed(MeetingPatch(private_cameras=private))))
            case wire.Empty() if call.event == "room:end":
                await self._end(peer)
            case wire.Empty() if call.event == "room:sync":
                return self.room.state(peer)
            case wire.MediaMoved(epoch) if self._settling is not None:
                if epoch == self.media.epoch:
                    self._settling.came(peer)
            case wire.RoomSecret(parcels):
                missed, outputs = self.room.carry(peer, parcels)
                self._deliver(outputs)
                return wire.RoomSecretSent(missed)
            case wire.RoomRecord(on):
                await self._recording.switch(peer, on)
            case wire.RoomConsent():
                await self._recording.consent(peer, message)
            case _ if call.event.startswith("groups:"):
                await self.groups.handle(peer, call.person, call.event, message)
            case _:
                self._apply(carry_out(self.room, _now(), peer, call.event, message))
        return wire.Done()

    async def _join(self, call: RoomCall, message: wire.RoomJoin) -> wire.RoomJoined:
        grant, news = await self._rights.grant(call.person), self._rights.news
        for member in list(self.room.members):
            if member.connection == call.connection and member.client != message.client:
                self._apply(quietly(self.room.leave(member.peer)))
        arrival = Arrival(secrets.token_hex(6), call.connection, message.client, call.person, message.encrypts)
        if grant.moderate and self.room.meeting.ended:
            self._apply(self.room.set_meeting(await self._changed(MeetingPatch(ended=False))))
        await self.groups.reread()
        if news != self._rights.news:
            grant = await self._rights.grant(call.person)
        joined, outputs = self.room.join(_now(), arrival, grant)
        self._apply(outputs)
        if joined.peer != arrival.peer:
            self.media.returned(joined.peer)
        self._tend_groups()
        if self._settling is not None and self._settling.waits_for(joined.peer):
            self._deliver(self._settling.call(joined.peer))  # it may have missed the first
        return joined

    async def _end(self, peer: str) -> None:
        self.room.check_moderator(peer)
        await self.groups.finish()
        meeting = await self._changed(MeetingPatch(ended=True))
        self._apply(self.room.close("ended"))
        self._apply(self.room.set_meeting(meeting))

    async def _changed(self, patch: MeetingPatch) -> Meeting:
        """Change the meeting as it is kept, and return it."""
        return await do_change_meeting(self._store, self.room.meeting.school, self.room.meeting.id, patch)

    async def _check_document(self, person: Person, document: str | None) -> None:
        if document is not None:
            await self._access.access_document(person, document)

    # --- what happens by itself ---

    def dropped(self, connection: str) -> None:
        """A client's connection is gone."""
        if self._telling.frozen:
            return  # the new owner will hear of it
        for member in list(self.room.members):
            if member.connection == connection:
                self._apply(self.room.dropped(_now(), member.peer, connection))

    def reconcile_worker(self, worker: str, alive: frozenset[str]) -> None:
        """Treat as gone whoever came by this worker and is not among those it still holds."""
        for member in list(self.room.members):
            connection = member.connection
            if connection is not None and connection.startswith(f"{worker}/") and connection not in alive:
                self.dropped(connection)

    def tick(self) -> None:
        if self._telling.frozen:
            return
        self._apply(self.room.tick(_now()))
        self._tend_groups()

    def refresh(self, events: Iterable[SchoolEvent]) -> None:
        """Follow the school's news."""
        self._rights.refresh(events)

    def _tend_groups(self) -> None:
        async def tend() -> None:
            with suppress(Moved), self._work.working():  # what is due is done by the new owner
                await self.groups.tend()

        if self.groups.due:
            self._work.later(tend())

    async def settled(self) -> None:
        """Wait until what was left to be written down is."""
        await self._work.settled()

    def begin(self) -> None:
        """The room begins here, perhaps after its worker was lost."""
        self._recording.begin()

    def close(self, reason: wire.CloseReason) -> None:
        """End the room on this worker."""
        self._recording.stop("ended")
        self._apply(self.room.close(reason))
        self._telling.close()
        self.media.close()
        self._work.later(self._rights.close())

    # --- moving to another worker ---

    async def freeze(self) -> None:
        """Take no more requests and wait for those under way; TimeoutError when that takes too long."""
        self._recording.stop("moved")
        self._telling.frozen = True
        async with asyncio.timeout(FREEZE_SECONDS):
            await self._work.done()
        self._recording.stop("moved")  # it may have begun meanwhile

    def thaw(self) -> None:
        """Go on: nobody took the room. What was not told meanwhile is in the state that is told now."""
        self._telling.frozen = False
        self._apply(self.room.show(self.room.members))

    def stay_behind(self) -> None:
        """The room is elsewhere now; its media goes on here for a while."""
        self.media.left = True
        self._work.later(self._rights.close())

    def arrive(self, settling: Settling) -> None:
        """The room has come from another worker."""
        self._settling = settling
        self.media.settle()
        for member in list(self.room.members):
            if member.connection == f"{NOWHERE}/{member.peer}":  # its tool calls the old worker: let it call again
                self._apply(self.room.leave(member.peer))
        self._deliver(settling.call())
        self._work.later(self._settle(settling))
        self._rights.reread_all()

    async def _settle(self, settling: Settling) -> None:
        outputs = await settling.run()
        if self._settling is settling:
            self._settling = None
            self._deliver(outputs)

    # --- inner workings ---

    def _apply(self, outputs: Sequence[Output]) -> None:
        """The room has changed: tell everybody concerned, and bring the media in line."""
        if self.media.left:
            return  # what was being read when the room moved: the new owner reads it anew
        self._deliver(outputs)
        self.media.settle()  # also when nobody was to be told: somebody may be alone in the room
        self._recording.settle()
        if self._settling is not None:
            self._settling.changed()

    def _deliver(self, outputs: Sequence[Output]) -> None:
        if self._telling.frozen and not self.media.left:
            return  # the new owner's numbers go on from where the copy was made
        self._telling.deliver(outputs)

    def _forget(self, person: str) -> None:
        self._work.later(do_forget_admission(self._store, self.room.meeting, person))


def new_room(meeting: Meeting, groups: GroupPlan | None) -> Room:
    """Return a room that begins now, split as it was when its worker was lost."""
    room = Room(meeting, _now())
    room.board.groups = groups
    return room


def _now() -> int:
    return time.time_ns() // 1_000_000
