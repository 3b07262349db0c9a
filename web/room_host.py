"""One live room on the worker that owns it: requests come in, the room decides, everybody concerned is told.

Laws: the room's state changes between two awaits only; rights are read before and applied in one step. The
media plane is brought in line with the room after each change, never the other way round. Nobody is told anything
that the room did not address to them.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct

from sfu import model as media
from sfu.server import MediaRoom, MediaServer
from web import messages as wire
from web.affected import affects_meetings
from web.broadcast import Outgoing, build_event
from web.errors import AccessDenied, ProtocolError, StateError
from web.media_watch import MediaWatch
from web.room_members import Arrival, Forget, Left, Output, Say
from web.room_state import MediaWish, Room
from web.room_view import sees, viewer_of
from web.room_wire import RoomAnswer, RoomCall
from web.school.access import SchoolAccess
from web.school.actions import MeetingPatch, do_admit, do_change_meeting, do_forget_admission
from web.school.events import MeetingChanged, MeetingCreated, SchoolEvent
from web.school.model import Grant, Meeting, Person
from web.school.store import SchoolStore

NOWHERE = "-"  # the worker of a connection that hears nothing: WHIP and WHEP
log = logging.getLogger(__name__)


Send = Callable[[Sequence[str], Outgoing | None], None]  # connections; None: their seats are free again


@dataclass(frozen=True, slots=True)
class Parts:
    """What a room needs from the house."""

    access: SchoolAccess
    school: SchoolStore
    media: MediaServer
    watch: MediaWatch


class RoomHost:
    """A room, its media, and those who are told."""

    def __init__(self, meeting: Meeting, parts: Parts, send: Send) -> None:
        self.room = Room(meeting, _now())
        self._access = parts.access
        self._store = parts.school
        self._plane = parts.media
        self._watch = parts.watch
        self._send = send
        self._media: MediaRoom = self._plane.room(meeting.id, self._on_media)
        self._wishes: dict[str, MediaWish] = {}
        self._stage: str | None = None
        self._events: list[media.MediaEvent] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = 0
        self._offered: dict[str, float] = {}

    # --- requests of clients ---

    async def handle(self, call: RoomCall) -> RoomAnswer:
        """Do what a client asks; raises an error of any of the trees."""
        request, _ = wire.CLIENT_EVENTS[call.event]
        message = msgspec.json.decode(call.body, type=request)
        result = await self._do(call, message)
        return RoomAnswer(msgspec.json.encode(result))

    async def _do(self, call: RoomCall, message: Struct) -> Struct:
        if isinstance(message, wire.RoomJoin):
            return await self._join(call, message)
        peer = self.room.peer_at(call.connection)
        match message:
            case wire.RoomMedia():
                view, outputs = self.room.media(peer, message)
                self._apply(outputs)
                return view
            case wire.MediaOffer():
                return await self._offer(peer, message)
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
                meeting = self.room.meeting
                patch = MeetingPatch(private_cameras=private)
                meeting = await do_change_meeting(self._store, meeting.school, meeting.id, patch)
                self._apply(self.room.set_meeting(meeting))
            case wire.Empty() if call.event == "room:sync":
                return self.room.state(peer)
            case wire.MediaPage():
                self._media.set_page(peer, [tile for tile in message.tiles if tile in self._wishes])
            case wire.RoomSecret(parcels):
                missed, outputs = self.room.carry(peer, parcels)
                self._deliver(outputs)
                return wire.RoomSecretSent(missed)
            case wire.MediaQuality():
                self._rate(peer, message.score)
            case wire.MediaHeal() if peer in self._wishes:
                done = self._media.heal(peer, message.slot)
                if done is not None:
                    self._watch.healed(self.room.meeting.id, peer, done)
            case _:
                self._apply(self._simple(peer, call.event, message))
        return wire.Done()

    def _simple(self, peer: str, event: str, message: Struct) -> list[Output]:
        room = self.room
        match event, message:
            case "room:leave", _:
                return _quietly(room.leave(peer))
            case "room:hand", wire.RoomHand(raised):
                return room.hand(_now(), peer, raised)
            case "room:lower", wire.PeerOrAll(target):
                return room.lower(peer, target)
            case "room:reject", wire.PeerTarget(target):
                return room.reject(peer, target)
            case "room:remove", wire.PeerTarget(target):
                return room.remove(peer, target)
            case "room:mute", wire.PeerOrAll(target):
                return room.mute(peer, target)
            case "room:ask_unmute", wire.PeerTarget(target):
                return room.ask_unmute(peer, target)
            case "room:stage", wire.PeerOrAll(target):
                return room.set_stage(peer, target)
            case "room:lock", wire.RoomLock(locked):
                return room.lock(peer, locked)
            case "room:end", _:
                return room.end(peer)
            case _:
                raise ProtocolError("bad_message", "a room does not know this event")

    async def _join(self, call: RoomCall, message: wire.RoomJoin) -> wire.RoomJoined:
        grant = await self._grant(call.person)
        for member in list(self.room.members):
            if member.connection == call.connection and member.client != message.client:
                self._apply(_quietly(self.room.leave(member.peer)))
        arrival = Arrival(secrets.token_hex(6), call.connection, message.client, call.person, message.encrypts)
        joined, outputs = self.room.join(_now(), arrival, grant)
        self._apply(outputs)
        return joined

    async def _grant(self, person: Person) -> Grant:
        """Return what the person may do, as it is in this turn: news that came while it was read has it read again.

        News that come later find the person among those whose rights are read anew.
        """
        while True:
            before = self._news
            meeting, grant = await self._access.access_meeting(person, self.room.meeting.id)
            if before == self._news:
                self._apply(self.room.set_meeting(meeting))  # an empty room hears no news
                return grant

    async def _offer(self, peer: str, offer: wire.MediaOffer) -> wire.MediaAnswer:
        if peer not in self._wishes:
            raise StateError("not_in_room", "nobody sends or sees anything from the lobby")
        sources = [media.SourceOffer(source.mid, source.purpose) for source in offer.sources]
        slots = [media.SlotOffer(slot.mid, slot.purpose) for slot in offer.slots]
        self._offered.setdefault(peer, monotonic())
        return wire.MediaAnswer(await self._media.offer(peer, offer.sdp, sources, slots))

    def _rate(self, peer: str, score: int) -> None:
        counts, outputs = self.room.rate(_now(), peer, score)
        if counts:
            self._watch.scored(score)
        if outputs:
            self._watch.judged(self.room.meeting.id, peer, self.room.member(peer).quality, score)
        self._deliver(outputs)

    async def _check_document(self, person: Person, document: str | None) -> None:
        if document is not None:
            await self._access.access_document(person, document)

    # --- WHIP and WHEP: a person in the room who has no signalling ---

    async def publish(self, person: Person, sdp: str) -> tuple[str, str]:
        """Let a tool send one voice and one picture; return its peer and the answer."""
        peer = await self._enter_tool(person)
        try:
            answer = await self._media.publish(peer, sdp)
            shown = wire.RoomMedia(microphone=True, camera=True, screen=False, unmute=True)
            self._apply(self.room.media(peer, shown)[1])
        except BaseException:
            self._apply(self.room.leave(peer))
            raise
        return peer, answer

    async def play(self, person: Person, sdp: str, of: str | None) -> tuple[str, str]:
        """Let a tool watch the stage, or one peer; it is seen in the room like everybody."""
        peer = await self._enter_tool(person)
        try:
            return peer, await self._media.play(peer, sdp, of)
        except BaseException:
            self._apply(self.room.leave(peer))
            raise

    async def restart(self, person: Person, peer: str, fragment: str) -> str:
        """Take a trickled candidate or an ICE restart of a tool's connection."""
        self._tool(person, peer)
        return self._media.restart(peer, fragment)

    def hang_up(self, person: Person, peer: str) -> None:
        self._tool(person, peer)
        self._apply(self.room.leave(peer))

    async def _enter_tool(self, person: Person) -> str:
        grant = await self._grant(person)
        peer = secrets.token_hex(6)
        joined, outputs = self.room.join(_now(), Arrival(peer, f"{NOWHERE}/{peer}", "", person), grant)
        self._apply(outputs)
        if joined.state == "lobby":
            self._apply(self.room.leave(peer))
            raise StateError("state", "who leads the meeting has to let you in first")
        return peer

    def _tool(self, person: Person, peer: str) -> None:
        of_tool = f"{NOWHERE}/{peer}", person.id
        if not any((member.connection, member.person.id) == of_tool for member in self.room.members):
            raise AccessDenied(text="there is no such connection")

    # --- what happens by itself ---

    def dropped(self, connection: str) -> None:
        """A client's connection is gone."""
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
        self._apply(self.room.tick(_now()))

    async def refresh(self, events: Iterable[SchoolEvent]) -> None:
        """Read the rights of everybody whom these events may concern, and apply what changed."""
        ours = [event for event in events if self._concerns(event)]
        self._news += 1 if ours else 0
        for member in list(self.room.members):
            if any(affects_meetings(event, member.person) for event in ours):
                await self._reread(member.peer, member.person)

    def _concerns(self, event: SchoolEvent) -> bool:
        match event.body:
            case MeetingChanged(meeting):
                return meeting.id == self.room.meeting.id
            case MeetingCreated():
                return False
            case _:
                return event.school == self.room.meeting.school

    async def _reread(self, peer: str, person: Person) -> None:
        grant: Grant | None = None
        try:
            meeting, grant = await self._access.access_meeting(person, self.room.meeting.id)
            self._apply(self.room.set_meeting(meeting))
        except AccessDenied:
            log.info("a person lost the right to a room")
        if any(member.peer == peer for member in self.room.members):
            self._apply(self.room.set_grant(peer, grant))

    async def settled(self) -> None:
        """Wait until what was left to be written down is."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self, reason: wire.CloseReason) -> None:
        """End the room on this worker."""
        self._apply(self.room.close(reason))
        self._plane.close_room(self.room.meeting.id)

    # --- inner workings ---

    def _apply(self, outputs: Sequence[Output]) -> None:
        """The room has changed: tell everybody concerned, and bring the media in line."""
        self._deliver(outputs)
        self._settle_media()  # also when nobody was to be told: somebody may be alone in the room

    def _deliver(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case Say(connections, event, message):
                    self._send(connections, build_event(event, message))
                case Left(_, connection):
                    if connection is not None:
                        self._send((connection,), None)
                case Forget(person):
                    self._later(do_forget_admission(self._store, self.room.meeting, person))

    def _settle_media(self) -> None:
        wishes = self.room.media_wishes()
        for peer in self._wishes.keys() - wishes.keys():
            self._media.leave(peer)
            self._offered.pop(peer, None)
        for peer, wish in wishes.items():
            old = self._wishes.get(peer)
            if old is None:
                self._media.admit(peer, _rights(wish))
            elif old == wish:
                continue
            elif _rights(old) != _rights(wish):
                self._media.set_rights(peer, _rights(wish))
            if wish.muted != (old is not None and old.muted):
                self._media.mute(peer, wish.muted)
        self._wishes = wishes
        if self.room.stage != self._stage:
            self._stage = self.room.stage
            self._media.set_stage(self._stage)

    def _on_media(self, event: media.MediaEvent) -> None:
        # It may come while the room is being settled: handled right after.
        if not self._events:
            asyncio.get_running_loop().call_soon(self._take_media)
        self._events.append(event)

    def _take_media(self) -> None:
        events, self._events = self._events, []
        for event in events:
            if isinstance(event, media.PeerLost) and self._is_tool(event.peer):
                self._apply(self.room.leave(event.peer))
            else:
                self._deliver(self._media_outputs(event))

    def _is_tool(self, peer: str) -> bool:
        member = self.room.find(peer)
        return member is not None and member.connection == f"{NOWHERE}/{peer}"

    def _media_outputs(self, event: media.MediaEvent) -> list[Output]:
        match event:
            case media.SlotsChanged(peer, slots):
                views = [wire.SlotView(slot.slot, slot.mid, slot.peer, slot.generation, slot.csrc) for slot in slots]
                return self._say(peer, "media:slots", wire.MediaSlots(views))
            case media.SpeakersChanged(peers):
                return self._speakers([peer for peer in peers if self.room.find(peer) is not None])
            case media.PeerConnected(peer):
                if peer in self._offered:
                    self._watch.connected(self.room.meeting.id, peer, monotonic() - self._offered.pop(peer))
                return self.room.media_state(peer, "connected")
            case media.PeerLost(peer, reason):
                self._offered.pop(peer, None)
                self._watch.lost(self.room.meeting.id, peer, reason)
                return [*self._say(peer, "media:lost", wire.MediaLost(reason)), *self.room.media_state(peer, "lost")]
            case media.LayersWanted(peer, layers):
                wanted = wire.MediaLayers(camera=layers.get("camera"), screen=layers.get("screen"))
                return self._say(peer, "media:layers", wanted)
            case media.VideoPaused(peer, paused):
                return self._say(peer, "media:paused", wire.MediaPaused(paused))
            case media.SourceChanged():
                return []

    def _say(self, peer: str, event: str, message: Struct) -> list[Output]:
        member = self.room.find(peer)
        if member is None or not member.inside or member.connection is None:
            return []
        return [Say((member.connection,), event, message)]

    def _speakers(self, peers: list[str]) -> list[Output]:
        """Tell who speaks to those who may know of them."""
        audiences: dict[tuple[str, ...], list[str]] = {}
        for member in self.room.members:
            if member.inside and member.connection is not None:
                viewer = viewer_of(self.room.board, member)
                heard = tuple(peer for peer in peers if sees(viewer, self.room.member(peer)))
                audiences.setdefault(heard, []).append(member.connection)
        return [
            Say(tuple(connections), "media:speakers", wire.MediaSpeakers(list(heard)))
            for heard, connections in audiences.items()
        ]

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("an admission could not be taken back", exc_info=task.exception())


def _quietly(outputs: Sequence[Output]) -> list[Output]:
    """Return the outputs without freeing the seat: whoever asked for it knows, and may be sitting down again."""
    return [output for output in outputs if not isinstance(output, Left)]


def _rights(wish: MediaWish) -> media.MediaRights:
    return media.MediaRights(
        publish=wish.publish,
        screen=wish.screen,
        receive=wish.receive,
        moderator=wish.moderator,
        audience=wish.audience,
        camera_audience=wish.camera_audience,
    )


def _now() -> int:
    return time.time_ns() // 1_000_000
