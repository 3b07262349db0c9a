"""A stranger writes bytes to the HTTP port: each gets a 4xx, nothing of ours, and no trace in the log."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import pytest

from tests.server import KreideServer

pytestmark = pytest.mark.edge


def ask(server: KreideServer, line: str, *headers: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """Send one request, byte by byte as given; return the status and everything received."""
    head = b"\r\n".join(
        (f"{line} HTTP/1.1".encode(), b"Host: 127.0.0.1:%d" % server.port, b"Connection: close", *headers)
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
        raw.sendall(head + b"\r\n\r\n" + body)
        received = b""
        while part := raw.recv(65536):
            received += part
    return int(received.split(b" ", 2)[1]), received


JSON = b"Content-Type: application/json"
ATTACKS = {
    "a name longer than a file's": ("GET /assets/" + "a" * 300, [], b"", 404),
    "many bytes in few characters": ("GET /assets/" + "%F0%9F%98%80" * 70, [], b"", 404),
    "a zero byte": ("GET /assets/a%00b", [], b"", 404),
    "bytes that are no text": ("GET /assets/%ff%fe", [], b"", 404),
    "up and out": ("GET /assets/%2e%2e%2f%2e%2e%2fapp.py", [], b"", 404),
    "an Origin that cannot be read": ("POST /api/v1/logout", [b"Origin: http://[::1", b"Content-Length: 0"], b"", 403),
    "an Origin of null": ("POST /api/v1/logout", [b"Origin: null", b"Content-Length: 0"], b"", 403),
    "our name in front": (
        "POST /api/v1/logout",
        [b"Origin: http://127.0.0.1@evil.example", b"Content-Length: 0"],
        b"",
        403,
    ),
    "a cookie that is no text": ("GET /api/v1/me", [b"Cookie: kreide_session=\xff\xfe; ;;=;a"], b"", 401),
    "a ticket that is no text": (
        "POST /whip/demo-lesson",
        [b"Authorization: Bearer \xff\xfe", b"Content-Type: application/sdp", b"Content-Length: 0"],
        b"",
        401,
    ),
    "gzip that is none": (
        "POST /api/v1/login",
        [JSON, b"Content-Encoding: gzip", b"Content-Length: 3"],
        b"abc",
        400,
    ),
    "two lengths": ("POST /api/v1/login", [JSON, b"Content-Length: 5", b"Content-Length: 0"], b"", 400),
    "a length and chunks": (
        "POST /api/v1/login",
        [JSON, b"Content-Length: 5", b"Transfer-Encoding: chunked"],
        b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        400,
    ),
    "a line break in a header": ("GET /healthz", [b"X: a\nSet-Cookie: b"], b"", 400),
    "twenty thousand headers": ("GET /healthz", [b"X%d: a" % n for n in range(20_000)], b"", 400),
    "a number in other digits": ("GET /api/v1/meetings?since=%D9%A1", [], b"", 401),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_strange_requests(server: KreideServer, attack: str) -> None:
    line, headers, body, status = ATTACKS[attack]
    answer, received = ask(server, line, *headers, body=body)
    assert answer == status
    assert received.count(b"HTTP/1.") == 1, "one request, one answer"
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "/assets/aaa" not in log


def test_a_page_tells_the_browser_to_be_strict(server: KreideServer) -> None:
    for path in ("/", "/login", "/api/v1/me", "/nowhere", "/metrics", "/socket.io/"):
        _, received = ask(server, f"GET {path}")
        head = received.partition(b"\r\n\r\n")[0].decode().lower().split("\r\n")
        assert "server: kreide" in head, path
        assert "x-content-type-options: nosniff" in head, path
        policy = next(line for line in head if line.startswith("content-security-policy:"))
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy, "scripts only from default-src"


def database_files(server: KreideServer) -> int:
    """How often the server holds the school's database open."""
    descriptors = Path(f"/proc/{server.pid}/fd")
    return sum(os.path.realpath(descriptor).endswith("school.db") for descriptor in descriptors.iterdir())


def hang_up(server: KreideServer, request: bytes, seconds: float) -> None:
    """Send a request and reset the connection a moment later."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.settimeout(seconds)
        raw.sendall(request)
        try:
            raw.recv(1)
        except TimeoutError:
            return


def test_asking_and_hanging_up_leaves_nothing_behind(server: KreideServer) -> None:
    request = b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nCookie: kreide_session=abc\r\n\r\n"

    def many(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(200):
            hang_up(server, request, chance.uniform(0.0005, 0.01))

    with ThreadPoolExecutor(12) as strangers:
        list(strangers.map(many, range(12)))
    assert ask(server, "GET /api/v1/me")[0] == 401
    end = time.monotonic() + 30
    while database_files(server) > 10:  # a pool of 8, and connections that are just being closed
        assert time.monotonic() < end, "connections are left behind"
        time.sleep(0.05)


async def test_one_person_cannot_take_the_api_from_the_others(server: KreideServer) -> None:
    eve = server.login("pupil1").cookie()
    teacher = server.login("teacher").cookie()
    url = f"{server.url}/api/v1/folders"

    async def write(session: aiohttp.ClientSession, cookie: str) -> int:
        async with session.post(url, json={"title": "x"}, headers={"Cookie": cookie}) as answer:
            return answer.status

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        flood = [asyncio.create_task(write(session, eve)) for _ in range(900)]
        await flood[0]
        async with asyncio.timeout(240):
            assert await write(session, teacher) == 201
        statuses = await asyncio.gather(*flood)
    assert set(statuses) == {201, 429}
    assert statuses.count(429) > 200
    assert "Traceback" not in server.log.read_text()
