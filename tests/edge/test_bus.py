"""Both buses do the same; the one over Redis survives that Redis dies and knows when it is deaf."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis

from collab.bus import Bus, MemoryBus, Term
from collab.errors import StateError
from collab.redis_bus import RedisBus
from collab.redis_lines import ServerLine
from tests.services import RedisServer

pytestmark = pytest.mark.edge

TTL, LONG = 0.5, 60.0


async def until(reached: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "never reached"
        await asyncio.sleep(0.005)


@pytest.fixture(params=["memory", "redis_server", "redis_cluster", "valkey_server", "valkey_cluster"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    """Any bus, started."""
    bus: Bus = MemoryBus() if request.param == "memory" else RedisBus(request.getfixturevalue(request.param).url)
    await bus.start()
    yield bus
    await bus.close()


@pytest.fixture(params=["redis_server", "valkey_server"])
def server(request: pytest.FixtureRequest) -> RedisServer:
    """Either, where it is installed."""
    server: RedisServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
async def pair(server: RedisServer) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    """Two workers on one Redis."""
    first, second = RedisBus(server.url), RedisBus(server.url)
    await first.start()
    await second.start()
    yield first, second
    await first.close()
    await second.close()


async def test_messages_arrive_in_order_at_who_listens(bus: Bus) -> None:
    heard: list[bytes] = []
    other: list[bytes] = []
    subscription = await bus.subscribe("a", heard.append)
    await bus.subscribe("b", other.append)
    for number in range(100):
        await bus.publish("a", b"%d" % number)
    await until(lambda: len(heard) == 100)
    assert heard == [b"%d" % number for number in range(100)] and other == []
    subscription.close()
    await bus.publish("a", b"late")
    await bus.publish("b", b"last")
    await until(lambda: other == [b"last"])
    assert len(heard) == 100


async def test_one_failing_listener_does_not_silence_the_others(bus: Bus) -> None:
    heard: list[bytes] = []

    def fail(_: bytes) -> None:
        raise ValueError("broken")

    await bus.subscribe("a", fail)
    await bus.subscribe("a", heard.append)
    await bus.publish("a", b"x")
    await until(lambda: heard == [b"x"])


async def test_a_lease_has_one_holder_and_rising_epochs(bus: Bus) -> None:
    first = await bus.acquire("room", "w1", 10.0)
    assert first is not None and (first.name, first.holder) == ("room", "w1")
    assert await bus.acquire("room", "w2", 10.0) is None
    assert await bus.holder("room") == "w1" and await bus.holder("other") is None
    assert await first.renew()
    await first.release()
    assert await bus.holder("room") is None
    second = await bus.acquire("room", "w2", 10.0)
    assert second is not None and second.epoch > first.epoch
    assert not await first.renew()
    await first.release()
    assert await bus.holder("room") == "w2", "releasing an old lease takes nothing from the new holder"


async def test_a_lease_is_handed_on_in_one_step(bus: Bus) -> None:
    first = await bus.acquire("room", "w1", 10.0)
    assert first is not None
    given = Term("room", "w1", first.epoch)
    second = await bus.take_over(given, "w2", 10.0)
    assert second is not None and second.epoch > first.epoch and await bus.holder("room") == "w2"
    assert not await first.renew() and await second.renew()
    assert await bus.take_over(given, "w3", 10.0) is None, "what was given once is not given again"
    await first.release()
    await second.release()
    assert await bus.take_over(Term("room", "w2", second.epoch), "w3", 10.0) is None, "nobody's is nobody's to give"


async def test_a_lease_that_is_not_renewed_runs_out(bus: Bus) -> None:
    assert await bus.acquire("room", "w1", 0.05) is not None
    end = time.monotonic() + 30
    while (second := await bus.acquire("room", "w2", 10.0)) is None:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
    assert second.holder == "w2"


async def test_workers_hear_each_other(pair: tuple[RedisBus, RedisBus]) -> None:
    heard: list[bytes] = []
    await pair[1].subscribe("a", heard.append)
    await pair[0].publish("a", bytes(range(256)))
    await until(lambda: heard == [bytes(range(256))])


async def test_after_redis_died_everything_works_again(pair: tuple[RedisBus, RedisBus], server: RedisServer) -> None:
    first, second = pair
    heard: list[bytes] = []
    health: list[bool] = []
    await second.subscribe("a", heard.append)
    second.on_health.append(health.append)
    kept = await first.acquire("room", "w1", LONG)
    assert kept is not None
    server.kill()
    await until(lambda: not first.healthy and not second.healthy)
    await first.publish("a", b"lost")
    assert await first.acquire("other", "w1", TTL) is None
    with pytest.raises(StateError):
        await kept.renew()
    with pytest.raises(StateError):
        await first.holder("room")
    await kept.release()
    server.start()
    await until(lambda: first.healthy and second.healthy)
    assert await second.acquire("room", "w2", LONG) is None, "for one TTL after its return nobody acquires"
    assert await kept.renew(), "so that the holder can write its lease down again"
    assert await second.holder("room") == "w1"
    await first.publish("a", b"back")
    await until(lambda: heard == [b"back"])
    assert health[:2] == [False, True]
    later = await acquire_at_last(second, "room2")
    assert later > kept.epoch, "epochs rise although Redis lost its memory"


async def acquire_at_last(bus: RedisBus, name: str) -> int:
    end = time.monotonic() + 30
    while (lease := await bus.acquire(name, "w2", TTL)) is None:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    return lease.epoch


@pytest.mark.parametrize("server", ["redis_server"], indirect=True)
async def test_a_deaf_ear_is_noticed_and_replaced(pair: tuple[RedisBus, RedisBus]) -> None:
    """The connection lives, but the server has forgotten its subscriptions: only our own voice tells."""
    heard: list[bytes] = []
    health: list[bool] = []
    await pair[1].subscribe("a", heard.append)
    pair[1].on_health.append(health.append)
    line = pair[1]._line
    assert isinstance(line, ServerLine)
    assert line._ear is not None
    line._ear.say(b"UNSUBSCRIBE")  # behind the bus's back
    await until(lambda: health[:2] == [False, True])
    await pair[0].publish("a", b"x")
    await until(lambda: heard == [b"x"])


async def test_a_killed_connection_is_made_anew(pair: tuple[RedisBus, RedisBus], server: RedisServer) -> None:
    heard: list[bytes] = []
    health: list[bool] = []
    await pair[1].subscribe("a", heard.append)
    pair[1].on_health.append(health.append)
    client: Any = redis.Redis.from_url(server.url)
    client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    client.close()
    await until(lambda: health[:2] == [False, True] and pair[0].healthy)
    await pair[0].publish("a", b"x")
    await until(lambda: heard == [b"x"])


async def test_a_worker_may_start_before_redis(redis_server: RedisServer) -> None:
    redis_server.kill()
    bus = RedisBus(redis_server.url)
    await bus.start()
    heard: list[bytes] = []
    await bus.subscribe("a", heard.append)
    assert not bus.healthy and await bus.acquire("room", "w", TTL) is None
    redis_server.start()
    await until(lambda: bus.healthy)
    await bus.publish("a", b"x")
    await until(lambda: heard == [b"x"])
    await bus.close()
