"""Documents over real services: workers on one PostgreSQL and one Redis, either of which may die."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from random import Random

import pytest

from collab.errors import StateError
from collab.limits import Limits
from collab.redis_bus import RedisBus
from collab.store import DocumentStore, migrate
from tests.collab.clients import Client
from tests.collab.school import Classroom, content
from tests.services import Postgres, RedisServer

pytestmark = pytest.mark.edge


@pytest.fixture
async def school(database_url: str, redis_server: RedisServer) -> AsyncIterator[Classroom]:
    """Two workers, each with connections of its own."""
    migrate(database_url)
    stores = [await DocumentStore.open(database_url) for _ in range(2)]
    buses = [RedisBus(redis_server.url) for _ in range(2)]
    for bus in buses:
        await bus.start()
    limits = Limits(idle_seconds=0.0, poll_seconds=0.3, compact_entries=30, compact_seconds=0.0)
    async with Classroom(stores[0], buses[0], limits=limits, others=[(stores[1], buses[1])]) as classroom:
        yield classroom
    for bus in buses:
        await bus.close()
    for store in stores:
        await store.close()


async def test_two_workers_share_documents_and_presence(school: Classroom) -> None:
    ada, ben = await school.join("ada", 0), await school.join("ben", 1)
    ada.replica.show({"cursor": 1})
    ben.replica.show({"cursor": 2})
    await school.until(lambda: len(ada.replica.here()) == len(ben.replica.here()) == 1)
    for number in range(20):
        (ada, ben)[number % 2].replica.text += f"{number} "
    await school.settle()
    assert len(str(ada.replica.text).split()) == 20


async def test_redis_may_die_while_people_write(school: Classroom, redis_server: RedisServer) -> None:
    random = Random(1)
    people = [await school.join(f"p{number}", number % 2) for number in range(4)]
    for number in range(60):
        if number == 20:
            redis_server.kill()
        if number == 40:
            redis_server.start()
        person = random.choice(people)
        person.replica.text.insert(random.randrange(len(person.replica.text) + 1), random.choice("abc"))
        person.exchange()
        await asyncio.sleep(0)
    await school.settle()
    assert len(str(people[0].replica.text)) == 60
    assert all(person.transport.closed is None for person in people), "nobody was thrown out"


async def test_many_documents_at_once_on_both_workers(school: Classroom) -> None:
    """Both workers commit batches of the same documents all the time: no deadlock, nothing lost."""
    names = [f"d{number}" for number in range(6)]
    for name in names:
        await school.hubs[0].create(name, "scratch")
    people = [await school.join(f"p{worker}", worker, document=name) for name in names for worker in range(2)]
    for number in range(15):
        for person in people:
            person.replica.map[f"{person.connection.editor.account}-{number}"] = number
            person.exchange()
        await asyncio.sleep(0)
    await school.until(lambda: all(person.replica.acked == person.replica.sent for person in people))
    for first, second in zip(people[::2], people[1::2], strict=True):
        await school.until(lambda: content(first.replica) == content(second.replica))  # noqa: B023
        assert len(first.replica.map) == 30


async def come_back(school: Classroom, client: Client) -> None:
    """Connect again as often as it takes, as clients do."""
    end = time.monotonic() + 30
    while True:
        try:
            await school.join(client.connection.editor.account, replica=client.replica)
            return
        except StateError:
            assert time.monotonic() < end, "never back"
            await asyncio.sleep(0.05)


async def test_a_database_that_comes_back_loses_nothing(
    postgres_url: str, _postgres_cluster: Postgres, redis_server: RedisServer
) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    migrate(url)
    store = await DocumentStore.open(url)
    bus = RedisBus(redis_server.url)
    await bus.start()
    async with Classroom(store, bus) as school:
        ada = await school.join("ada")
        ada.replica.text += "vorher "
        await school.settle()
        _postgres_cluster.kill()
        ada.replica.text += "während "
        await school.until(lambda: ada.transport.closed is not None)
        assert ada.transport.closed == (4509, "store_failed")
        assert ada.replica.acked == ada.replica.sent - 1, "nothing is acknowledged that is not stored"
        _postgres_cluster.start()
        school.clients.clear()
        await come_back(school, ada)
        ben = await school.join("ben")
        await school.settle()
        assert str(ben.replica.text) == "vorher während "
    await bus.close()
    await store.close()
