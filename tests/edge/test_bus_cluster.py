"""The bus over a cluster: every shard is heard, a node may die, slots may move."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from collab.redis_bus import RedisBus
from tests.services import RedisCluster, free_port
from web.config import Config, ConfigError
from web.stores import prepare_stores

pytestmark = pytest.mark.edge
TOPICS = [f"document:{number}" for number in range(40)]


async def until(reached: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "never reached"
        await asyncio.sleep(0.01)


@pytest.fixture(params=["redis_cluster", "valkey_cluster"])
def cluster(request: pytest.FixtureRequest) -> RedisCluster:
    """Either, where it is installed."""
    cluster: RedisCluster = request.getfixturevalue(request.param)
    return cluster


@pytest.fixture
async def pair(cluster: RedisCluster) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    first, second = RedisBus(cluster.url), RedisBus(cluster.url)
    await first.start()
    await second.start()
    yield first, second
    await first.close()
    await second.close()


async def test_topics_of_all_nodes_arrive_in_order(pair: tuple[RedisBus, RedisBus]) -> None:
    heard: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
    for topic in TOPICS:
        await pair[1].subscribe(topic, heard[topic].append)
    for number in range(20):
        for topic in TOPICS:
            pair[0].tell(topic, b"%d" % number)
    await until(lambda: all(len(messages) == 20 for messages in heard.values()))
    assert all(messages == [b"%d" % number for number in range(20)] for messages in heard.values())


async def test_a_node_may_die_and_come_back(pair: tuple[RedisBus, RedisBus], cluster: RedisCluster) -> None:
    heard: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
    for topic in TOPICS:
        await pair[1].subscribe(topic, heard[topic].append)
    cluster.kill_node(cluster.ports[1])
    await until(lambda: not pair[0].healthy and not pair[1].healthy)
    cluster.start_node(cluster.ports[1])
    cluster.wait()
    await until(lambda: pair[0].healthy and pair[1].healthy)
    for topic in TOPICS:
        pair[0].tell(topic, b"back")
    await until(lambda: all(messages == [b"back"] for messages in heard.values()))


async def test_slots_may_move_while_people_talk(pair: tuple[RedisBus, RedisBus], cluster: RedisCluster) -> None:
    heard: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
    for topic in TOPICS:
        await pair[1].subscribe(topic, heard[topic].append)
    source, target = (cluster.cli("-p", str(port), "cluster", "myid").strip() for port in cluster.ports[:2])
    # the lowest are moved first: those of two shards (299 and 431) are among them
    arguments = ("--cluster-from", source, "--cluster-to", target, "--cluster-slots", "500", "--cluster-yes")
    where = f"127.0.0.1:{cluster.ports[0]}"
    await asyncio.to_thread(cluster.cli, "--cluster", "reshard", where, *arguments)
    end = time.monotonic() + 30
    for number in range(1_000):
        assert time.monotonic() < end, {topic: len(messages) for topic, messages in heard.items()}
        for topic in TOPICS:
            pair[0].tell(topic, b"%d" % number)
        await asyncio.sleep(0.1)
        if pair[1].healthy and all(b"%d" % number in messages for messages in heard.values()):
            break
    while await pair[0].acquire("room", "w1", 0.5) is None:  # nobody acquires for one TTL after a silence
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    assert await pair[1].holder("room") == "w1"


async def test_the_server_starts_with_a_cluster(cluster: RedisCluster, tmp_path: Path) -> None:
    await prepare_stores(Config(redis=cluster.url, data=tmp_path))
    with pytest.raises(ConfigError, match="cannot be reached"):
        await prepare_stores(Config(redis=f"redis+cluster://127.0.0.1:{free_port()}", data=tmp_path))
