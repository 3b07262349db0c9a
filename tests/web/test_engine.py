"""What hostile or clumsy clients send: it ends their connection, and leaves nothing behind."""

from __future__ import annotations

import asyncio

import aiohttp
import msgspec
import pytest

from tests.web.house import eventually
from tests.web.test_broadcast import Hall, Listener, hall
from web import engine, engine_socket
from web.engine import parse_event

__all__ = ["hall"]


def test_an_event_has_a_name_and_one_argument() -> None:
    assert parse_event('["a",{"b":1}]') == ("a", b'{"b":1}')
    assert parse_event('["a"]') == ("a", b"{}")
    for text in ("[]", "[1]", '["a",1,2]', "{}", '["a"', '["a",]', "[" * 5000):
        with pytest.raises((msgspec.DecodeError, RecursionError)):
            parse_event(text)


HOSTILE = [
    "", "x", "9", "4", "47", "4x", "42", "42[", '42{"a":1}', "42[]", "42[1]", '42["a",1,2]',
    '42999999999999999999["a"]',
    '451-["a",{"_placeholder":true,"num":0}]', '461-["a"]', "4" + "[" * 100_000, '42["a",' + "[" * 50_000, '4{"a":1}',
    '42/other,["a"]', "\x00", "4\ud7ff", "44", '40{"a"', "6" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("packet", HOSTILE, ids=range(len(HOSTILE)))
async def test_what_is_no_packet_ends_the_connection(hall: Hall, packet: str) -> None:
    friend = Listener()
    await friend.sio.connect(hall.url, transports=["websocket"], wait_timeout=30)
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{hall.url}/socket.io/?EIO=4&transport=websocket")
        await socket.receive_str()
        await socket.send_str("40")
        await socket.receive_str()
        await socket.send_str(packet)
        async with asyncio.timeout(30):
            while not socket.closed:
                await socket.receive()
    await eventually(lambda: len(hall.connected) == 1 and len(hall.server.eio.sockets) == 1)
    assert await friend.sio.call("echo", {"still": "here"}) == {"still": "here"}
    await friend.sio.disconnect()


async def test_a_binary_frame_ends_the_connection(hall: Hall) -> None:
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{hall.url}/socket.io/?EIO=4&transport=websocket")
        await socket.receive_str()
        await socket.send_bytes(b"4")
        async with asyncio.timeout(30):
            while not socket.closed:
                await socket.receive()


async def test_a_second_connect_on_one_socket_is_refused(hall: Hall) -> None:
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{hall.url}/socket.io/?EIO=4&transport=websocket")
        await socket.receive_str()
        for answer in ("40", "44"):
            await socket.send_str("40")
            assert (await socket.receive_str()).startswith(answer)
        assert len(hall.connected) == 1
        await socket.close()


async def test_who_does_not_authenticate_is_cut(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "AUTHENTICATE_SECONDS", 0.05)
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{hall.url}/socket.io/?EIO=4&transport=websocket")
        await socket.receive_str()
        async with asyncio.timeout(30):
            while not socket.closed:
                await socket.receive()
    assert not hall.server.eio.sockets


async def test_many_packets_in_one_post(hall: Hall) -> None:
    async with aiohttp.ClientSession() as http:
        poll = f"{hall.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(poll) as response:
            sid = (await response.text()).split('"sid":"')[1].split('"')[0]
        await http.post(f"{poll}&sid={sid}", data="40")
        await http.get(f"{poll}&sid={sid}")
        packets = "\x1e".join(f'42{number}["echo",{{"n":{number}}}]' for number in range(200))
        async with http.post(f"{poll}&sid={sid}", data=packets) as response:
            assert response.status == 200
        async with http.get(f"{poll}&sid={sid}") as response:
            acks = (await response.text()).split("\x1e")
        assert acks == [f'43{number}[{{"n":{number}}}]' for number in range(200)]


async def test_who_answers_pings_stays_and_who_does_not_is_cut(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_socket, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(hall.server.eio, "ping_interval", 0.02)
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        socket = await http.ws_connect(f"{hall.url}/socket.io/?EIO=4&transport=websocket")
        await socket.receive_str()
        for _ in range(5):
            assert await socket.receive_str() == "2"
            await socket.send_str("3")
        assert await socket.receive_str() == "2"
        monkeypatch.setattr(hall.server.eio, "ping_timeout", 0.02)
        assert (await socket.receive()).type in (
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.ERROR,
        )
    await eventually(lambda: not hall.server.eio.sockets)


async def test_of_many_each_is_pinged_in_its_turn_without_a_task_of_its_own(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"BEAT_SECONDS": 0.01, "AT_ONCE": 1, "PARTS": 3}.items():
        monkeypatch.setattr(engine_socket, name, value)
    monkeypatch.setattr(hall.server.eio, "ping_interval", 0.02)
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        sockets = [await http.ws_connect(f"{hall.url}/socket.io/?EIO=4&transport=websocket") for _ in range(7)]
        for socket in sockets:
            await socket.receive_str()
        assert [one.queue.pinging for one in hall.server.eio.sockets.values()] == [None] * len(sockets)
        for _ in range(3):
            for socket in sockets:
                assert await socket.receive_str() == "2"
                await socket.send_str("3")


async def test_who_stops_polling_is_forgotten(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_socket, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(hall.server.eio, "ping_interval", 0.02)
    monkeypatch.setattr(hall.server.eio, "ping_timeout", 0.02)
    async with aiohttp.ClientSession() as http:
        await http.get(f"{hall.url}/socket.io/?EIO=4&transport=polling")
    await eventually(lambda: not hall.server.eio.sockets)


async def test_a_poll_ends_when_its_session_has_closed(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_socket, "BEAT_SECONDS", 0.01)
    async with aiohttp.ClientSession() as http, asyncio.timeout(20):  # engine.io would let it wait for 45 s
        poll = f"{hall.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(poll) as response:
            sid = (await response.text()).split('"sid":"')[1].split('"')[0]
        waiting = asyncio.create_task(http.get(f"{poll}&sid={sid}"))
        await eventually(lambda: bool(hall.server.eio.sockets[sid].queue._getters))
        async with http.post(f"{poll}&sid={sid}", data="1"):
            pass
        (await waiting).close()
    assert not hall.server.eio.sockets
