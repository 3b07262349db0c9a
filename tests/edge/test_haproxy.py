"""HAProxy with the configuration that Kreide ships: pages and sockets over TLS, and what is no TLS as it is."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.server import ROOT, KreideServer
from tests.services import free_port, wait_for_port

pytestmark = pytest.mark.edge
HAPROXY = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")  # make test-services installs it


@pytest.fixture
def door(tmp_path: Path) -> Iterator[tuple[int, KreideServer]]:
    """The port of the proxy, and the server behind it."""
    if HAPROXY is None:
        pytest.skip("haproxy is missing")
    port, both = free_port(), tmp_path / "proxy.pem"
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=kreide.test -keyout {both} -out {both}.crt"
    subprocess.run(make.split(), check=True, stderr=subprocess.DEVNULL)
    with both.open("ab") as file:
        file.write(Path(f"{both}.crt").read_bytes())
    server = KreideServer(tmp_path / "data", "--public-port", str(port), "--trusted-proxy", "127.0.0.1")
    text = (ROOT / "web" / "haproxy.cfg").read_text().replace("kreide-pages", f"kreide-{port}")
    for name, value in (("<address of this proxy>:443", f"127.0.0.1:{port}"),
                        ("<address of Kreide>", f"127.0.0.1:{server.port}"),
                        ("<certificate and key in one file>", str(both))):  # fmt: skip
        text = text.replace(name, value)
    config = tmp_path / "haproxy.cfg"
    config.write_text(text)
    server.start()
    proxy = subprocess.Popen([HAPROXY, "-db", "-f", str(config)], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, proxy)
        yield port, server
    finally:
        proxy.kill()
        proxy.wait()
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
