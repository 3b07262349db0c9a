"""The seats of this worker's sockets in rooms of any worker, and the way of news to them.

Laws: a socket sits in one room at most. News go from the owner to the workers that hold the sockets by courier, never
over pub/sub, and are written only to those who (still) sit in that meeting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from web import messages as wire
from web.broadcast import Outgoing, build_event
from web.courier import DELIVER, Couriers, Delivery, read_deliveries
from web.relay import Relay
from web.room_media import NOWHERE
from web.room_wire import Seat

Deliver = Callable[[Sequence[str], Outgoing], None]


class Seats:
    """Which room each socket of this worker is in."""

    def __init__(self, relay: Relay, on_worker_lost: Callable[[str], None]) -> None:
        self.taken: dict[str, Seat] = {}
        self.deliver: Deliver = lambda sids, outgoing: None
        self._worker = relay.worker
        self._couriers = Couriers(relay, on_worker_lost)
        relay.serve(DELIVER, self._on_deliver)

    async def close(self) -> None:
        await self._couriers.close()

    def owners(self) -> set[str]:
        """The workers that own rooms in which our sockets sit."""
        return {seat.owner for seat in self.taken.values()}

    def at(self, owner: str) -> dict[str, list[str]]:
        """Our sockets in rooms of this owner, by meeting."""
        seats: dict[str, list[str]] = {}
        for sid, seat in self.taken.items():
            if seat.owner == owner:
                seats.setdefault(seat.meeting, []).append(sid)
        return seats

    def send(self, meeting: str, connections: Sequence[str], outgoing: Outgoing | None) -> None:
        """Bring news of a room to connections of any worker; None: their seats are free again."""
        by_worker: dict[str, list[str]] = {}
        for connection in connections:
            worker, _, sid = connection.partition("/")
            by_worker.setdefault(worker, []).append(sid)
        for worker, sids in by_worker.items():
            if worker == self._worker:
                self._hand_over(meeting, sids, outgoing)
            elif worker != NOWHERE:
                text = outgoing.text if outgoing is not None else ""
                self._couriers.send(worker, Delivery(meeting, sids, text))

    def vacate(self, sid: str, meeting: str, reason: wire.CloseReason) -> None:
        """Tell a socket that its room is closed to it, and free its seat."""
        self._hand_over(meeting, [sid], build_event("room:closed", wire.RoomClosed(reason)))
        self._hand_over(meeting, [sid], None)

    async def _on_deliver(self, payload: bytes) -> bytes:
        for delivery in read_deliveries(payload):
            self._hand_over(delivery.meeting, delivery.sids, Outgoing(delivery.text) if delivery.text else None)
        return b""

    def _hand_over(self, meeting: str, sids: Sequence[str], outgoing: Outgoing | None) -> None:
        """Write to those sockets that (still) sit in this meeting, or free their seats."""
        seated = [sid for sid in sids if sid in self.taken and self.taken[sid].meeting == meeting]
        if outgoing is not None:
            self.deliver(seated, outgoing)
        else:
            for sid in seated:
                del self.taken[sid]
