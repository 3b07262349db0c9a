"""A Redis that asks who comes: TLS only, and the account of the instructions, which may do no more than it needs.

The lines are read from OPERATING.md; a Redis counts what was done and notes what was refused. A server of two workers
has the same before it in `test_two_workers`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from collab.redis_bus import RedisBus
from tests.guard import Guard
from tests.services import REDIS, VALKEY, RedisCluster, RedisServer
from tests.web.house import eventually
from web.config import Config, ConfigError
from web.stores import prepare_stores

pytestmark = pytest.mark.edge
KINDS = [(REDIS, "server"), (REDIS, "cluster"), ("valkey", "server"), ("valkey", "cluster")]
TOPICS = [f"document:{number}" for number in range(40)]  # of every node


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer | RedisCluster]:
    """One that listens with TLS alone and knows the documented account."""
    program, kind = request.param
    if program == "valkey" and VALKEY is None:
        pytest.skip("valkey-server is missing")
    folder = tmp_path_factory.mktemp("redis")
    if kind == "server":
        server = RedisServer(program, Guard(folder))
        server.start()
        yield server
        server.kill()
    else:
        cluster = RedisCluster(folder, program, Guard(folder, cluster=True))
        cluster.start()
        yield cluster
        cluster.stop()


@pytest.fixture
async def bus(guarded: RedisServer | RedisCluster) -> AsyncIterator[RedisBus]:
    bus = RedisBus(guarded.url)
    await bus.start()
    yield bus
    await bus.close()


async def test_the_start_finds_it_or_says_why_not(guarded: RedisServer | RedisCluster, tmp_path: Path) -> None:
    await prepare_stores(Config(redis=guarded.url, data=tmp_path))
    wrong = [guarded.url.replace("geheim", "falsch"), guarded.url.replace("rediss", "redis").partition("?")[0]]
    for url in wrong:
        with pytest.raises(ConfigError, match="cannot be reached") as refused:
            await prepare_stores(Config(redis=url, data=tmp_path))
        assert "geheim" not in str(refused.value) and "falsch" not in str(refused.value)
    with pytest.raises(ConfigError):  # a certificate that nobody vouches for
        await prepare_stores(Config(redis=guarded.url.partition("?")[0], data=tmp_path))


async def test_the_account_may_do_what_the_bus_needs_and_nothing_else(
    guarded: RedisServer | RedisCluster, bus: RedisBus
) -> None:
    assert guarded.guard is not None
    forget_refusals(guarded)
    heard: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
    listeners = [await bus.subscribe(topic, heard[topic].append) for topic in TOPICS]
    assert bus.healthy
    for topic in TOPICS:
        await bus.publish(topic, b"x")
    await eventually(lambda: all(messages == [b"x"] for messages in heard.values()))
    for listener in listeners:
        listener.close()
    lease = await bus.acquire("room", "w1", 60.0)
    assert lease is not None and await bus.holder("room") == "w1"
    assert await lease.renew()
    await lease.release()
    assert await bus.holder("room") is None
    if isinstance(guarded, RedisCluster):
        await ask_while_a_slot_moves(guarded, bus)
    await eventually(lambda: guarded.guard is not None and guarded.guard.granted() <= guarded.used())
    assert guarded.refused() == ""


def forget_refusals(redis: RedisServer | RedisCluster) -> None:
    """The test before came with wrong passwords."""
    if isinstance(redis, RedisServer):
        redis.cli("acl", "log", "reset")
    else:
        for port in redis.ports:
            redis.cli("-p", str(port), "acl", "log", "reset")


async def ask_while_a_slot_moves(cluster: RedisCluster, bus: RedisBus) -> None:
    """A key that is not there (any more) is asked for where its slot goes to."""

    def cli(port: int, *arguments: str) -> str:
        return cluster.cli("-p", str(port), "cluster", *arguments).strip()

    slot = cli(cluster.ports[0], "keyslot", bus._key("room"))
    ids = {port: cli(port, "myid") for port in cluster.ports}
    nodes = {line.split()[0]: line for line in cli(cluster.ports[0], "nodes").splitlines()}
    ranges = {port: nodes[ids[port]].split()[8].split("-") for port in cluster.ports}
    [source] = [port for port, (first, last) in ranges.items() if int(first) <= int(slot) <= int(last)]
    target = next(port for port in cluster.ports if port != source)
    cli(target, "setslot", slot, "importing", ids[source])
    cli(source, "setslot", slot, "migrating", ids[target])
    assert await bus.holder("room") is None
    for port in (target, source):
        cli(port, "setslot", slot, "stable")
