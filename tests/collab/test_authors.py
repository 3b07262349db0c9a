"""Who wrote each letter of a stored document, looked up by many at once."""

from __future__ import annotations

import asyncio

import pytest

from collab.authors import Authors
from collab.errors import AccessDenied
from collab.heavy import HeavyPool
from collab.store import Batch, DocumentStore, NewEntry
from tests.collab.test_authorship import entries_of


async def test_who_looks_at_the_same_time_joins(any_store: DocumentStore) -> None:
    store, pool = any_store, HeavyPool(processes=1, waiting=0)
    authors = Authors(store.database, pool)
    for number, document in enumerate(("one", "other"), 1):
        await store.create(document, "scratch", None, None)
        entries = tuple(NewEntry("ada", "w/1", update) for update in entries_of(number, ["eins", "zwei"]))
        await store.commit([Batch(document, entries, {number: "ada"})])
    try:
        first, *others = await asyncio.gather(*(authors.look("one") for _ in range(10)))
        assert first.head == 2 and first.writers[1].account == "ada" and [run.client for run in first.runs] == [1]
        assert others == [first] * 9
        gone, stays = asyncio.create_task(authors.look("other")), asyncio.create_task(authors.look("other"))
        await asyncio.sleep(0)
        gone.cancel()
        assert (await stays).head == 2, "who gives up takes nobody along"
        with pytest.raises(AccessDenied):
            await authors.look("none")
    finally:
        await pool.close()
