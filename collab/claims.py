"""Whose client id is whose before anything is written under it.

Everybody in a document sees the others' client ids in awareness. Whoever writes first under an id owns it, so somebody
else could write under one that was only seen, and its true owner would be shut out with all that was written meanwhile.
Laws: an id belongs to the account that showed it first, from that moment on this worker and a moment later in the
database, so also when everybody has left, after a restart, and on workers that heard nothing. Who may only read is
remembered in memory. The newest MOST of an account count, so nobody fills the table; they are forgotten after KEPT.
What was written under belongs to the table of authors instead, and for good.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from . import tables
from .checkpoints import upsert
from .database import Database
from .errors import CollabError

MOST: Final = 20  # pages that somebody has open, or had and may come back with
KEPT: Final = 30 * 86_400_000
_GATHER, _AGAIN = 0.25, 2.0
_WAITING: Final = 10_000
_log = logging.getLogger("collab.claims")
_claim, _author = tables.claim.c, tables.author.c


class Seen:
    """Whose the client ids of one document are that were seen so far."""

    def __init__(self) -> None:
        self._owners: dict[int, str] = {}
        self._of: dict[str, deque[int]] = {}
        self._lasting: set[int] = set()

    def get(self, client: int) -> str | None:
        """Return who showed this id first; None if nobody did."""
        return self._owners.get(client)

    def add(self, client: int, account: str, *, lasting: bool) -> bool:
        """Note an id unless it is somebody's; whether that is now to be stored (`lasting`: it should be)."""
        owner = self._owners.get(client)
        if owner is None:
            theirs = self._of.setdefault(account, deque())
            if len(theirs) >= MOST:
                oldest = theirs.popleft()
                del self._owners[oldest]
                self._lasting.discard(oldest)
            theirs.append(client)
            self._owners[client] = account
        if not lasting or client in self._lasting or owner not in (None, account):
            return False
        self._lasting.add(client)
        return True

    def take(self, stored: Mapping[int, str]) -> None:
        """Note what was stored."""
        for client, account in stored.items():
            self.add(client, account, lasting=True)


class Claims:
    """The stored claims of one database. They are written together, a moment later; when that fails, again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[tuple[str, int], str] = {}
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def note(self, document: str, client: int, account: str) -> None:
        """Have a claim stored; DROP when too many wait."""
        if len(self._waiting) >= _WAITING or self._closing.is_set():
            return
        self._waiting[document, client] = account
        if self._task is None:
            self._task = asyncio.create_task(self._write(), name="claims")

    def waiting(self, document: str) -> dict[int, str]:
        """Return the claims of a document that are not stored yet."""
        return {client: account for (where, client), account in self._waiting.items() if where == document}

    async def close(self) -> None:
        """Write what waits, once."""
        self._closing.set()
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing waits any more."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def forget_before(self, at: int) -> None:
        """Forget the claims of before a time (milliseconds since 1970)."""
        await self._database.transact(
            lambda connection: connection.execute(delete(tables.claim).where(_claim.at < at)).rowcount
        )

    async def _write(self) -> None:
        pause = _GATHER
        while self._waiting:
            try:
                async with asyncio.timeout(pause):
                    await self._closing.wait()
            except TimeoutError:
                pass
            taken = dict(self._waiting)
            try:
                await self._database.transact(lambda connection, rows=taken: _store(connection, rows))  # type: ignore[misc]
            except CollabError as error:
                _log.warning("client ids are not claimed yet: %s %s", error.code, error.text)
                if self._closing.is_set():
                    break
                pause = _AGAIN
                continue
            pause = _GATHER
            for key in taken:
                self._waiting.pop(key, None)
        self._task = None


async def claims_of(connection: AsyncConnection, document: str) -> dict[int, str]:
    """Return the stored claims of a document, the oldest first."""
    query = select(_claim.client, _claim.account).where(_claim.document == document).order_by(_claim.at, _claim.client)
    return {row.client: row.account for row in await connection.execute(query)}


def forget_author(connection: Connection, document: str, account: str) -> None:
    """What somebody wrote in a document is nobody's any more, and what they showed neither."""
    mine = (_author.document == document, _author.account == account)
    connection.execute(update(tables.author).where(*mine).values(account=""))
    connection.execute(delete(tables.claim).where(_claim.document == document, _claim.account == account))


def _store(connection: Connection, waiting: Mapping[tuple[str, int], str]) -> None:
    at = time.time_ns() // 1_000_000
    rows = [
        {"document": document, "client": client, "account": account, "at": at}
        for (document, client), account in waiting.items()
    ]
    there = select(tables.document.c.id).where(tables.document.c.id.in_({document for document, _ in waiting}))
    known = set(connection.execute(there).scalars())
    rows = [row for row in rows if row["document"] in known]
    if rows:
        connection.execute(upsert(connection)(tables.claim).on_conflict_do_nothing(), rows)
    for document, account in {(document, account) for (document, _), account in waiting.items()}:
        mine = (_claim.document == document, _claim.account == account)
        newest = select(_claim.client).where(*mine).order_by(_claim.at.desc(), _claim.client).limit(MOST)
        connection.execute(delete(tables.claim).where(*mine, _claim.client.not_in(newest)))
