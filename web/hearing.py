"""Which connections of this worker hear which channels, as their rights were read last.

Laws: a connection hears exactly the channels that it may read; while it hears one its person is present there, and the
worker follows the channel. Whoever has gone while rights were read hears nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from collab.chat_positions import Position
from web.connection import Connection
from web.school.model import Channel, ChannelRights, Person
from web.services import Services

Rights = Sequence[tuple[Channel, ChannelRights]]


class Hearing:
    """Who hears what."""

    def __init__(self, services: Services) -> None:
        self.hearers: dict[str, dict[str, str]] = {}  # channel -> sid -> eio_sid
        self._services = services

    async def read(self, connection: Connection) -> Rights | None:
        """Read what a connection may hear, and let it; None when it has gone meanwhile."""
        rights = await self._services.access.channels_of(connection.person)
        return rights if await self._set(connection, rights) else None

    async def positions(self, person: Person, rights: Rights) -> dict[str, Position]:
        """Return where a person stands in the channels that they may read."""
        return await self._services.chat.positions.of(person.id, [channel.id for channel, may in rights if may.read])

    def leave(self, connection: Connection) -> None:
        """A connection is gone."""
        for channel in list(connection.heard):
            self._unhear(connection, channel)

    async def _set(self, connection: Connection, rights: Rights) -> bool:
        """Let the connection hear exactly what it may read; False when it has gone meanwhile."""
        readable = {channel.id for channel, may in rights if may.read}
        fresh = readable - connection.heard
        try:
            await asyncio.gather(*(self._services.chat.open(channel) for channel in fresh))
        except BaseException:
            self._shut(fresh)
            raise
        if connection.gone:
            self._shut(fresh)
            return False
        connection.may(rights)
        for channel in connection.heard - readable:
            self._unhear(connection, channel)
        for channel in fresh:
            connection.heard.add(channel)
            self.hearers.setdefault(channel, {})[connection.sid] = connection.eio_sid
            self._services.presence.enter(channel, connection.present)
        return True

    def _unhear(self, connection: Connection, channel: str) -> None:
        connection.heard.discard(channel)
        self._services.presence.leave(channel, connection.person.id)
        self._services.chat.shut(channel)
        hearers = self.hearers[channel]
        del hearers[connection.sid]
        if not hearers:
            del self.hearers[channel]

    def _shut(self, channels: Iterable[str]) -> None:
        for channel in channels:
            self._services.chat.shut(channel)
