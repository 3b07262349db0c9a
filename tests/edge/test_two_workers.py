"""People on different workers see each other's edits, chat and presence, also after Redis died and came back.

Which worker takes a connection is the kernel's choice, so the tests open connections until both hold some. In every
process of these servers Python's pickle only notes who called it, and fails (`unpickled.py`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import pickle
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar
from uuid import uuid4

import pytest

from tests.edge.unpickled import Bomb, Trap, everything_on, is_plain
from tests.edge.watchers import InChannel, InDocument, left
from tests.guard import Guard
from tests.server import KreideServer, sockets_of
from tests.services import REDIS, VALKEY, Postgres, RedisServer
from tests.web.house import PATIENCE, eventually
from tests.wire import ChatClient, YClient

pytestmark = pytest.mark.edge
CROWD = 8
BEATS = 10  # four or five, and as many for a test that reads them late
Watcher = TypeVar("Watcher", InDocument, InChannel)


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Trap:
    return Trap(tmp_path_factory.mktemp("trap"))


@pytest.fixture(scope="module", params=["sqlite", "postgres", "guarded", "guarded valkey"])
def kind(request: pytest.FixtureRequest) -> str:
    """What the workers share: a store and a Redis; or a Redis with the account of the instructions, over TLS."""
    kind: str = request.param
    if kind == "guarded valkey" and VALKEY is None:
        pytest.skip("valkey-server is missing")
    return kind


@pytest.fixture(scope="module")
def redis(kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if "guarded" not in kind:
        yield request.getfixturevalue("_redis_process")
        return
    server = RedisServer("valkey" if "valkey" in kind else REDIS, Guard(tmp_path_factory.mktemp("guard")))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, kind: str, redis: RedisServer, trap: Trap
) -> Iterator[KreideServer]:
    """Two workers for all tests of a kind."""
    flags = ["--workers", "2", "--redis", redis.url]
    if kind == "postgres":
        postgres: Postgres = request.getfixturevalue("_postgres_cluster")
        flags += ["--database", postgres.url(postgres.create_database())]
    kreide = KreideServer(tmp_path_factory.mktemp("server") / "data", *flags)
    with trap.armed():
        kreide.start()
    yield kreide
    kreide.stop()


async def crowd(server: KreideServer, stack: AsyncExitStack, document: str) -> list[YClient]:
    """Writers of one document, on both workers."""
    ticket = server.ticket(document=document, right="write", name="Crowd")
    idle = {pid: sockets_of(pid) for pid in server.workers()}
    clients: list[YClient] = []
    while len(clients) < CROWD or any(sockets_of(pid) <= idle[pid] for pid in idle):
        assert len(clients) < 64, "one worker takes no connections"
        client = await stack.enter_async_context(YClient(server.url, document, ticket, f"c{len(clients)}"))
        await asyncio.wait_for(client.until_synced(), 120)
        clients.append(client)
    return clients


async def test_edits_reach_everybody(server: KreideServer) -> None:
    async with AsyncExitStack() as stack:
        clients = await crowd(server, stack, "scratch-two")
        written = {await client.write() for client in clients for _ in range(20)}
        async with asyncio.timeout(120):
            for client in clients:
                await client.until(written)


async def test_redis_may_die_and_come_back(
    server: KreideServer, redis: RedisServer, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(redis.start)
    async with AsyncExitStack() as stack:
        clients = await crowd(server, stack, "scratch-away")
        redis.kill()
        written = {await client.write() for client in clients for _ in range(5)}
        async with asyncio.timeout(120):  # heads are polled in the database, Redis only hastens
            for client in clients:
                await client.until(written)
        redis.start()
        written |= {await client.write() for client in clients}
        async with asyncio.timeout(120):
            for client in clients:
                await client.until(written)


@asynccontextmanager
async def class_of(server: KreideServer) -> AsyncIterator[list[ChatClient]]:
    """Pupils in the channel of one class, on both workers."""
    tickets = [server.ticket(meeting="demo-lesson", role="pupil", name=f"P{n}") for n in range(CROWD)]
    clients = [ChatClient(server.url, ticket, f"{uuid4().hex[:8]}") for ticket in tickets]
    for client in clients:
        await client.connect()
    yield clients
    for client in clients:
        await client.disconnect()


async def test_chat_reaches_everybody_in_one_order(server: KreideServer) -> None:
    async with class_of(server) as clients:
        await asyncio.gather(*(client.send("demo-class") for client in clients for _ in range(5)))
        sent = {seq: text for client in clients for seq, text in client.acked.items()}
        assert len(sent) == 5 * CROWD
        async with asyncio.timeout(120):
            for client in clients:
                await client.until(set(sent))
        for client in clients:
            assert client.seen == sent
            assert client.order == sorted(client.order)


def test_a_pickle_is_not_plain() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for thing in ("x", 1, None, [1, "a"], {"a": b"b"}, Bomb("x")):
            assert not is_plain(pickle.dumps(thing, protocol)), (protocol, thing)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"], scope="module")
async def test_nothing_is_pickled_and_no_pickle_is_read(server: KreideServer, redis: RedisServer, trap: Trap) -> None:
    async with AsyncExitStack() as stack:
        clients, pupils = await crowd(server, stack, "scratch-jar"), await stack.enter_async_context(class_of(server))
        heard = await stack.enter_async_context(everything_on(redis.url))

        async def talk() -> None:
            numbers = {number for pupil in pupils if (number := await pupil.send("demo-class")) is not None}
            written = {await client.write() for client in clients}
            assert len(numbers) == CROWD
            async with asyncio.timeout(120):
                for pupil in pupils:
                    await pupil.until(numbers)
                for client in clients:
                    await client.until(written)

        async def type_until_heard() -> None:
            """A worker tells others who types once it has heard who is there."""
            async with asyncio.timeout(PATIENCE):
                for turn in itertools.count():
                    for pupil in pupils:
                        await pupil.io.call("chat:typing", {"channel": "demo-class", "typing": turn % 2 == 0})
                    if "typing" in heard:
                        return

        await talk()
        await type_until_heard()
        topics = {"doc:scratch-jar", "chat:demo-class", "presence", "typing", "documents"}
        await eventually(lambda: topics <= heard.keys())
        for topic, payloads in heard.items():
            assert all(is_plain(payload) for payload in payloads), topic
        await trap.throw(redis.url, heard)
        await talk()
    assert set(server.workers()) <= trap.processes()
    assert trap.caught() == ""


@pytest.mark.parametrize("kind", ["guarded", "guarded valkey"], indirect=True, scope="module")
async def test_with_an_account_of_our_own_workers_hear_each_other(server: KreideServer, redis: RedisServer) -> None:
    """Edits and messages find their way through the store, too; cursors and who is there only through Redis."""
    async with AsyncExitStack() as stack:
        viewers = await on_both(server, stack, InDocument)
        pupils = await on_both(server, stack, InChannel)
        await eventually(lambda: all(one.sees() == left(viewers) for one in viewers))
        await eventually(lambda: all(one.sees() >= left(pupils) for one in pupils))
    assert redis.refused() == ""


@pytest.mark.parametrize("kind", ["sqlite"], scope="module")
async def test_who_was_on_a_killed_worker_is_shown_nowhere(server: KreideServer, redis: RedisServer) -> None:
    """Seconds (5 are promised: `test_colleagues`, `test_presence`) are printed here. What is asserted is how often the
    worker that lives has beaten meanwhile, once a second by its own clock.
    """
    async with AsyncExitStack() as stack:
        viewers = await on_both(server, stack, InDocument)
        pupils = await on_both(server, stack, InChannel)
        everybody = left(pupils)
        await eventually(lambda: all(one.sees() == left(viewers) for one in viewers))
        await eventually(lambda: all(one.sees() >= everybody for one in pupils))
        beats = (await stack.enter_async_context(everything_on(redis.url))).setdefault("documents", [])
        await eventually(lambda: len(set(beats)) == 2)
        both = set(beats)

        os.kill(server.workers()[0], signal.SIGKILL)
        since = time.monotonic()
        await eventually(lambda: any(one.gone for one in viewers) and any(one.gone for one in pupils))
        await eventually(lambda: all(one.gone or one.sees() == left(viewers) for one in viewers))
        print(f"out of the document after {time.monotonic() - since:.2f} s, {beats_alone(beats, both)} beats")
        assert beats_alone(beats, both) <= BEATS
        await eventually(lambda: all(one.gone or one.sees() & everybody == left(pupils) for one in pupils))
        print(f"out of the channel after {time.monotonic() - since:.2f} s, {beats_alone(beats, both)} beats")
        assert beats_alone(beats, both) <= BEATS
        assert left(viewers) and left(pupils), "each worker had some"


def beats_alone(beats: list[bytes], both: set[bytes]) -> int:
    """How often one of two was heard since the other was for the last time."""
    dead, lives = sorted(both, key=lambda worker: max(at for at, beat in enumerate(beats) if beat == worker))
    last = max(at for at, beat in enumerate(beats) if beat == dead)
    return beats[last:].count(lives)


async def on_both(server: KreideServer, stack: AsyncExitStack, kind: type[Watcher]) -> list[Watcher]:
    """Let people come until each worker has some."""
    idle = {pid: sockets_of(pid) for pid in server.workers()}
    people: list[Watcher] = []
    while len(people) < 6 or any(sockets_of(pid) <= idle[pid] for pid in idle):
        assert len(people) < 48, "one worker takes no connections"
        people.append(kind())
        await people[-1].come(stack, server, len(people))
    return people
