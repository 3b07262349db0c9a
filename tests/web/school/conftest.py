"""A store with two small schools, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.web.school.town import Clock, found_town
from web.school.store import SchoolStore, migrate


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database_url: str, clock: Clock) -> AsyncIterator[SchoolStore]:
    """An empty school database."""
    migrate(database_url)
    store = await SchoolStore.open(database_url, clock=clock)
    yield store
    await store.close()


@pytest.fixture
async def town(store: SchoolStore) -> SchoolStore:
    """The two schools of `town.py`."""
    await found_town(store)
    return store
