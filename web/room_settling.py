"""A room that has just come from another worker: whose media is still there, and how long it may be.

Laws: who had media at the old owner is told to build a new connection beside the old one, and says when that one
carries everything. Until all have said so, or `SECONDS` are over, the old owner is told of each change of rights at
once; then its media ends, and everybody is told to close the old connection. Who never offered is told that the media
is lost. An old owner that does not answer is gone, and its media with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from msgspec import Struct

from web import messages as wire
from web.errors import WebError
from web.room_media import NOWHERE, RoomMedia
from web.room_outputs import Output, Say
from web.room_state import MediaWish, Room

SECONDS = 12.0

# What the old owner is told: the wishes and the stage; None: let it go.
TellOrigin = Callable[[dict[str, MediaWish] | None, str | None], Awaitable[None]]


class Settling:
    """One room between two workers, seen from the new one."""

    def __init__(self, room: Room, media: RoomMedia, tell: TellOrigin) -> None:
        self._room = room
        self._media = media
        self._tell = tell
        self._wake = asyncio.Event()
        self._until = monotonic() + SECONDS
        self._waiting = {member.peer for member in room.members if member.inside and member.media == "connected"}

    def call(self, *peers: str) -> list[Output]:
        """Ask these peers (without any: all that are waited for) to build a new connection."""
        return self._say("media:move", wire.MediaMove(self._media.epoch), set(peers) & self._waiting or self._waiting)

    def waits_for(self, peer: str) -> bool:
        """Whether this peer still has its media at the old owner."""
        return peer in self._waiting

    def came(self, peer: str) -> None:
        """A peer has said that its new connection carries everything."""
        self._waiting.discard(peer)
        self._wake.set()

    def changed(self) -> None:
        """Somebody's rights have changed, or somebody left."""
        self._wake.set()

    async def run(self) -> list[Output]:
        """Wait until the old owner's media is not needed any more; return who has to be told what."""
        told: tuple[object, object] | None = None
        try:
            while True:
                self._wake.clear()
                now = dict(self._media.wishes), self._room.stage
                if now != told:
                    await self._tell(*now)
                    told = now
                self._waiting &= now[0].keys()
                if not self._waiting or monotonic() > self._until:
                    break
                await self._pause()
            await self._tell(None, None)
        except WebError:
            pass  # the old owner is gone
        everybody = {member.peer for member in self._room.members}
        absent = {peer for peer in self._waiting if not self._media.plane.has_connection(peer)}
        lost = self._say("media:lost", wire.MediaLost("moved"), absent)
        return [*lost, *self._say("media:settled", wire.MediaSettled(self._media.epoch), everybody)]

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._until - monotonic()):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _say(self, event: str, message: Struct, to: set[str]) -> list[Output]:
        found = [member for member in self._room.members if member.peer in to and member.connection is not None]
        connections = tuple(str(m.connection) for m in found if not str(m.connection).startswith(f"{NOWHERE}/"))
        return [Say(connections, event, message)] if connections else []
