"""Wrong, oversized, truncated and hostile input on every way in; meanwhile others notice nothing."""

from __future__ import annotations

import asyncio
import http.client
import random
import socket
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest
import socketio

from collab.sync import build_update
from tests.collab.build import block, string, update, value
from tests.server import KreideServer
from tests.wire import ChatClient, YClient

pytestmark = pytest.mark.edge
MEETING = "demo-lesson"


@pytest.fixture
async def bystander(server: KreideServer) -> AsyncIterator[YClient]:
    """Somebody who works on while others attack; whatever happens, this person's next edit is stored."""
    ticket = server.ticket(document="scratch-calm", right="write", name="Calm")
    async with YClient(server.url, "scratch-calm", ticket, "calm") as client:
        await asyncio.wait_for(client.until_synced(), 120)
        yield client
        key = await client.write()
        async with asyncio.timeout(120):
            await client.until_acked(key)
    assert "Traceback" not in server.log.read_text()


async def ask(server: KreideServer, method: str, path: str, **more: object) -> tuple[int, str, bytes]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, server.url + path, **more) as answer,  # type: ignore[arg-type]
    ):
        return answer.status, answer.content_type, await answer.read()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"account": 1, "password": "x"}', "application/json", 400),
        (b'{"account": "teacher"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"account": "\xff", "password": "x"}', "application/json", 400),
        (b'{"account":"a","password":"b"}', "text/plain", 415),
        (b'{"account": "' + b"a" * 300_000 + b'", "password": "x"}', "application/json", 413),
        (b'{"account": "nobody", "password": "x"}', "application/json", 401),
        (b'{"account": "teacher", "password": "wrong"}', "application/json", 401),
    ],
)
async def test_login(server: KreideServer, bystander: YClient, body: bytes, content_type: str, status: int) -> None:
    headers = {"Content-Type": content_type}
    answer, kind, text = await ask(server, "POST", "/api/v1/login", data=body, headers=headers)
    assert (answer, kind) == (status, "application/problem+json")
    assert msgspec.json.decode(text)["code"]


async def test_a_foreign_page_cannot_write(server: KreideServer, bystander: YClient) -> None:
    headers = {"Origin": "https://evil.example"}
    body = {"account": "teacher", "password": "kreide"}
    status, _, text = await ask(server, "POST", "/api/v1/login", json=body, headers=headers)
    assert (status, msgspec.json.decode(text)["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/assets/../web/app.py", "/assets/%2e%2e%2fapp.py"])
async def test_unknown_paths(server: KreideServer, bystander: YClient, path: str) -> None:
    status, kind, _ = await ask(server, "GET", path)
    assert (status, kind) == (404, "application/problem+json")


