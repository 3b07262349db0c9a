"""A real store whose commits can be held at a gate or made to fail, and what tests ask of a store and a client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sqlalchemy import text as sql

from collab.errors import CollabError, StateError
from collab.store import Batch, Committed, DocumentStore
from tests.collab.clients import Client


class GatedStore(DocumentStore):
    """A store whose commits can be made to fail or to wait; `waiting` of them stand at the gate."""

    failing = False
    gate: asyncio.Event | None = None
    waiting = 0

    async def commit(self, batches: Sequence[Batch]) -> dict[str, Committed | CollabError]:
        if self.gate is not None:
            self.waiting += 1
            await self.gate.wait()
            self.waiting -= 1
        if self.failing:
            return {batch.document: StateError("store_failed", "disk full") for batch in batches}
        return await super().commit(batches)


async def logged(store: DocumentStore, document: str = "doc") -> int:
    """Return how many entries of the document are stored."""
    async with store.database.read() as connection:
        query = sql("SELECT count(*) FROM document_log WHERE document = :document")
        return int((await connection.execute(query, {"document": document})).scalar_one())


async def raise_epoch(store: DocumentStore, document: str = "doc") -> None:
    """Do to a document what an erasure or a restored backup does, and change nothing else."""
    async with store.database.write() as connection:
        query = sql("UPDATE document SET epoch = epoch + 1 WHERE id = :document")
        await connection.execute(query, {"document": document})


def closed(client: Client) -> Callable[[], bool]:
    return lambda: client.transport.closed is not None
