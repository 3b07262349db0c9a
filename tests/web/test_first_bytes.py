"""Pages, TLS and media on one port: each gets to where it belongs, on both kinds of loop."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from aiohttp import ClientSession, web

from sfu.ice import CREDENTIAL_ENTROPY, Credentials, credentials
from sfu.plane import Plane, take_stream
from tests.services import speaks_ipv6
from tests.sfu.plane_peer import Answer, binding_request
from web.first_bytes import FrontDoor
from web.machines import Credentials as Authority
from web.patience import build_runner

LONG = b"x" * 300_000
Runner = Callable[[Coroutine[Any, Any, None]], None]


class Port:
    """A port with pages and a plane behind it."""

    def __init__(self, plane: Plane, number: int, tls: Authority | None) -> None:
        self.plane = plane
        self.number = number
        self.tls = tls
        self.handed: list[int] = []

    def hand_over(self, place: int, descriptor: int, first: bytes) -> None:
        self.handed.append(place)
        take_stream(self.plane, descriptor, first)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.number)

    @property
    def client(self) -> ssl.SSLContext | None:
        return None if self.tls is None else self.tls.client


async def _echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


@asynccontextmanager
async def open_port(tls: Authority | None, family: int = socket.AF_INET) -> AsyncIterator[Port]:
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/", _echo)
    runner = build_runner(app)
    await runner.setup()
    assert runner.server is not None
    listener = socket.socket(family)
    listener.bind(("::" if family == socket.AF_INET6 else "127.0.0.1", 0))
    port = Port(Plane(["127.0.0.1"], 0, tcp=False), listener.getsockname()[1], tls)
    door = FrontDoor(runner.server, None if tls is None else tls.server, port.hand_over)
    server = await asyncio.get_running_loop().create_server(door, sock=listener)
    try:
        yield port
    finally:
        server.close()
        await runner.cleanup()
        port.plane.close()


def check_for(session: Credentials, transaction: bytes) -> bytes:
    message = binding_request(f"{session.ufrag}:them", session.password, [], transaction)
    return len(message).to_bytes(2, "big") + message


async def answered(reader: asyncio.StreamReader, session: Credentials) -> Answer:
    length = int.from_bytes(await reader.readexactly(2), "big")
    return Answer.parse(await reader.readexactly(length), session.password)


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Runner:
    runner: Runner = request.param
    return runner


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> Authority | None:
    return Authority(b"secret of a test", "worker-0-test") if request.param else None


def test_pages_and_media_share_a_port(run: Runner, tls: Authority | None) -> None:
    async def share() -> None:
        async with asyncio.timeout(60), open_port(tls) as port:
            scheme = "http" if tls is None else "https"
            async with ClientSession() as http:
                for body in (b"a", LONG):
                    url = f"{scheme}://127.0.0.1:{port.number}/"
                    async with http.post(url, data=body, ssl=port.client or True) as answer:
                        assert await answer.read() == body
            session, transaction = credentials(bytes(CREDENTIAL_ENTROPY), 70), os.urandom(12)
            port.plane.open_session(1, session.ufrag, session.password)
            reader, writer = await port.connect()
            check = check_for(session, transaction)
            for part in (check[:1], check[1:30], check[30:]):  # the pages' side puts it together
                writer.write(part)
                await writer.drain()
            answer_to = await answered(reader, session)
            assert answer_to.transaction == transaction
            assert answer_to.mapped == writer.get_extra_info("sockname")
            assert port.handed == [70]
            transaction = os.urandom(12)
            writer.write(check_for(session, transaction))  # from here on it is the plane's alone
            assert (await answered(reader, session)).transaction == transaction
            assert port.plane.counters()["tcp_connections"] == 1
            writer.close()

    run(share())


@pytest.mark.skipif(not speaks_ipv6(), reason="this machine has no IPv6")
def test_a_listener_for_both_families_tells_the_address_that_the_remote_knows(run: Runner) -> None:
    async def connect() -> None:
        async with asyncio.timeout(60), open_port(None, socket.AF_INET6) as port:
            session = credentials(bytes(CREDENTIAL_ENTROPY))
            port.plane.open_session(1, session.ufrag, session.password)
            reader, writer = await port.connect()
            writer.write(check_for(session, bytes(12)))
            assert (await answered(reader, session)).mapped == writer.get_extra_info("sockname")
            writer.close()

    run(connect())


@pytest.mark.parametrize("first", [b"\0\0", b"\0\x14" + bytes(20), b"\3\xff" + bytes(9000)])
def test_who_is_neither_is_cut(run: Runner, tls: Authority | None, first: bytes) -> None:
    async def intrude() -> None:
        async with asyncio.timeout(60), open_port(tls) as port:
            reader, writer = await port.connect()
            writer.write(first)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
                await reader.readexactly(1)
            writer.close()
            assert port.handed == []

    run(intrude())


def test_who_begins_and_does_not_go_on_is_cut(
    run: Runner, tls: Authority | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.first_bytes.PATIENCE", 0.1)

    async def dawdle() -> None:
        async with asyncio.timeout(60), open_port(tls) as port:
            reader, writer = await port.connect()
            writer.write(b"\0\x60\0\1")
            assert await reader.read() == b""
            writer.close()

    run(dawdle())


def test_who_says_nothing_and_leaves_is_forgotten(run: Runner, tls: Authority | None) -> None:
    async def leave() -> None:
        async with asyncio.timeout(60), open_port(tls) as port:
            for first in (b"", b"\0"):
                _, writer = await port.connect()
                writer.write(first)
                writer.close()
                await writer.wait_closed()

    run(leave())
