"""The rights of this worker's connections, read anew whenever something may have changed them.

Laws: a right that is gone is gone within a second; whoever lost the way in is cut. Rights of one connection are read
by one look at a time, those of few connections at once. What could not be read stays to be read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from web import messages as wire
from web.affected import concerns
from web.broadcast import build_event
from web.channels import view_channels
from web.company import Company, Send
from web.connection import Connection
from web.errors import AccessDenied
from web.hearing import Hearing
from web.school.events import SchoolEvent

READS = 8  # rights read at a time
READ_AGAIN_SECONDS = 0.3
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
        self._stale: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._closing = False

    async def refresh(self, events: Sequence[SchoolEvent]) -> None:
        """Have the rights of everybody whom these events may concern read anew."""
        self._company.refresh(events)
        for connection in self._connections.values():
            if any(concerns(event, connection) for event in events):
                self._stale[connection.sid] = None
        self._wake.set()

    async def run(self) -> None:
        """Read what is stale until `close`."""
        while not self._closing:
            await self._wake.wait()
            self._wake.clear()
            while self._stale and not self._closing:
                sids = list(self._stale)[:READS]
                for sid in sids:
                    del self._stale[sid]
                await asyncio.gather(*(self.reread(sid) for sid in sids))
                if any(sid in self._stale for sid in sids):  # the database is away: it is not asked without a pause
                    await asyncio.sleep(READ_AGAIN_SECONDS)

    def close(self) -> None:
        self._closing = True
        self._wake.set()

    async def reread(self, sid: str) -> None:
        """Read the rights of one connection, once it was greeted, and tell it what changed."""
        connection = self._connections.get(sid)
        if connection is None:
            return
        await connection.ready.wait()
        async with connection.reading:
            await self._read(connection)

    async def _read(self, connection: Connection) -> None:
        before, heard = connection.channels, set(connection.heard)
        try:
            found = await self._hearing.read(connection)
            if found is None:
                return
        except AccessDenied:
            await self._cut(connection.eio_sid)
            return
        except Exception:  # the database: these rights stay to be read
            log.exception("rights could not be read")
            self._stale[connection.sid] = None
            return
        if connection.channels != before:
            changed = wire.RightsChanged(view_channels(*found))
            self._send([connection.eio_sid], build_event("rights:changed", changed))
            self._company.introduce(connection, connection.heard - heard)
