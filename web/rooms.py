"""Rooms across workers: which worker owns which room, and the way of a request to it and of the news back.

Laws: a room lives on the one worker that holds its lease (TTL 3 s); while the bus is away owners keep their rooms
and nobody acquires. A worker that holds a socket sends its requests to the owner, and the owner sends news to sockets,
by relay, never over pub/sub. Each second a worker tells each owner which sockets it still holds: an owner that does
not answer has lost the room ("moved": join again), a worker not heard for 3 s has lost its people's connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import TypeVar

import msgspec

from collab.bus import Bus
from collab.errors import CollabError
from sfu.server import MediaServer
from web import messages as wire
from web.broadcast import Outgoing, build_event
from web.courier import DELIVER, Couriers, Delivery, read_deliveries
from web.errors import AccessDenied, StateError, Unavailable, WebError
from web.live import Live
from web.media_watch import MediaWatch
from web.recording_files import RecordingFiles
from web.relay import Relay, RelayUnreachable, RemoteError
from web.room_host import Parts, RoomHost, new_room
from web.room_media import NOWHERE
from web.room_moves import TTL_SECONDS, Moves, Owned
from web.room_state import Room
from web.room_wire import Alive, Moved, RoomAnswer, RoomCall, Seat, ToolAnswer, ToolCall
from web.school.access import SchoolAccess
from web.school.events import SchoolEvent
from web.school.model import Person
from web.school.store import SchoolStore

BEAT_SECONDS = 1.0
SILENCE_SECONDS = 3.0
JOIN_SECONDS = 5.0
RETRY_SECONDS = 0.25
FOLLOW_LOOKS, LOOK_SECONDS = 40, 0.05  # a room that moves is at its new worker by then
CALL_SECONDS = 5.0
ASK_SECONDS = 1.0
OWNED = b"1"
log = logging.getLogger(__name__)
T = TypeVar("T")


Deliver = Callable[[Sequence[str], Outgoing], None]


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
    ) -> None:
        self._parts = Parts(access, school, media, watch, recordings or RecordingFiles(None, 0))
        self._bus = bus
        self._relay = relay
        self._live = live
        self._owned: dict[str, Owned] = {}
        self._seats: dict[str, Seat] = {}
        self._heard: dict[str, float] = {}
        self._moves = Moves(relay, bus, live, self._owned, self._seats)
        self._moves.heard = self._hear
        self._moves.build = self._build
        self._deliver: Deliver = lambda sids, outgoing: None
        self._couriers = Couriers(relay, self._on_worker_lost)
        self._task: asyncio.Task[None] | None = None
        relay.serve("room.request", self._on_request)
        relay.serve("room.tool", self._on_tool)
        relay.serve("room.alive", self._on_alive)
        relay.serve("room.owner", self._on_owner)
        relay.serve("room.occupied", self._on_occupied)
        relay.serve(DELIVER, self._on_deliver)
        live.subscribe(self.refresh)

    def attach(self, deliver: Deliver) -> None:
        """Name who writes to this worker's sockets."""
        self._deliver = deliver

    async def start(self) -> None:
        self._task = asyncio.create_task(self._beat(), name="rooms")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for meeting in list(self._owned):
            await self._give_up(meeting, "restart")
        await self._couriers.close()

    async def drain(self) -> None:
        """Take no more rooms and give ours to other workers; who cannot be moved is told to come again."""
        self._moves.leaving = True
        await self.give_away()
        for meeting in list(self._owned):
            await self._give_up(meeting, "restart")

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
        seat = self._seats.get(sid)
        if seat is None:
            raise StateError("not_in_room", "you are not in a room")
        try:
            answer = await self._call(seat, sid, person, event, body)
            if event == "room:leave":
                self._seats.pop(sid, None)
            return answer
        except (Moved, RelayUnreachable, RemoteError) as error:
            if isinstance(error, RemoteError) and error.code != Moved.code:
                raise
        if await self._followed(sid, seat):
            return await self.request(sid, person, event, body)
        self._vacate(sid, seat.meeting, "moved")
        raise StateError("not_in_room", "the room has moved: join again")

    async def _followed(self, sid: str, seat: Seat) -> bool:
        """Wait a moment for the word that the room is at another worker now."""
        for _ in range(FOLLOW_LOOKS):
            if self._seats.get(sid) is not seat:
                break
            await asyncio.sleep(LOOK_SECONDS)
        now = self._seats.get(sid)
        return now is not None and now.meeting == seat.meeting and now.owner != seat.owner

    async def connection_lost(self, sid: str) -> None:
        """A socket is gone: its place in the room is kept for a while."""
        if self._moves.leaving:
            return  # sent away by us: nobody is told "away" before they had the time to come again
        seat = self._seats.pop(sid, None)
        if seat is not None:
            with contextlib.suppress(WebError):
                await self._tell_alive(seat.owner)

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
        try:
            holder = await self._bus.holder(f"room:{meeting}")
        except CollabError:
            raise Unavailable("unavailable", "nobody can tell now whether the room is empty") from None
        if holder is None or holder == self._relay.worker:
            return False
        return bool(await self._relay.call(holder, "room.occupied", meeting.encode(), ASK_SECONDS))

    # --- rights ---

    async def refresh(self, events: Sequence[SchoolEvent]) -> None:
        """Apply a school's news to our live rooms; call with the events of any number of schools."""
        for owned in list(self._owned.values()):
            if owned.host is not None:
                await owned.host.refresh(events)

    # --- finding the owner ---

    async def _join(self, sid: str, person: Person, body: bytes) -> bytes:
        meeting = msgspec.json.decode(body, type=wire.RoomJoin).meeting
        before = self._seats.get(sid)
        if before is not None and before.meeting != meeting:
            with contextlib.suppress(WebError):
                await self.request(sid, person, "room:leave", b"{}")

        async def once(owner: str) -> bytes:
            seat = Seat(meeting, owner)
            self._seats[sid] = seat
            try:
                return await self._call(seat, sid, person, "room:join", body)
            except BaseException:
                self._seats.pop(sid, None)
                raise

        return await self._at_owner(meeting, person, once)

    async def _tool(self, call: ToolCall) -> ToolAnswer:
        async def once(owner: str) -> ToolAnswer:
            payload = msgspec.msgpack.encode(call)
            return msgspec.msgpack.decode(
                await self._relay.call(owner, "room.tool", payload, CALL_SECONDS), type=ToolAnswer
            )

        return await self._at_owner(call.meeting, call.person, once)

    async def _at_owner(self, meeting: str, person: Person, once: Callable[[str], Awaitable[T]]) -> T:
        """Do something at the room's owner; while the room is between two owners, wait and try again."""
        deadline = monotonic() + JOIN_SECONDS
        while True:
            owner = await self._find_owner(meeting, person)
            if owner is not None:
                try:
                    return await once(owner)
                except (Moved, RelayUnreachable):
                    pass
                except RemoteError as error:
                    if error.code != Moved.code:
                        raise
            if monotonic() > deadline:
                raise Unavailable("unavailable", "the room cannot be reached now")
            await asyncio.sleep(RETRY_SECONDS)

    async def _find_owner(self, meeting: str, person: Person) -> str | None:
        """Return who owns the room, becoming the owner if nobody is; None when nobody can tell now."""
        if meeting in self._owned:
            return self._relay.worker
        try:
            holder = await self._bus.holder(f"room:{meeting}")
        except CollabError:
            return await self._ask_around(meeting)
        if holder is not None:
            return holder
        if self._moves.leaving:
            raise Unavailable("unavailable", "the server is restarting")
        await self._parts.access.access_meeting(person, meeting)  # nobody takes a lease on what they cannot enter
        lease = await self._bus.acquire(f"room:{meeting}", self._relay.worker, TTL_SECONDS)
        if lease is None:
            return await self._ask_around(meeting)
        self._owned[meeting] = Owned(lease)
        return self._relay.worker

    async def _ask_around(self, meeting: str) -> str | None:
        """Ask the other workers who owns the room: while the bus is away nobody acquires, and owners keep theirs."""

        async def owns(worker: str) -> bool:
            try:
                return await self._relay.call(worker, "room.owner", meeting.encode(), ASK_SECONDS) == OWNED
            except WebError:
                return False

        others = self._relay.others()
        answers = await asyncio.gather(*(owns(worker) for worker in others))
        return next((worker for worker, is_owner in zip(others, answers, strict=True) if is_owner), None)

    async def _on_owner(self, payload: bytes) -> bytes:
        return OWNED if payload.decode() in self._owned else b""

    async def _on_occupied(self, payload: bytes) -> bytes:
        owned = self._owned.get(payload.decode())
        return OWNED if owned is not None and owned.host is not None and owned.host.room.occupied else b""

    async def _call(self, seat: Seat, sid: str, person: Person, event: str, body: bytes) -> bytes:
        call = RoomCall(seat.meeting, f"{self._relay.worker}/{sid}", person, event, body)
        answer = await self._relay.call(seat.owner, "room.request", msgspec.msgpack.encode(call), CALL_SECONDS)
        return msgspec.msgpack.decode(answer, type=RoomAnswer).body

    # --- what the owner answers ---

    async def _on_request(self, payload: bytes) -> bytes:
        call = msgspec.msgpack.decode(payload, type=RoomCall)
        host = await self._host(call.meeting, call.person, create=call.event == "room:join")
        self._heard[call.connection.partition("/")[0]] = monotonic()
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
                answer = ToolAnswer(*await host.publish(call.person, call.text))
            case "play":
                answer = ToolAnswer(*await host.play(call.person, call.text, call.of))
            case "restart":
                answer = ToolAnswer(call.peer, await host.restart(call.person, call.peer, call.text))
            case _:
                host.hang_up(call.person, call.peer)
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
            if owned.host is None:
                if self._moves.leaving:
                    raise Moved(text="the room begins elsewhere")
                owned.host = self._build(new_room(meeting), owned.lease.epoch)
        return owned.host

    def _build(self, room: Room, epoch: int) -> RoomHost:
        return RoomHost(room, self._parts, self._sender(room.meeting.id), epoch)

    def _hear(self, worker: str) -> None:
        self._heard[worker] = monotonic()

    async def _on_alive(self, payload: bytes) -> bytes:
        """A worker says which of its sockets are in our rooms; answer with the meetings that are not ours."""
        alive = msgspec.msgpack.decode(payload, type=Alive)
        self._heard[alive.worker] = monotonic()
        for meeting, owned in self._owned.items():
            if owned.host is not None:
                seats = frozenset(f"{alive.worker}/{sid}" for sid in alive.seats.get(meeting, ()))
                owned.host.reconcile_worker(alive.worker, seats)
        return msgspec.msgpack.encode([meeting for meeting in alive.seats if meeting not in self._owned])

    # --- news to sockets ---

    def _sender(self, meeting: str) -> Callable[[Sequence[str], Outgoing | None], None]:
        def send(connections: Sequence[str], outgoing: Outgoing | None) -> None:
            by_worker: dict[str, list[str]] = {}
            for connection in connections:
                worker, _, sid = connection.partition("/")
                by_worker.setdefault(worker, []).append(sid)
            for worker, sids in by_worker.items():
                if worker == self._relay.worker:
                    self._hand_over(meeting, sids, outgoing)
                elif worker != NOWHERE:
                    text = outgoing.text if outgoing is not None else ""
                    self._couriers.send(worker, Delivery(meeting, sids, text))

        return send

    async def _on_deliver(self, payload: bytes) -> bytes:
        for delivery in read_deliveries(payload):
            self._hand_over(delivery.meeting, delivery.sids, Outgoing(delivery.text) if delivery.text else None)
        return b""

    def _hand_over(self, meeting: str, sids: Sequence[str], outgoing: Outgoing | None) -> None:
        """Write to those sockets that (still) sit in this meeting, or free their seats."""
        seated = [sid for sid in sids if sid in self._seats and self._seats[sid].meeting == meeting]
        if outgoing is not None:
            self._deliver(seated, outgoing)
        else:
            for sid in seated:
                del self._seats[sid]

    def _vacate(self, sid: str, meeting: str, reason: wire.CloseReason) -> None:
        self._hand_over(meeting, [sid], build_event("room:closed", wire.RoomClosed(reason)))
        self._hand_over(meeting, [sid], None)

    # --- the pulse ---

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._tend_rooms())
                    for owner in {seat.owner for seat in self._seats.values()} - {self._relay.worker}:
                        group.create_task(self._check_owner(owner))
            except* Exception:  # the top of the task: rooms must go on
                log.exception("a beat of the rooms failed")

    async def _tend_rooms(self) -> None:
        here = frozenset(f"{self._relay.worker}/{sid}" for sid in self._seats)
        for owned in list(self._owned.values()):
            if owned.host is not None:
                owned.host.reconcile_worker(self._relay.worker, here)
        for meeting, owned in list(self._owned.items()):
            if owned.host is not None:
                owned.host.tick()
            idle = owned.host.deserted if owned.host is not None else monotonic() - owned.since > TTL_SECONDS
            if idle:
                await self._give_up(meeting, "ended")
                continue
            try:
                kept = await owned.lease.renew()
            except CollabError:
                kept = True  # nobody can tell, and nobody can acquire
            if not kept:
                log.warning("room %s is owned by another worker now", meeting)
                await self._give_up(meeting, "moved")
        now = monotonic()
        for worker, heard in list(self._heard.items()):
            if worker != self._relay.worker and now - heard > SILENCE_SECONDS:
                self._on_worker_lost(worker)

    async def _give_up(self, meeting: str, reason: wire.CloseReason) -> None:
        owned = self._owned.pop(meeting, None)
        if owned is not None:
            if owned.host is not None:
                owned.host.close(reason)
                await owned.host.settled()
            await owned.lease.release()

    def _on_worker_lost(self, worker: str) -> None:
        self._heard.pop(worker, None)
        for owned in self._owned.values():
            if owned.host is not None:
                owned.host.reconcile_worker(worker, frozenset())

    async def _check_owner(self, owner: str) -> None:
        try:
            foreign = await self._tell_alive(owner)
        except WebError:
            foreign = [seat.meeting for seat in self._seats.values() if seat.owner == owner]
        for sid, seat in list(self._seats.items()):
            if seat.owner == owner and seat.meeting in foreign:
                self._vacate(sid, seat.meeting, "moved")

    async def _tell_alive(self, owner: str) -> list[str]:
        seats: dict[str, list[str]] = {}
        for sid, seat in self._seats.items():
            if seat.owner == owner:
                seats.setdefault(seat.meeting, []).append(sid)
        payload = msgspec.msgpack.encode(Alive(self._relay.worker, seats))
        return msgspec.msgpack.decode(await self._relay.call(owner, "room.alive", payload, 2.0), type=list[str])
