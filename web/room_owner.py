"""Finding the worker that owns a room, or becoming it.

Laws: nobody takes a lease on a room that the asking person cannot enter. While the bus is away nobody acquires, and the
owner is found by asking around. A room between two owners is waited for, `JOIN_SECONDS` at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from collab.bus import Bus
from collab.errors import CollabError
from web.errors import Unavailable, WebError
from web.relay import Relay, RelayUnreachable, RemoteError
from web.room_moves import TTL_SECONDS, Owned
from web.room_wire import Moved
from web.school.access import SchoolAccess
from web.school.model import Person

JOIN_SECONDS = 5.0
RETRY_SECONDS = 0.25
ASK_SECONDS = 1.0
OWNED = b"1"
T = TypeVar("T")


class Owners:
    """Who owns which room, seen from one worker."""

    def __init__(self, access: SchoolAccess, bus: Bus, relay: Relay, owned: dict[str, Owned]) -> None:
        self.leaving: Callable[[], bool] = lambda: False
        self._access = access
        self._bus = bus
        self._relay = relay
        self._owned = owned
        relay.serve("room.owner", self._on_owner)

    async def at(self, meeting: str, person: Person, once: Callable[[str], Awaitable[T]]) -> T:
        """Do something at the room's owner; while the room is between two owners, wait and try again."""
        deadline = monotonic() + JOIN_SECONDS
        while True:
            owner = await self._find(meeting, person)
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

    async def holder(self, meeting: str) -> str | None:
        """Return which worker holds the room's lease; raise Unavailable when nobody can tell."""
        try:
            return await self._bus.holder(f"room:{meeting}")
        except CollabError:
            raise Unavailable("unavailable", "nobody can tell now whether the room is empty") from None

    async def _find(self, meeting: str, person: Person) -> str | None:
        """Return who owns the room, becoming the owner if nobody is; None when nobody can tell now."""
        if meeting in self._owned:
            return self._relay.worker
        try:
            holder = await self._bus.holder(f"room:{meeting}")
        except CollabError:
            return await self._ask_around(meeting)
        if holder is not None:
            return holder
        if self.leaving():
            raise Unavailable("unavailable", "the server is restarting")
        await self._access.access_meeting(person, meeting)
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
