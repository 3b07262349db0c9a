"""Rooms across workers: the way of a request to the worker that owns the room, and what that one answers.

Laws: a room lives on the one worker that holds its lease (TTL 3 s; `room_owner` finds it, `room_pulse` keeps it); while
the bus is away owners keep their rooms and nobody acquires. A worker that holds a socket sends its requests to the
owner by relay, never over pub/sub, and the owner sends news to the sockets the same way (`room_seats`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import msgspec

from collab.bus import Bus, Lease
from collab.errors import CollabError
from sfu.server import MediaServer
from web import messages as wire
from web.broadcast import Outgoing
from web.errors import AccessDenied, StateError, WebError
from web.live import Live
from web.media_watch import MediaWatch
from web.recording_files import RecordingFiles
from web.relay import Relay, RelayUnreachable, RemoteError
from web.room_group_decks import Documents
from web.room_host import Parts, RoomHost, new_room
from web.room_moves import Moves, Owned
from web.room_owner import ASK_SECONDS, OWNED, Owners
from web.room_pulse import Pulse
from web.room_seats import Deliver
from web.room_state import Room
from web.room_wire import Moved, RoomAnswer, RoomCall, Seat, ToolAnswer, ToolCall
from web.school.access import SchoolAccess
from web.school.events import SchoolEvent
from web.school.group_queries import begin_term
from web.school.group_rooms import GroupPlan
from web.school.model import Person
from web.school.sending import load_sending
from web.school.store import SchoolStore

FOLLOW_LOOKS, LOOK_SECONDS = 40, 0.05  # a room that moves is at its new worker by then
CALL_SECONDS = 5.0
GROUP_CALL_SECONDS = (
    60.0  # decks are cut and taken back by a process of low priority; what concerns groups waits its turn
)


class Rooms:
    """The rooms that this worker owns, and the seats of its sockets in any room."""

    def __init__(
        self,
        *,
        access: SchoolAccess,
        school: SchoolStore,
        media: MediaServer,
        bus: Bus,
        relay: Relay,
        live: Live,
        watch: MediaWatch,
        recordings: RecordingFiles | None = None,
        documents: Documents | None = None,
    ) -> None:
        self._parts = Parts(access, school, media, watch, recordings or RecordingFiles(None, 0), documents)
        self._relay = relay
        self._live = live
        self._owned: dict[str, Owned] = {}
        self._owners = Owners(access, bus, relay, self._owned)
        self._owners.leaving = lambda: self._moves.leaving
        self._pulse = Pulse(relay, self._owned)
        self._seats = self._pulse.seats
        self._moves = Moves(relay, bus, live, self._owned, self._seats.taken)
        self._moves.heard = self._pulse.hear
        self._moves.build = self._build
        relay.serve("room.request", self._on_request)
        relay.serve("room.tool", self._on_tool)
        relay.serve("room.occupied", self._on_occupied)
        live.subscribe(self.refresh)

    def attach(self, deliver: Deliver) -> None:
        """Name who writes to this worker's sockets."""
        self._seats.deliver = deliver

    async def start(self) -> None:
        self._pulse.start()

    async def close(self) -> None:
        await self._pulse.stop()
        for meeting in list(self._owned):
            await self._pulse.give_up(meeting, "restart")
        await self._seats.close()

    async def drain(self) -> None:
        """Take no more rooms and give ours to other workers; who cannot be moved is told to come again."""
        self._moves.leaving = True
        await self.give_away()
        for meeting in list(self._owned):
            await self._pulse.give_up(meeting, "restart")

    def keep(self) -> None:
        """All workers end: give no room away, and take none."""
        self._moves.leaving = self._moves.keeping = True

    async def give_away(self) -> None:
        """Move our rooms to other workers, without a gap that people notice; what nobody takes stays here."""
        await self._moves.leave()

    def hosts(self) -> list[RoomHost]:
        """Return the rooms that live here."""
        return [owned.host for owned in self._owned.values() if owned.host is not None]

    def counts(self) -> dict[str, int]:
        """Return how many rooms live here and how many people are in them."""
        hosts = self.hosts()
        return {"rooms": len(hosts), "people": sum(len(list(host.room.members)) for host in hosts)}

    # --- for this worker's sockets ---

    async def request(self, sid: str, person: Person, event: str, body: bytes) -> bytes:
        """Carry a client's event to the room's owner; return the ack as JSON."""
        if event == "room:join":
            return await self._join(sid, person, body)
        seat = self._seats.taken.get(sid)
        if seat is None:
            raise StateError("not_in_room", "you are not in a room")
        try:
            answer = await self._call(seat, sid, person, event, body)
            if event == "room:leave":
                self._seats.taken.pop(sid, None)
            return answer
        except (Moved, RelayUnreachable, RemoteError) as error:
            if isinstance(error, RemoteError) and error.code != Moved.code:
                raise
        if await self._followed(sid, seat):
            return await self.request(sid, person, event, body)
        self._seats.vacate(sid, seat.meeting, "moved")
        raise StateError("not_in_room", "the room has moved: join again")

    async def _followed(self, sid: str, seat: Seat) -> bool:
        """Wait a moment for the word that the room is at another worker now."""
        for _ in range(FOLLOW_LOOKS):
            if self._seats.taken.get(sid) is not seat:
                break
            await asyncio.sleep(LOOK_SECONDS)
        now = self._seats.taken.get(sid)
        return now is not None and now.meeting == seat.meeting and now.owner != seat.owner

    async def connection_lost(self, sid: str) -> None:
        """A socket is gone: its place in the room is kept for a while."""
        if self._moves.leaving:
            return  # sent away by us: nobody is told "away" before they had the time to come again
        seat = self._seats.taken.pop(sid, None)
        if seat is not None:
            with contextlib.suppress(WebError):
                await self._pulse.tell_alive(seat.owner)

    # --- for WHIP and WHEP ---

    async def publish(self, person: Person, meeting: str, sdp: str) -> tuple[str, str]:
        """Let a tool send; return its peer and the answer."""
        answer = await self._tool(ToolCall(meeting, person, "publish", text=sdp))
        return answer.peer, answer.text

    async def play(self, person: Person, meeting: str, sdp: str, of: str | None) -> tuple[str, str]:
        """Let a tool receive the stage or one peer; return its own peer and the answer."""
        answer = await self._tool(ToolCall(meeting, person, "play", text=sdp, of=of))
        return answer.peer, answer.text

    async def restart(self, person: Person, meeting: str, peer: str, fragment: str) -> str:
        """Hand a trickled candidate or an ICE restart to a tool's connection; return the answering fragment."""
        return (await self._tool(ToolCall(meeting, person, "restart", peer=peer, text=fragment))).text

    async def hang_up(self, person: Person, meeting: str, peer: str) -> None:
        await self._tool(ToolCall(meeting, person, "hang_up", peer=peer))

    # --- for those who plan ---

    async def occupied(self, meeting: str) -> bool:
        """Whether anybody is inside now; raise Unavailable when nobody can tell."""
        if meeting in self._owned:
            return bool(await self._on_occupied(meeting.encode()))
        holder = await self._owners.holder(meeting)
        if holder is None or holder == self._relay.worker:
            return False
        return bool(await self._relay.call(holder, "room.occupied", meeting.encode(), ASK_SECONDS))

    # --- rights ---

    async def refresh(self, events: Sequence[SchoolEvent]) -> None:
        """Apply a school's news to our live rooms; call with the events of any number of schools."""
        for owned in list(self._owned.values()):
            if owned.host is not None:
                owned.host.refresh(events)

    # --- finding the owner ---

    async def _join(self, sid: str, person: Person, body: bytes) -> bytes:
        meeting = msgspec.json.decode(body, type=wire.RoomJoin).meeting
        before = self._seats.taken.get(sid)
        if before is not None and before.meeting != meeting:
            with contextlib.suppress(WebError):
                await self.request(sid, person, "room:leave", b"{}")

        async def once(owner: str) -> bytes:
            seat = Seat(meeting, owner)
            self._seats.taken[sid] = seat
            try:
                return await self._call(seat, sid, person, "room:join", body)
            except BaseException:
                self._seats.taken.pop(sid, None)
                raise

        return await self._owners.at(meeting, person, once)

    async def _tool(self, call: ToolCall) -> ToolAnswer:
        async def once(owner: str) -> ToolAnswer:
            payload = msgspec.msgpack.encode(call)
            return msgspec.msgpack.decode(
                await self._relay.call(owner, "room.tool", payload, CALL_SECONDS), type=ToolAnswer
            )

        return await self._owners.at(call.meeting, call.person, once)

    async def _on_occupied(self, payload: bytes) -> bytes:
        owned = self._owned.get(payload.decode())
        return OWNED if owned is not None and owned.host is not None and owned.host.room.occupied else b""

    async def _call(self, seat: Seat, sid: str, person: Person, event: str, body: bytes) -> bytes:
        call = RoomCall(seat.meeting, f"{self._relay.worker}/{sid}", person, event, body)
        seconds = GROUP_CALL_SECONDS if event.startswith("groups:") else CALL_SECONDS
        answer = await self._relay.call(seat.owner, "room.request", msgspec.msgpack.encode(call), seconds)
        return msgspec.msgpack.decode(answer, type=RoomAnswer).body

    # --- what the owner answers ---

    async def _on_request(self, payload: bytes) -> bytes:
        call = msgspec.msgpack.decode(payload, type=RoomCall)
        host = await self._host(call.meeting, call.person, create=call.event == "room:join")
        self._pulse.hear(call.connection.partition("/")[0])
        return msgspec.msgpack.encode(await host.handle(call))

    async def _on_tool(self, payload: bytes) -> bytes:
        call = msgspec.msgpack.decode(payload, type=ToolCall)
        create = call.action in ("publish", "play")
        owned = self._owned.get(call.meeting)
        if not create and owned is not None and owned.host is None:  # nobody is in that room any more
            raise AccessDenied(text="there is no such connection")
        host = await self._host(call.meeting, call.person, create=create)
        match call.action:
            case "publish":
                answer = ToolAnswer(*await host.tools.publish(call.person, call.text))
            case "play":
                answer = ToolAnswer(*await host.tools.play(call.person, call.text, call.of))
            case "restart":
                answer = ToolAnswer(call.peer, await host.tools.restart(call.person, call.peer, call.text))
            case _:
                host.tools.hang_up(call.person, call.peer)
                answer = ToolAnswer(call.peer, "")
        return msgspec.msgpack.encode(answer)

    async def _host(self, meeting_id: str, person: Person, *, create: bool) -> RoomHost:
        await self._live.until_fresh()  # at 8:00 a worker may stand still for a second; nobody is sent away for that
        owned = self._owned.get(meeting_id)
        if owned is None:
            raise Moved(text="the room is not here")
        if owned.host is None:
            if not create:
                raise Moved(text="the room is not here any more")
            meeting, _ = await self._parts.access.access_meeting(person, meeting_id)
            plan = await self._begin(meeting_id, owned.lease)
            sending = await load_sending(self._parts.school, person.school)
            if owned.host is None:
                if self._moves.leaving:
                    raise Moved(text="the room begins elsewhere")
                room = new_room(meeting, plan)
                room.board.codec, room.board.downlink_cap = sending
                owned.host = self._build(room, owned.lease.epoch)
                owned.host.begin()
        return owned.host

    async def _begin(self, meeting: str, lease: Lease) -> GroupPlan | None:
        """Note that the room is ours from now on; return how it is split."""
        try:
            return await begin_term(self._parts.school, meeting, lease.epoch)
        except StateError as error:
            with contextlib.suppress(CollabError):
                if await lease.renew():  # it is ours: only the clock that epochs follow was set back
                    return await begin_term(self._parts.school, meeting, lease.epoch, anew=True)
            raise Moved(text="the room is at another worker now") from error

    def _build(self, room: Room, epoch: int) -> RoomHost:
        def send(connections: Sequence[str], outgoing: Outgoing | None) -> None:
            self._seats.send(room.meeting.id, connections, outgoing)

        return RoomHost(room, self._parts, send, epoch)
