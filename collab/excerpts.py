"""Decks made of chosen slides of another deck, and taking them back into it, with the pictures that stand on them.

Laws: what is heavy happens in the pool. A copy is made by whoever cuts, what comes back is written by whoever takes it
back; both stay in the name of those who wrote it, so an erasure finds it there. Taking back twice does nothing; what
the deck would lose by it is refused, and so is everything if something of it was erased on the way. Not done here: who
may do what.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import Connection, insert, select

from . import upload_tables
from .awareness import Editor
from .entries import Brought
from .errors import AccessDenied
from .excerpt import CLIENT_IDS, CUT, FIT, Copy, Cutting, Fitted, Fitting, Made
from .heavy import HeavyPool
from .history_store import HistoryStore
from .replay import Log
from .schema import Kind
from .scribe import write_edit

if TYPE_CHECKING:
    from .hub import Hub

_EMPTY: Final = b"\x00\x00"


class Excerpts:
    """The decks of one worker, as far as slides go from one to another."""

    def __init__(self, hub: Hub, pool: HeavyPool) -> None:
        self._hub = hub
        self._pool = pool
        self._past = HistoryStore(hub.store.database)

    async def create(self, document: str, kind: Kind) -> None:
        """Create an empty document."""
        await self._hub.create(document, kind)

    async def cut(self, deck: str, slides: Sequence[str], copies: Sequence[tuple[str, str]], editor: Editor) -> None:
        """Make a deck of these slides for each (document, label).

        Raises StateError(slides_gone, source_rebuilt).
        """
        log, read = await self._log(deck)
        writers = await self._past.authors(deck)
        wanted = [Copy(1 + secrets.randbelow(CLIENT_IDS), label) for _, label in copies]
        task = Cutting(log, list(slides), wanted, secrets.randbits(64))
        made = msgspec.msgpack.decode(await self._pool.run(CUT, msgspec.msgpack.encode(task)), type=list[Made])
        for (document, _), copy in zip(copies, made, strict=True):
            await self._hub.create(document, "deck", _EMPTY)
            brought = Brought({new: writers.get(old, "") for new, old in copy.clients.items()}, {deck: read})
            await write_edit(self._hub, document, await self._hub.epoch(document), editor, copy.update, brought)
            await self._lend(deck, document, copy.update)

    async def bring_back(self, copy: str, deck: str, editor: Editor) -> bool:
        """Take what a copy holds now into its deck; False if the deck has it all.

        Raises StateError(foreign_slides, source_rebuilt), AccessDenied(foreign_author, unknown_document).
        """
        (into, epoch), (work, read) = await self._log(deck), await self._log(copy)
        writers, known = await self._past.authors(copy), await self._past.authors(deck)
        if any(known.get(client, account) != account for client, account in writers.items()):
            raise AccessDenied("foreign_author", "a client id of the copy belongs to somebody else")
        task = Fitting(into, work)
        fitted = msgspec.msgpack.decode(await self._pool.run(FIT, msgspec.msgpack.encode(task)), type=Fitted)
        if not fitted.update:
            return False
        brought = Brought({client: writers.get(client, "") for client in fitted.clients}, {copy: read})
        await write_edit(self._hub, deck, epoch, editor, fitted.update, brought)
        await self._lend(copy, deck, fitted.update)
        return True

    async def _log(self, document: str) -> tuple[Log, int]:
        past = await self._past.past(document)
        return Log(past.base_seq, past.base, past.entries), past.epoch

    async def _lend(self, source: str, target: str, update: bytes) -> None:
        """Let a document know those pictures of another that an update names."""
        await self._hub.store.database.transact(lambda connection: _lend(connection, source, target, update))


def _lend(connection: Connection, source: str, target: str, update: bytes) -> None:
    table = upload_tables.upload
    rows = connection.execute(select(table).where(table.c.document == source)).all()
    if not rows:
        return
    there: Collection[str] = connection.execute(select(table.c.hash).where(table.c.document == target)).scalars().all()
    at = time.time_ns() // 1_000_000
    wanted = {row.hash: row for row in rows if row.hash not in there and row.hash.encode() in update}
    for row in wanted.values():
        values = row._asdict() | {"id": secrets.token_urlsafe(16), "document": target, "at": at}
        connection.execute(insert(table).values(values))
