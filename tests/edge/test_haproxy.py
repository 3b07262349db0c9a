"""HAProxy with the configuration that Kreide ships: pages and sockets over TLS, and what is no TLS as it is."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.server import KreideServer
from tests.services import HAPROXY, free_port, haproxy

pytestmark = pytest.mark.edge


@pytest.fixture
def door(tmp_path: Path) -> Iterator[tuple[int, KreideServer]]:
    """The port of the proxy, and the server behind it."""
    if HAPROXY is None:
        pytest.skip("haproxy is missing")
    port = free_port()
    server = KreideServer(tmp_path / "data", "--public-port", str(port), "--trusted-proxy", "127.0.0.1")
    server.start()
    try:
        with haproxy(tmp_path, "127.0.0.1", port, server.port):
            yield port, server
    finally:
        server.stop()


async def test_pages_sockets_and_media_through_one_port(door: tuple[int, KreideServer]) -> None:
    port, server = door
    ticket = server.ticket(document="scratch-proxy", right="write", name="ada")
    connector = aiohttp.TCPConnector(ssl=False)
    async with aiohttp.ClientSession(f"https://127.0.0.1:{port}", connector=connector) as session:
        async with session.post("/api/v1/login", json={"account": "teacher", "password": "kreide"}) as answer:
            assert answer.status == 200
        async with session.ws_connect("/collab/scratch-proxy", params={"ticket": ticket}) as socket_:
            assert (await socket_.receive(30)).type is aiohttp.WSMsgType.BINARY
    # A STUN request for nobody: the server cuts it without a word, where HTTP or TLS would have answered.
    stun = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)
    assert say(port, len(stun).to_bytes(2, "big") + stun) == b""
    assert say(port, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1."), "what is no TLS goes to the server as it is"


def say(port: int, data: bytes) -> bytes:
    """What comes back before the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
        sock.sendall(data)
        found = b""
        try:
            while piece := sock.recv(65536):
                found += piece
        except ConnectionResetError:
            pass
        return found
