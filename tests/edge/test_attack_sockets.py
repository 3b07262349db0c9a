"""Hostile clients on both sockets: ghosts, floods, crowds of one person, readers that never read. Others work on."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator

import aiohttp
import pytest

from collab.lib0 import build_buffer, build_uint
from tests.server import KreideServer
from tests.wire import YClient

pytestmark = pytest.mark.edge
MEETING = "demo-lesson"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


async def connect(server: KreideServer, http: aiohttp.ClientSession, ticket: str) -> aiohttp.ClientWebSocketResponse:
    """Open a Socket.IO connection by hand; return it with the server's answer to the ticket still to be read."""
    ws = await http.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket", max_msg_size=0)
    assert (await ws.receive_str()).startswith("0")
    await ws.send_str("40" + json.dumps({"ticket": ticket}))
    return ws


async def connections(server: KreideServer, http: aiohttp.ClientSession, kind: str) -> int:
    async with http.get(f"{server.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return int(
        float(next(line for line in lines if line.startswith(f'kreide_connections{{kind="{kind}"}}')).split()[1])
    )


async def until(server: KreideServer, http: aiohttp.ClientSession, kind: str, wanted: int) -> None:
    """Return once the server holds so many connections; it may have hundreds to greet and to miss before."""
    async with asyncio.timeout(240):
        while await connections(server, http, kind) != wanted:  # noqa: ASYNC110  # it is asked over HTTP
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("last", ["x", "42[", '42/foo,["x"]', '421["room:sync",{},{}]', "41"])
async def test_who_says_nonsense_and_hangs_up_is_no_ghost(
    server: KreideServer, http: aiohttp.ClientSession, last: str
) -> None:
    ticket = server.ticket(meeting=MEETING, role="pupil", name="Eve")
    for _ in range(5):
        ws = await connect(server, http, ticket)
        assert (await ws.receive_str()).startswith("40")
        await ws.send_str(last)
        response = ws._response.connection
        assert response is not None
        assert response.transport is not None
        response.transport.abort()
    await until(server, http, "socket", 0)


async def test_hundreds_come_and_hang_up(server: KreideServer, http: aiohttp.ClientSession) -> None:
    ticket = server.ticket(meeting=MEETING, role="pupil", name="Eve")

    async def come_and_go() -> None:
        ws = await connect(server, http, ticket)
        response = ws._response.connection
        if response is not None and response.transport is not None:
            response.transport.abort()

    for _ in range(10):
        await asyncio.gather(*(come_and_go() for _ in range(50)))
    await until(server, http, "socket", 0)


async def test_one_account_has_a_hundred_connections_at_most(server: KreideServer, http: aiohttp.ClientSession) -> None:
    ticket = str(server.login("pupil2").post(f"/api/v1/meetings/{MEETING}/ticket", {})["ticket"])
    sockets = [await connect(server, http, ticket) for _ in range(105)]
    answers = [(await ws.receive_str()) for ws in sockets]
    assert sum(answer.startswith("40") for answer in answers) == 100
    assert all('"overloaded"' in answer for answer in answers if not answer.startswith("40"))
    other = await connect(server, http, server.ticket(meeting=MEETING, role="pupil", name="Calm"))
    assert (await other.receive_str()).startswith("40")
    await asyncio.gather(*(ws.close() for ws in [*sockets, other]))
    await until(server, http, "socket", 0)


def awareness(ids: range) -> bytes:
    """An awareness message that claims all these client ids."""
    entries = b"".join(build_uint(client) + build_uint(1) + build_buffer(b"{}") for client in ids)
    return b"\x01" + build_buffer(build_uint(len(ids)) + entries)


async def write_and_wait(writer: YClient, writes: int) -> None:
    """Write so often, each time waiting for the ack; the two minutes are an outer bound, not what is promised."""
    for _ in range(writes):
        key = await writer.write()
        async with asyncio.timeout(120):
            await writer.until_acked(key)


async def test_a_reader_who_claims_to_be_thousands_delays_nobody(
    server: KreideServer, http: aiohttp.ClientSession
) -> None:
    write = server.ticket(document="scratch-crowd", right="write", name="Calm")
    read = server.ticket(document="scratch-crowd", right="read", name="Eve")
    async with YClient(server.url, "scratch-crowd", write, "calm") as calm:
        await asyncio.wait_for(calm.until_synced(), 120)
        eve = await http.ws_connect(f"{server.url}/collab/scratch-crowd?ticket={read}", max_msg_size=0)

        async def flood() -> None:
            for n in range(600):
                await eve.send_bytes(awareness(range(n * 1000 + 1, n * 1000 + 1001)))

        flooding = asyncio.create_task(flood())
        await write_and_wait(calm, 30)
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)
        await eve.close()
        assert calm.close_code is None


def never_read(server: KreideServer, path: str, frame: bytes) -> socket.socket:
    """Upgrade, send one masked frame, and never read."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", server.port))
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    raw.sendall(head.encode() + struct.pack("!BB4x", 0x82, 0x80 | len(frame)) + frame)
    return raw


async def test_readers_that_never_read_delay_nobody_and_go(server: KreideServer, http: aiohttp.ClientSession) -> None:
    write = server.ticket(document="scratch-slow", right="write", name="Calm")
    read = server.ticket(document="scratch-slow", right="read", name="Eve")
    async with YClient(server.url, "scratch-slow", write, "calm") as calm:
        await asyncio.wait_for(calm.until_synced(), 120)
        calm.keys["large"] = "x" * 2_000_000
        await calm.disconnect()
        await calm.connect()  # brings the large value along in its step 2
        await asyncio.wait_for(calm.until_synced(), 120)
        await write_and_wait(calm, 1)
        path = f"/collab/scratch-slow?ticket={read}"
        sleepers = [never_read(server, path, b"\x00\x00\x01\x00") for _ in range(40)]
        await write_and_wait(calm, 20)
        async with asyncio.timeout(120), YClient(server.url, "scratch-slow", write, "late") as late:
            await late.until_synced()
            assert late.keys["large"] == calm.keys["large"]
        for sleeper in sleepers:
            sleeper.close()
        await write_and_wait(calm, 1)
    await until(server, http, "document", 0)
