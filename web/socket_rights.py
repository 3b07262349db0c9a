"""The rights of this worker's connections, read anew whenever something may have changed them.

Laws: a right that is gone is gone within a second, and until it was looked at nothing is taken that stands on it (see
`rereading`). Who may lose one is looked at before those who may gain one, however many these are; whoever lost the way
in is cut. Who was not greeted yet is read when they are: nobody waits for them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from web import messages as wire
from web.affected import concerns, takes_away
from web.broadcast import build_event
from web.channels import view_channels
from web.company import Company, Send
from web.connection import Connection
from web.errors import AccessDenied
from web.hearing import Hearing
from web.rereading import Rereading
from web.school.events import SchoolEvent

READS = 8  # rights read at a time
log = logging.getLogger(__name__)


class SocketRights:
    """Whose rights are to be read, and the reading. `cut` ends the connection of an engine.io session."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        hearing: Hearing,
        company: Company,
        send: Send,
        cut: Callable[[str], Awaitable[None]],
    ) -> None:
        self._connections = connections
        self._hearing = hearing
        self._company = company
        self._send = send
        self._cut = cut
        self._rereading = Rereading(self._look, READS)
        self._early: set[Connection] = set()  # not greeted yet, and news came that concern them

    async def refresh(self, events: Sequence[SchoolEvent]) -> None:
        """Have the rights of everybody whom these events may concern read anew."""
        for one in self._connections.values():
            ours = [event for event in events if concerns(event, one)]
            if ours and one.ready.is_set():
                self._rereading.add([one], first=any(takes_away(event, one) for event in ours))
            elif ours:
                self._early.add(one)
        self._company.refresh(events)

    def greeted(self, connection: Connection) -> None:
        """A connection was told what it may do; it may be more or less by now."""
        if connection in self._early:
            self._early.discard(connection)
            self._rereading.add([connection])

    def leave(self, connection: Connection) -> None:
        """A connection is gone."""
        self._early.discard(connection)
        self._rereading.drop(connection)

    async def close(self) -> None:
        """Read no more."""
        await self._rereading.close()

    async def until_certain(self, connection: Connection) -> None:
        """Return once the connection's rights are known; raise Unavailable when that takes too long."""
        await self._rereading.until_certain(connection)

    async def reread(self, connection: Connection) -> None:
        """Read the rights of one connection, and tell it what changed."""
        self._rereading.add([connection])
        await self._rereading.until_certain(connection)

    async def _look(self, connections: Sequence[Connection]) -> Collection[Connection]:
        failures = await asyncio.gather(*(self._read(connection) for connection in connections), return_exceptions=True)
        failed = {one: error for one, error in zip(connections, failures, strict=True) if error is not None}
        for error in failed.values():
            log.error("the rights of one connection could not be read", exc_info=error)
        return failed

    async def _read(self, connection: Connection) -> None:
        try:
            rights = await self._hearing.read(connection)
        except AccessDenied:
            connection.may(())
            await self._cut(connection.eio_sid)
            return
        if rights is None or connection.channels == connection.told:
            return
        places = await self._hearing.positions(connection.person, rights)  # when that fails, all of it is done again
        told, connection.told = connection.told, connection.channels
        changed = wire.RightsChanged(view_channels(rights, places))
        self._send([connection.eio_sid], build_event("rights:changed", changed))
        self._company.introduce(connection, connection.heard - {id for id, (_, may) in told.items() if may.read})
