"""The services that the tests stand on are real, and come back after being killed."""

import asyncpg
import pytest
from redis import asyncio as redis

from tests.services import RedisServer


@pytest.mark.edge
async def test_redis_comes_back_after_a_kill(redis_server: RedisServer) -> None:
    redis_server.kill()
    redis_server.start()
    client = redis.from_url(redis_server.url)
    assert await client.ping()
    await client.aclose()


@pytest.mark.edge
async def test_postgres_commits_to_disk(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SHOW fsync") == "on"
    assert await connection.fetchval("SHOW synchronous_commit") == "on"
    await connection.close()
