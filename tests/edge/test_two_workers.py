"""People on different workers see each other's edits, chat and presence, also after Redis died and came back.

Which worker takes a connection is the kernel's choice, so the tests open connections until both hold some.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.server import KreideServer
from tests.services import RedisServer
from tests.wire import ChatClient, YClient

pytestmark = pytest.mark.edge
CROWD = 8


@pytest.fixture(params=["sqlite", "postgres"])
async def server(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer
) -> AsyncIterator[KreideServer]:
    flags = ["--database", request.getfixturevalue("postgres_url")] if request.param == "postgres" else []
    kreide = KreideServer(tmp_path / "data", "--workers", "2", "--redis", redis_server.url, *flags)
    kreide.start()
    yield kreide
    kreide.stop()


def sockets_of(pid: int) -> int:
    """How many sockets a worker holds."""
    return sum("socket:" in str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink())


async def crowd(server: KreideServer, stack: AsyncExitStack, document: str) -> list[YClient]:
    """Writers of one document, on both workers."""
    ticket = server.ticket(document=document, right="write", name="Crowd")
    idle = {pid: sockets_of(pid) for pid in server.workers()}
    clients: list[YClient] = []
    while len(clients) < CROWD or any(sockets_of(pid) <= idle[pid] for pid in idle):
        assert len(clients) < 64, "one worker takes no connections"
        client = await stack.enter_async_context(YClient(server.url, document, ticket, f"c{len(clients)}"))
        await asyncio.wait_for(client.until_synced(), 30)
        clients.append(client)
    return clients


async def test_edits_reach_everybody(server: KreideServer) -> None:
    async with AsyncExitStack() as stack:
        clients = await crowd(server, stack, "scratch-two")
        written = {await client.write() for client in clients for _ in range(20)}
        async with asyncio.timeout(30):
            for client in clients:
                await client.until(written)


async def test_redis_may_die_and_come_back(server: KreideServer, redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        clients = await crowd(server, stack, "scratch-away")
        redis_server.kill()
        written = {await client.write() for client in clients for _ in range(5)}
        async with asyncio.timeout(30):  # heads are polled in the database, Redis only hastens
            for client in clients:
                await client.until(written)
        redis_server.start()
        written |= {await client.write() for client in clients}
        async with asyncio.timeout(30):
            for client in clients:
                await client.until(written)


async def test_chat_reaches_everybody_in_one_order(server: KreideServer) -> None:
    tickets = [server.ticket(meeting="demo-lesson", role="pupil", name=f"P{n}") for n in range(CROWD)]
    clients = [ChatClient(server.url, ticket, f"p{n}") for n, ticket in enumerate(tickets)]
    for client in clients:
        await client.connect()
    try:
        await asyncio.gather(*(client.send("demo-class") for client in clients for _ in range(5)))
        sent = {seq: text for client in clients for seq, text in client.acked.items()}
        assert len(sent) == 5 * CROWD
        async with asyncio.timeout(30):
            for client in clients:
                await client.until(set(sent))
        for client in clients:
            assert client.seen == sent
            assert client.order == sorted(client.order)
    finally:
        for client in clients:
            await client.disconnect()