def test_broken_http(server: KreideServer) -> None:
    for garbage in (b"\x00" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
            assert b"Traceback" not in raw.recv(65536)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize(
    ("offer", "headers", "status"),
    [
        (b"", {}, 400),
        (b"v=0\r\n", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"v=0\r\n" + b"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 1000, {}, 400),
        (b"a" * 70_000, {}, 413),
        (b"v=0\r\n", {"Content-Type": "text/plain"}, 415),
        (b"v=0\r\n", {"Authorization": "Bearer nonsense"}, 401),
        (b"v=0\r\n", {"Authorization": ""}, 401),
        (b"v=0\r\n", {"Origin": "https://evil.example"}, 403),
    ],
)
@pytest.mark.parametrize("door", ["whip", "whep"])
async def test_whip_and_whep(
    server: KreideServer, bystander: YClient, door: str, offer: bytes, headers: dict[str, str], status: int
) -> None:
    ticket = server.ticket(meeting=MEETING, role="teacher", name="Camera")
    all_headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"} | headers
    answer, kind, _ = await ask(server, "POST", f"/{door}/{MEETING}", data=offer, headers=all_headers)
    assert (answer, kind) == (status, "application/problem+json")


async def test_a_ticket_opens_nothing_else(server: KreideServer, bystander: YClient) -> None:
    ticket = server.ticket(meeting=MEETING, role="teacher", name="Camera")
    headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"}
    for meeting in ("demo-conference", "nowhere"):
        status, _, _ = await ask(server, "POST", f"/whip/{meeting}", data=b"v=0\r\n", headers=headers)
        assert status == 404


async def close_code(server: KreideServer, path: str, frames: list[bytes | str], **headers: str) -> int | None:
    """Connect, send, wait for the server to close; return the code that a browser would see."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(server.url + path, headers=headers, max_msg_size=0) as ws,
    ):
        for frame in frames:
            if isinstance(frame, str):
                await ws.send_str(frame)
            else:
                await ws.send_bytes(frame)
        async with asyncio.timeout(120):
            async for _ in ws:
                pass
        return ws.close_code


async def test_documents_refuse_at_the_door(server: KreideServer, bystander: YClient) -> None:
    read = server.ticket(document="scratch-calm", right="read", name="Eve")
    assert await close_code(server, "/collab/scratch-calm", []) == 4401
    assert await close_code(server, "/collab/scratch-calm?ticket=nonsense", []) == 4401
    assert await close_code(server, f"/collab/demo-deck?ticket={read}", []) == 4403
    assert await close_code(server, f"/collab/scratch-calm?ticket={read}&epoch=99", []) == 4404
    assert await close_code(server, f"/collab/scratch-calm?ticket={read}", [], Origin="https://evil.example") == 4403


async def test_documents_refuse_bad_frames(server: KreideServer, bystander: YClient) -> None:
    ticket = server.ticket(document="scratch-bad", right="write", name="Eve")
    url = f"/collab/scratch-bad?ticket={ticket}"
    chance = random.Random(8)
    bad: list[bytes | str] = [
        b"",
        b"\x00",
        b"\x00\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        "text",
        b"\x00\x02\x03abc",
    ]
    bad += [b"\x00\x02" + bytes([n := chance.randrange(1, 100)]) + chance.randbytes(n) for _ in range(20)]
    for frame in bad:
        code = await close_code(server, url, [frame])
        assert code is not None
        assert 4400 <= code < 4600, (code, frame)


@pytest.mark.parametrize(
    "part",
    [
        string("x", left=(5, 0), right=(5, 2)),  # between two lists
        string("x", left=(5, 0), right=(5, 4)),  # between a list and a key
        string("xyz", left=(5, 4)),  # several values under a key
    ],
)
async def test_documents_refuse_what_no_editor_writes(server: KreideServer, bystander: YClient, part: bytes) -> None:
    ticket = server.ticket(document="scratch-odd", right="write", name="Eve")
    parts = [string("ab", parent="t"), string("cd", parent="u"), value(b"\x7e", parent="m", key="k")]
    frames: list[bytes | str] = [build_update(update(block(5, 0, *parts))), build_update(update(block(6, 0, part)))]
    assert await close_code(server, f"/collab/scratch-odd?ticket={ticket}", frames) == 4400


async def test_a_reader_cannot_write(server: KreideServer, bystander: YClient) -> None:
    ticket = server.ticket(document="scratch-calm", right="read", name="Eve")
    before = bystander.known()
    async with YClient(server.url, "scratch-calm", ticket, "eve") as eve:
        await asyncio.wait_for(eve.until_synced(), 120)
        await eve.write()
        async with asyncio.timeout(120):
            await eve.until_closed()
    assert eve.close_code == 4403
    assert bystander.known() == before


async def test_socket_io_refuses_at_the_door(server: KreideServer, bystander: YClient) -> None:
    for auth in (None, {}, {"ticket": "nonsense"}, {"ticket": 5}, {"ticket": "x" * 100_000}):
        client = socketio.AsyncClient(reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(server.url, auth=auth, transports=["websocket"], wait_timeout=30)
        await client.disconnect()


async def test_socket_io_refuses_bad_requests(server: KreideServer, bystander: YClient) -> None:
    chat = ChatClient(server.url, server.ticket(meeting=MEETING, role="pupil", name="Eve"), "eve")
    await chat.connect()
    good = {"channel": "demo-class", "text": "hello", "client_id": "1"}
    for event, body in (
        ("chat:send", None),
        ("chat:send", []),
        ("chat:send", {}),
        ("chat:send", good | {"text": ""}),
        ("chat:send", good | {"text": "x" * 5000}),
        ("chat:send", good | {"text": 5}),
        ("chat:send", good | {"channel": "nowhere"}),
        ("chat:send", good | {"channel": "demo-conference"}),
        ("chat:history", {"channel": "nowhere", "after": 0, "limit": 10}),
        ("chat:history", {"channel": "demo-class", "after": -1, "limit": 10}),
        ("chat:history", {"channel": "demo-class", "after": 0, "limit": 10**9}),
        ("room:mute", {"peer": None}),
        ("room:join", {"meeting": "demo-conference"}),
        ("media:offer", {"sdp": "v=0", "sources": [], "slots": []}),
    ):
        answer = await chat.io.call(event, body, timeout=30)
        assert answer["error"]["code"], (event, body)
    assert await chat.send("demo-class") is not None
    await chat.disconnect()


async def test_raw_garbage_on_the_engine(server: KreideServer, bystander: YClient) -> None:
    for frame in ("", "9", "4", "42", '42["chat:send"', "x" * 200_000, '40{"ticket":' + "[" * 50_000):
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket") as ws,
        ):
            await ws.receive()
            await ws.send_str(frame)
            await ws.close()


async def test_udp_floods_and_garbage(server: KreideServer, bystander: YClient) -> None:
    chance = random.Random(5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for size in (0, 1, 4, 12, 20, 28, 100, 1200):
            for first in (0, 1, 20, 22, 63, 64, 127, 128, 200, 255):
                udp.sendto(bytes([first]) + chance.randbytes(size), ("127.0.0.1", server.port))
        stun = bytes.fromhex("000100002112a442") + chance.randbytes(12)
        for _ in range(2000):
            udp.sendto(stun, ("127.0.0.1", server.port))
        udp.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody is answered who does not know a password
            udp.recv(2048)
    server.until_ready()
