"""A store on each database and hubs on it, for every test of the document plane."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collab.bus import MemoryBus
from collab.heavy import HeavyPool
from collab.store import DocumentStore, migrate
from tests.collab.desk import Desk
from tests.collab.school import Classroom


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[DocumentStore]:
    """An open store on SQLite."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'collab.db'}"
    migrate(url)
    store = await DocumentStore.open(url)
    yield store
    await store.close()


@pytest.fixture
async def any_store(database_url: str) -> AsyncIterator[DocumentStore]:
    """An open store, once on SQLite and once on PostgreSQL."""
    migrate(database_url)
    store = await DocumentStore.open(database_url)
    yield store
    await store.close()


@pytest.fixture
async def room(store: DocumentStore) -> AsyncIterator[Classroom]:
    """One worker with SQLite and a memory bus."""
    async with Classroom(store, MemoryBus()) as classroom:
        yield classroom


@pytest.fixture
async def pool() -> AsyncIterator[HeavyPool]:
    """Processes for heavy work; they start with the first job."""
    pool = HeavyPool()
    yield pool
    await pool.close()


@pytest.fixture
async def desk(any_store: DocumentStore, pool: HeavyPool) -> AsyncIterator[Desk]:
    """A table and its history, once on SQLite and once on PostgreSQL."""
    async with Classroom(any_store, MemoryBus()) as room:
        await room.hubs[0].create("table", "table")
        yield Desk(room, pool)
