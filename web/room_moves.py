"""Rooms that go from one worker to another while people are in them: make before break.

Laws: a worker that leaves freezes a room, the new owner takes its lease (the epoch rises) and its state in one call,
and only then people's requests go on, there. Sockets, peers, numbers and rights stay what they are; nobody joins again.
Media goes on at the old owner, within the rights that the new one tells it, until everybody has told that the new
connection carries what the old one did, or 12 s are over. If the new owner takes the room and its answer is lost, the
lease says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from time import monotonic

import msgspec
from msgspec import Struct

from collab.bus import Bus, Lease, Term
from collab.errors import CollabError
from web.errors import Unavailable, WebError
from web.live import Live
from web.relay import Relay
from web.room_copy import RoomCopy, copy_of, room_of
from web.room_host import RoomHost
from web.room_media import NOWHERE
from web.room_settling import Settling, TellOrigin
from web.room_state import MediaWish, Room
from web.room_wire import Moved, Seat

TTL_SECONDS = 3.0
ADOPT_SECONDS = 4.0
ASK_SECONDS = 1.0
ASK_TIMES, ASK_AGAIN_SECONDS = 20, 0.25
NOT_YET = -1
LINGER_SECONDS = 14.0  # a little more than the new owner waits
AT_ONCE = 4  # rooms on their way at a time
log = logging.getLogger(__name__)


class Owned:
    """A room's lease in our hands, and the room once somebody has come."""

    def __init__(self, lease: Lease, host: RoomHost | None = None) -> None:
        self.lease = lease
        self.host = host
        self.since = monotonic()


class Adoption(Struct, frozen=True):
    """Take this room from me."""

    copy: RoomCopy
    term: Term


class Whereabouts(Struct, frozen=True):
    """The room is at this worker now."""

    meeting: str
    owner: str


class Following(Struct, frozen=True):
    """What media that stayed behind may go on with."""

    meeting: str
    wishes: dict[str, MediaWish]
    stage: str | None


Build = Callable[[Room, int], RoomHost]


