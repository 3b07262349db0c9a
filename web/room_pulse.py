"""The pulse of the rooms: leases are renewed, owners and workers that are gone are noticed.

Laws: each second a worker tells each owner which sockets it still holds: an owner that does not answer has lost the
room ("moved": join again), a worker not heard for 3 s has lost its people's connections. A room that nobody is in is
given up; one whose lease is another's is closed here.
"""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

import msgspec

from collab.ending import end
from collab.errors import CollabError
from web import messages as wire
from web.errors import WebError
from web.relay import Relay
from web.room_moves import TTL_SECONDS, Owned
from web.room_seats import Seats
from web.room_wire import Alive

BEAT_SECONDS = 1.0
SILENCE_SECONDS = 3.0
log = logging.getLogger(__name__)


class Pulse:
    """One worker's."""

    def __init__(self, relay: Relay, owned: dict[str, Owned]) -> None:
        self.seats = Seats(relay, self._on_worker_lost)
        self._relay = relay
        self._owned = owned
        self._heard: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        relay.serve("room.alive", self._on_alive)

    def start(self) -> None:
        self._task = asyncio.create_task(self._beat(), name="rooms")

    async def stop(self) -> None:
        if self._task is not None:
            await end([self._task])

    def hear(self, worker: str) -> None:
        """A worker has said something about our rooms."""
        self._heard[worker] = monotonic()

    async def give_up(self, meeting: str, reason: wire.CloseReason) -> None:
        """Close a room that lives here, and give its lease back."""
        owned = self._owned.pop(meeting, None)
        if owned is not None:
            if owned.host is not None:
                owned.host.close(reason)
                await owned.host.settled()
            await owned.lease.release()

    async def tell_alive(self, owner: str) -> list[str]:
        """Tell an owner which of our sockets sit in its rooms; return the meetings that are not its own."""
        payload = msgspec.msgpack.encode(Alive(self._relay.worker, self.seats.at(owner)))
        return msgspec.msgpack.decode(await self._relay.call(owner, "room.alive", payload, 2.0), type=list[str])

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._tend_rooms())
                    for owner in self.seats.owners() - {self._relay.worker}:
                        group.create_task(self._check_owner(owner))
            except* Exception:  # the top of the task: rooms must go on
                log.exception("a beat of the rooms failed")

    async def _tend_rooms(self) -> None:
        here = frozenset(f"{self._relay.worker}/{sid}" for sid in self.seats.taken)
        for owned in list(self._owned.values()):
            if owned.host is not None:
                owned.host.reconcile_worker(self._relay.worker, here)
        for meeting, owned in list(self._owned.items()):
            if owned.host is not None:
                owned.host.tick()
            idle = owned.host.deserted if owned.host is not None else monotonic() - owned.since > TTL_SECONDS
            if idle:
                await self.give_up(meeting, "ended")
                continue
            try:
                kept = await owned.lease.renew()
            except CollabError:
                kept = True  # nobody can tell, and nobody can acquire
            if not kept:
                log.warning("room %s is owned by another worker now", meeting)
                await self.give_up(meeting, "moved")
        now = monotonic()
        for worker, heard in list(self._heard.items()):
            if worker != self._relay.worker and now - heard > SILENCE_SECONDS:
                self._on_worker_lost(worker)

    def _on_worker_lost(self, worker: str) -> None:
        self._heard.pop(worker, None)
        for owned in self._owned.values():
            if owned.host is not None:
                owned.host.reconcile_worker(worker, frozenset())

    async def _check_owner(self, owner: str) -> None:
        try:
            foreign = await self.tell_alive(owner)
        except WebError:
            foreign = list(self.seats.at(owner))
        for sid, seat in list(self.seats.taken.items()):
            if seat.owner == owner and seat.meeting in foreign:
                self.seats.vacate(sid, seat.meeting, "moved")

    async def _on_alive(self, payload: bytes) -> bytes:
        """A worker says which of its sockets are in our rooms; answer with the meetings that are not ours."""
        alive = msgspec.msgpack.decode(payload, type=Alive)
        self.hear(alive.worker)
        for meeting, owned in self._owned.items():
            if owned.host is not None:
                seats = frozenset(f"{alive.worker}/{sid}" for sid in alive.seats.get(meeting, ()))
                owned.host.reconcile_worker(alive.worker, seats)
        return msgspec.msgpack.encode([meeting for meeting in alive.seats if meeting not in self._owned])
