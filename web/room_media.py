"""A live room's media on one worker: brought in line with the room, and what it says put into the room's words.

Laws: media follows the room, never the other way round. After the room has moved to another worker its media here
goes on for those who are still connected to it, within the rights that the new owner tells; it says nothing any more
but who is in which slot.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from msgspec import Struct

from sfu import model as media
from sfu.server import MediaRoom, MediaServer
from web import messages as wire
from web.errors import ProtocolError, StateError
from web.media_watch import MediaWatch
from web.room_outputs import Output, Say
from web.room_state import MediaWish, Room
from web.room_view import sees, viewer_of

NOWHERE = "-"  # the worker of a connection that hears nothing: WHIP and WHEP
Carry = Callable[[Sequence[Output]], None]
log = logging.getLogger(__name__)


class RoomMedia:
    """The media of one room. `apply` carries out changes of the room, `deliver` only tells."""

    def __init__(self, room: Room, plane: MediaServer, watch: MediaWatch, *, apply: Carry, deliver: Carry) -> None:
        self.plane: MediaRoom = plane.room(room.meeting.id, self._on_event, room.board.codec)
        self.plane.set_cap(room.board.downlink_cap)
        self.wishes: Mapping[str, MediaWish] = {}
        self.epoch = 0  # of the lease under which the room is, or was, here
        self.left = False  # the room is on another worker now
        self._room = room
        self._server = plane
        self._watch = watch
        self._apply = apply
        self._deliver = deliver
        self._stage: str | None = None
        self._events: list[media.MediaEvent] = []
        self._offered: dict[str, float] = {}

    def settle(self) -> None:
        """Bring the media in line with the room."""
        self.follow(self._room.media_wishes(), self._room.stage)

    def follow(self, wishes: Mapping[str, MediaWish], stage: str | None) -> None:
        """Let everybody send and receive what is wished, and nobody else."""
        for peer in self.wishes.keys() - wishes.keys():
            self.plane.leave(peer)
            self._offered.pop(peer, None)
        for peer, wish in wishes.items():
            old = self.wishes.get(peer)
            if old is None:
                self.plane.admit(peer, _rights(wish))
            elif old == wish:
                continue
            elif _rights(old) != _rights(wish):
                self.plane.set_rights(peer, _rights(wish))
            if wish.muted != (old is not None and old.muted):
                self.plane.mute(peer, wish.muted)
        self.wishes = wishes
        if stage != self._stage:
            self._stage = stage
            self.plane.set_stage(stage)

    def returned(self, peer: str) -> None:
        """A client has taken its place again: what it was told meanwhile was lost."""
        self.plane.returned(peer)

    async def handle(self, now: int, peer: str, message: Struct) -> Struct:
        """Do what a client asks of its media; raises an error of any of the trees."""
        match message:
            case wire.RoomMedia():
                view, outputs = self._room.media(peer, message)
                self._apply(outputs)
                return view
            case wire.MediaOffer():
                if peer not in self.wishes:
                    raise StateError("not_in_room", "nobody sends or sees anything from the lobby")
                return wire.MediaAnswer(await self._answer(peer, message))
            case wire.MediaPage(tiles):
                self.plane.set_page(peer, [tile for tile in tiles if tile in self.wishes])
            case wire.MediaQuality(score):
                self._rate(now, peer, score)
            case wire.MediaHeal(slot) if peer in self.wishes:
                done = self.plane.heal(peer, slot)
                if done is not None:
                    self._watch.healed(self._room.meeting.id, peer, done)
            case _:
                raise ProtocolError("bad_message", "this is nothing to ask now")
        return wire.Done()

    def _rate(self, now: int, peer: str, score: int) -> None:
        counts, outputs = self._room.rate(now, peer, score)
        if counts:
            self._watch.scored(score)
        if outputs:
            self._watch.judged(self._room.meeting.id, peer, self._room.member(peer).quality, score)
        self._deliver(outputs)

    async def _answer(self, peer: str, offer: wire.MediaOffer) -> str:
        sources = [media.SourceOffer(source.mid, source.purpose) for source in offer.sources]
        slots = [media.SlotOffer(slot.mid, slot.purpose) for slot in offer.slots]
        self._offered.setdefault(peer, monotonic())
        return await self.plane.offer(peer, offer.sdp, sources, slots)

    def close(self) -> None:
        """End all connections."""
        self._server.close_room(self._room.meeting.id)

    def _on_event(self, event: media.MediaEvent) -> None:
        # It may come while the room is being settled: handled right after.
        if not self._events:
            asyncio.get_running_loop().call_soon(self._take_events)
        self._events.append(event)

    def _take_events(self) -> None:
        events, self._events = self._events, []
        for event in events:
            if self.left:
                if isinstance(event, media.SlotsChanged):
                    self._deliver(self._slots(event))
            elif isinstance(event, media.PeerLost) and self._is_tool(event.peer):
                self._apply(self._room.leave(event.peer))
            else:
                self._deliver(self._outputs(event))

    def _is_tool(self, peer: str) -> bool:
        member = self._room.find(peer)
        return member is not None and member.connection == f"{NOWHERE}/{peer}"

    def _outputs(self, event: media.MediaEvent) -> list[Output]:
        match event:
            case media.SlotsChanged():
                return self._slots(event)
            case media.SpeakersChanged(peers):
                return self._speakers([peer for peer in peers if self._room.find(peer) is not None])
            case media.PeerConnected(peer):
                if peer in self._offered:
                    self._watch.connected(self._room.meeting.id, peer, monotonic() - self._offered.pop(peer))
                return self._room.media_state(peer, "connected")
            case media.PeerLost(peer, reason):
                self._offered.pop(peer, None)
                self._watch.lost(self._room.meeting.id, peer, reason)
                return [*self._say(peer, "media:lost", wire.MediaLost(reason)), *self._room.media_state(peer, "lost")]
            case media.LayersWanted(peer, layers):
                wanted = wire.MediaLayers(camera=layers.get("camera"), screen=layers.get("screen"))
                return self._say(peer, "media:layers", wanted)
            case media.VideoPaused(peer, paused):
                return self._say(peer, "media:paused", wire.MediaPaused(paused))
            case media.Undecodable(peer, peers):
                return self._say(peer, "media:undecodable", wire.MediaUndecodable(peers))
            case media.LeftOut(peer, line, screen):
                return self._say(peer, "media:left_out", wire.MediaLeftOut(line, screen))
            case media.SourceChanged():
                return []

    def _slots(self, changed: media.SlotsChanged) -> list[Output]:
        views = [wire.SlotView(slot.slot, slot.mid, slot.peer, slot.generation, slot.csrc) for slot in changed.slots]
        return self._say(changed.peer, "media:slots", wire.MediaSlots(views, self.epoch))

    def _say(self, peer: str, event: str, message: Struct) -> list[Output]:
        member = self._room.find(peer)
        if member is None or not member.inside or member.connection is None:
            return []
        return [Say((member.connection,), event, message)]

    def _speakers(self, peers: list[str]) -> list[Output]:
        """Tell who speaks to those who may know of them."""
        audiences: dict[tuple[str, ...], list[str]] = {}
        for member in self._room.members:
            if member.inside and member.connection is not None:
                viewer = viewer_of(self._room.board, member)
                heard = tuple(peer for peer in peers if sees(viewer, self._room.member(peer)))
                audiences.setdefault(heard, []).append(member.connection)
        return [
            Say(tuple(connections), "media:speakers", wire.MediaSpeakers(list(heard)))
            for heard, connections in audiences.items()
        ]


def _rights(wish: MediaWish) -> media.MediaRights:
    return media.MediaRights(
        publish=wish.publish,
        screen=wish.screen,
        receive=wish.receive,
        moderator=wish.moderator,
        audience=wish.audience,
        camera_audience=wish.camera_audience,
        record=wish.record,
    )
