"""WHIP and WHEP: people in a room who have no signalling, only media.

Laws: a tool is seen in the room like everybody. It is let in by the same rights, and never waits in a lobby. Its
connection is named after its peer, so that nobody else's id reaches it.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

from web import messages as wire
from web.errors import AccessDenied, StateError
from web.room_media import NOWHERE, Carry, RoomMedia
from web.room_outputs import Arrival
from web.room_state import Room
from web.school.model import Grant, Person


class RoomTools:
    """The tools in one room. `working` is held while one is being let in, `apply` carries out what changed."""

    def __init__(
        self,
        room: Room,
        media: RoomMedia,
        *,
        grant: Callable[[Person], Awaitable[Grant]],
        working: Callable[[], AbstractContextManager[None]],
        apply: Carry,
        clock: Callable[[], int],
    ) -> None:
        self._room = room
        self._media = media
        self._grant = grant
        self._working = working
        self._apply = apply
        self._clock = clock

    async def publish(self, person: Person, sdp: str) -> tuple[str, str]:
        """Let a tool send one voice and one picture; return its peer and the answer."""
        peer = await self._enter(person)
        try:
            with self._working():
                answer = await self._media.plane.publish(peer, sdp)
            shown = wire.RoomMedia(microphone=True, camera=True, screen=False, unmute=True)
            self._apply(self._room.media(peer, shown)[1])
        except BaseException:
            self._apply(self._room.leave(peer))
            raise
        return peer, answer

    async def play(self, person: Person, sdp: str, of: str | None) -> tuple[str, str]:
        """Let a tool watch the stage, or one peer."""
        peer = await self._enter(person)
        try:
            with self._working():
                return peer, await self._media.plane.play(peer, sdp, of)
        except BaseException:
            self._apply(self._room.leave(peer))
            raise

    async def restart(self, person: Person, peer: str, fragment: str) -> str:
        """Take a trickled candidate or an ICE restart of a tool's connection."""
        self._check(person, peer)
        return self._media.plane.restart(peer, fragment)

    def hang_up(self, person: Person, peer: str) -> None:
        """End a tool's connection, and its place in the room."""
        self._check(person, peer)
        self._apply(self._room.leave(peer))

    async def _enter(self, person: Person) -> str:
        with self._working():
            grant = await self._grant(person)
        peer = secrets.token_hex(6)
        joined, outputs = self._room.join(self._clock(), Arrival(peer, f"{NOWHERE}/{peer}", "", person), grant)
        self._apply(outputs)
        if joined.state == "lobby":
            self._apply(self._room.leave(peer))
            raise StateError("state", "who leads the meeting has to let you in first")
        return peer

    def _check(self, person: Person, peer: str) -> None:
        of_tool = f"{NOWHERE}/{peer}", person.id
        if not any((member.connection, member.person.id) == of_tool for member in self._room.members):
            raise AccessDenied(text="there is no such connection")
