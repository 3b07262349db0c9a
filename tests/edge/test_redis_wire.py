"""A connection that redis-py opened and that we then read and write ourselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError

from collab.redis_wire import Wire
from tests.services import RedisServer

pytestmark = pytest.mark.edge
LONG = 30.0


@pytest.fixture
def client(redis_server: RedisServer) -> Redis:
    return Redis.from_url(redis_server.url, protocol=2)


async def test_replies_come_in_the_order_of_the_commands(client: Redis) -> None:
    replies: asyncio.Queue[Any] = asyncio.Queue()
    wire = await Wire.open(client, replies.put_nowait)
    large = bytes(range(256)) * 4_000
    for number in range(200):
        wire.say(b"ECHO", b"%d" % number)
    wire.say(b"ECHO", large)
    async with asyncio.timeout(LONG):
        assert [await replies.get() for _ in range(200)] == [b"%d" % number for number in range(200)]
        assert await replies.get() == large
    assert (wire.said, wire.answered, wire.waiting) == (201, 201, 0)
    await wire.check(0.0)
    await wire.close()


async def test_an_error_ends_it(client: Redis) -> None:
    replies: list[Any] = []
    wire = await Wire.open(client, replies.append)
    wire.say(b"PUBLISH")
    with pytest.raises(ResponseError, match="wrong number of arguments"):
        await wire.check(LONG)
    wire.say(b"PING")
    assert wire.said == 1 and replies == []
    await wire.close()


async def test_a_connection_that_is_gone_says_so(client: Redis, redis_server: RedisServer) -> None:
    wire = await Wire.open(client, lambda _: None)
    redis_server.kill()
    with pytest.raises((ConnectionLost, OSError)):
        await wire.check(LONG)
    await wire.close()
    redis_server.start()
