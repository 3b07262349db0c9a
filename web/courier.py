"""What a room's owner says to people whose sockets are on other workers.

Laws: deliveries to one worker keep their order: one task per worker, one call under way, whatever waits goes in the
next call. At most 4,096 wait (DISCONNECT: the worker is treated as gone, its people come again). Nothing is sent
twice; a worker that cannot be reached is reported once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from web.errors import WebError
from web.relay import Relay

DELIVER = "room.deliver"
MAX_WAITING = 4096
BATCH = 128
log = logging.getLogger(__name__)


class Delivery(Struct, frozen=True, array_like=True):
    """One packet for some of a worker's sockets; `text` empty: their seats in `meeting` are free."""

    meeting: str
    sids: list[str]
    text: str


class Couriers:
    """One courier per worker, as long as there is something to carry."""

    def __init__(self, relay: Relay, on_lost: Callable[[str], None]) -> None:
        self._relay = relay
        self._on_lost = on_lost
        self._waiting: dict[str, list[Delivery]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def send(self, worker: str, delivery: Delivery) -> None:
        """Queue a delivery."""
        waiting = self._waiting.setdefault(worker, [])
        if len(waiting) >= MAX_WAITING:
            waiting.clear()
            self._on_lost(worker)
            return
        waiting.append(delivery)
        if worker not in self._tasks:
            self._tasks[worker] = asyncio.get_running_loop().create_task(self._carry(worker))

    async def close(self) -> None:
        """Carry what waits, for a moment, then stop."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=1.0)
        for task in list(self._tasks.values()):
            task.cancel()

    async def _carry(self, worker: str) -> None:
        waiting = self._waiting[worker]
        try:
            while waiting:
                batch = waiting[:BATCH]
                del waiting[:BATCH]
                await self._relay.call(worker, DELIVER, msgspec.msgpack.encode(batch))
        except WebError:
            log.warning("worker %s cannot be reached", worker)
            waiting.clear()
            self._on_lost(worker)
        finally:
            del self._tasks[worker]
            if not waiting:
                self._waiting.pop(worker, None)


def read_deliveries(payload: bytes) -> Sequence[Delivery]:
    """Decode one call's deliveries."""
    return msgspec.msgpack.decode(payload, type=list[Delivery])