class Moves:
    """Takes rooms in from workers that leave, and gives ours away when we leave."""

    def __init__(self, relay: Relay, bus: Bus, live: Live, owned: dict[str, Owned], seats: dict[str, Seat]) -> None:
        self.leaving = False
        self.keeping = False  # there is nobody to give to
        self.heard: Callable[[str], None] = lambda worker: None
        self.build: Build | None = None
        self._relay = relay
        self._bus = bus
        self._live = live
        self._owned = owned
        self._seats = seats
        self._left: dict[str, RoomHost] = {}
        relay.serve("room.load", self._on_load)
        relay.serve("room.adopt", self._on_adopt)
        relay.serve("room.at", self._on_at)
        relay.serve("room.follow", self._on_follow)
        relay.serve("room.let_go", self._on_let_go)

    # --- leaving ---

    async def leave(self) -> None:
        """Give our rooms to others and keep their media until it is needed no more; what nobody takes stays ours."""
        if self.keeping or not self._hosts():
            return
        loads = await self._loads()
        gate = asyncio.Semaphore(AT_ONCE)

        async def give(meeting: str) -> None:
            async with gate:
                await self._give(meeting, loads)

        if loads:
            await asyncio.gather(*(give(meeting) for meeting in list(self._owned)))
        end = monotonic() + LINGER_SECONDS
        while self._left and monotonic() < end:
            for meeting, host in list(self._left.items()):
                if host.media.plane.counts()["sessions"] == 0:
                    self._let_go(meeting)
            await asyncio.sleep(0.1)
        for meeting in list(self._left):
            self._let_go(meeting)

    async def _loads(self) -> dict[str, int]:
        """How many people are in the rooms of each worker that takes ours; who has only just begun is waited for."""
        loads: dict[str, int] = {}
        for _ in range(ASK_TIMES):
            connections = (member.connection or "" for host in self._hosts() for member in host.room.members)
            workers = {*self._relay.others(), *workers_of(connections)} - {self._relay.worker}
            answers = await asyncio.gather(*map(self._ask_load, workers))
            loads = {worker: load for worker, load in zip(workers, answers, strict=True) if load is not None}
            if NOT_YET not in loads.values():
                break
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        return {worker: load for worker, load in loads.items() if load != NOT_YET}

    async def _ask_load(self, worker: str) -> int | None:
        try:
            return int(await self._relay.call(worker, "room.load", b"", ASK_SECONDS))
        except WebError as error:
            return NOT_YET if error.code == "stale" else None

    async def _give(self, meeting: str, loads: dict[str, int]) -> None:
        owned = self._owned.get(meeting)
        if owned is None or owned.host is None:
            return
        host = owned.host
        target = min(loads, key=lambda worker: loads[worker])
        loads[target] += len(list(host.room.members))
        try:
            await host.freeze()
            term = Term(f"room:{meeting}", self._relay.worker, owned.lease.epoch)
            payload = msgspec.msgpack.encode(Adoption(copy_of(host.room), term))
            await self._relay.call(target, "room.adopt", payload, ADOPT_SECONDS)
        except (WebError, TimeoutError) as error:
            log.warning("room %s could not be moved: %s", meeting, type(error).__name__)
            if await self._is_ours(owned):
                host.thaw()
                return
        del self._owned[meeting]
        host.stay_behind()
        self._left[meeting] = host

    async def _is_ours(self, owned: Owned) -> bool:
        try:
            return await owned.lease.renew()
        except CollabError:
            return True  # nobody can tell, and nobody could take it

    def _hosts(self) -> list[RoomHost]:
        return [owned.host for owned in self._owned.values() if owned.host is not None]

    def _let_go(self, meeting: str) -> None:
        host = self._left.pop(meeting, None)
        if host is not None:
            host.media.close()

    async def _on_follow(self, payload: bytes) -> bytes:
        following = msgspec.msgpack.decode(payload, type=Following)
        host = self._left.get(following.meeting)
        if host is not None:
            host.media.follow(following.wishes, following.stage)
        return b""

    async def _on_let_go(self, payload: bytes) -> bytes:
        self._let_go(payload.decode())
        return b""

    # --- taking in ---

    async def _on_load(self, _payload: bytes) -> bytes:
        if self.leaving:
            raise Unavailable("unavailable", "this worker leaves, too")
        self._live.require_fresh()
        return b"%d" % sum(len(list(host.room.members)) for host in self._hosts())

    async def _on_adopt(self, payload: bytes) -> bytes:
        adoption = msgspec.msgpack.decode(payload, type=Adoption)
        meeting, origin = adoption.copy.board.meeting.id, adoption.term.holder
        self._live.require_fresh()
        if self.leaving or meeting in self._owned or self.build is None:
            raise Moved(text="this room cannot be taken here")
        lease = await self._bus.take_over(adoption.term, self._relay.worker, TTL_SECONDS)
        if lease is None:
            raise Moved(text="this room is not yours to give")
        host = self.build(room_of(adoption.copy), lease.epoch)
        workers = workers_of(member.connection or "" for member in host.room.members)
        for worker in workers:
            self.heard(worker)
        self._owned[meeting] = Owned(lease, host)
        await self._announce(Whereabouts(meeting, self._relay.worker), {*workers, origin})
        host.arrive(Settling(host.room, host.media, self._tell_origin(origin, meeting)))
        return b""

    async def _announce(self, where: Whereabouts, workers: Iterable[str]) -> None:
        payload = msgspec.msgpack.encode(where)

        async def tell(worker: str) -> None:
            with contextlib.suppress(WebError):  # it finds out by asking the old owner: join again
                await self._relay.call(worker, "room.at", payload, ASK_SECONDS)

        await asyncio.gather(*map(tell, workers))

    def _tell_origin(self, origin: str, meeting: str) -> TellOrigin:
        async def tell(wishes: dict[str, MediaWish] | None, stage: str | None) -> None:
            if wishes is None:
                await self._relay.call(origin, "room.let_go", meeting.encode(), ASK_SECONDS)
            else:
                payload = msgspec.msgpack.encode(Following(meeting, wishes, stage))
                await self._relay.call(origin, "room.follow", payload, ASK_SECONDS)

        return tell

    async def _on_at(self, payload: bytes) -> bytes:
        where = msgspec.msgpack.decode(payload, type=Whereabouts)
        for sid, seat in self._seats.items():
            if seat.meeting == where.meeting:
                self._seats[sid] = Seat(where.meeting, where.owner)
        return b""


def workers_of(connections: Iterable[str]) -> set[str]:
    """The workers that hold these connections."""
    return {connection.partition("/")[0] for connection in connections} - {NOWHERE, ""}
