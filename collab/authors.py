"""Who wrote each letter of a document, and when: the stored table of client ids, and the times from its log.

Laws: nothing is computed until somebody asks. A look reads at most ENTRIES entries of the log, page by page, each page
judged in the pool; what is older has the time when its client first wrote. The answer for a state is kept until
the document moves on; KEPT documents at most. Who looks while another does waits for that and finds its answer, so a
document has one place in the pool. An erased author has no name here, nor has a writer without an account.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final
from weakref import WeakValueDictionary

import msgspec
from msgspec import Struct
from sqlalchemy import select

from . import tables
from .authorship import RUNS, Run, bounded
from .database import Database
from .errors import AccessDenied
from .heavy import HeavyPool

ENTRIES: Final = 50_000
MOST_RUNS: Final = 2_000
KEPT: Final = 32
_PAGE: Final = 500
_log, _who, _head = tables.log.c, tables.author.c, tables.document.c


class Writer(Struct, frozen=True):
    """Whose a client id is (empty: nobody's any more), and when it first wrote."""

    account: str
    since: int


class Authorship(Struct, frozen=True):
    """The writers of a document after entry `head`, by client id, and when what was written."""

    head: int
    writers: dict[int, Writer]
    runs: list[Run]


class Authors:
    """The authors of the documents in one database."""

    def __init__(self, database: Database, pool: HeavyPool) -> None:
        self._database = database
        self._pool = pool
        self._known: OrderedDict[tuple[str, int], Authorship] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # gone with the last who waits

    async def look(self, document: str) -> Authorship:
        """Return who wrote what; raises AccessDenied(unknown_document) and what the pool refuses."""
        turn = self._turns.setdefault(document, asyncio.Lock())
        async with turn:
            return await self._look(document)

    async def _look(self, document: str) -> Authorship:
        async with self._database.read() as connection:
            head = (await connection.execute(select(tables.document).where(_head.id == document))).first()
            if head is None:
                raise AccessDenied("unknown_document", "there is no such document")
            rows = (await connection.execute(select(tables.author).where(_who.document == document))).all()
        known = self._known.get((document, head.epoch))
        if known is None or known.head != head.head:
            writers = {row.client: Writer(row.account, row.at) for row in rows}
            found = await self._runs(document, head.head, known)
            known = Authorship(head.head, writers, bounded((run for run in found if run.client in writers), MOST_RUNS))
            self._known[document, head.epoch] = known
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end((document, head.epoch))
        return known

    async def _runs(self, document: str, head: int, known: Authorship | None) -> list[Run]:
        """Return the runs up to an entry: those that are known, and those that came after."""
        after = max(head - ENTRIES, -1 if known is None else known.head)
        found = [] if known is None else list(known.runs)
        while after < head:
            page, last = await self._page(document, after, head)
            if not page:
                break
            after = last
            found += msgspec.msgpack.decode(await self._pool.run(RUNS, msgspec.msgpack.encode(page)), type=list[Run])
        return found

    async def _page(self, document: str, after: int, head: int) -> tuple[list[tuple[int, bytes]], int]:
        query = (
            select(_log.seq, _log.at, _log.data)
            .where(_log.document == document, _log.seq > after, _log.seq <= head)
            .order_by(_log.seq)
            .limit(_PAGE)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [(row.at, row.data) for row in rows], rows[-1].seq if rows else after
