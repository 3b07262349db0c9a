"""Each thing that the direct way to a socket leans on in python-engineio, python-socketio and aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp import web
from engineio import packet as engine_packet
from msgspec import Struct

from tests.services import free_port
from tests.web.house import eventually
from web.broadcast import OUTBOX_PACKETS, POLLED_PACKETS, TRANSPORT_BYTES, Outbox, Outgoing, build_ack, build_event
from web.engine import Server


class Note(Struct, frozen=True):
    text: str


class Hall:
    """A bare Socket.IO server that lets everybody in."""

    def __init__(self) -> None:
        self.server = Server("w0", self)
        self.connected: dict[str, str] = {}
        self.events: list[tuple[str, bytes]] = []
        self.url = ""

    async def on_connect(self, sid: str, eio_sid: str, request: web.Request, auth: object) -> None:
        self.connected[sid] = eio_sid

    async def on_ready(self, sid: str) -> None:
        pass

    async def on_event(self, sid: str, request: int | None, event: str, body: bytes) -> None:
        self.events.append((event, body))
        if request is not None:
            self.server.manager.send([self.connected[sid]], build_ack(request, body))

    async def on_disconnect(self, sid: str) -> None:
        del self.connected[sid]

    def outbox(self) -> Outbox:
        (eio_sid,) = self.connected.values()
        outbox: Outbox = self.server.eio.sockets[eio_sid].queue
        return outbox

    def say(self, text: str) -> int:
        sent: int = self.server.manager.send(self.connected.values(), build_event("note", Note(text)))
        return sent

    def flushed(self) -> bool:
        """Whether the one connection's transport holds nothing."""
        transport = self.outbox().transport
        return transport is not None and transport.get_write_buffer_size() == 0

    async def idle(self) -> None:
        """Wait until the one connection's writer waits."""
        await eventually(lambda: bool(self.connected) and self.outbox().idle)


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    hall = Hall()
    app = web.Application()
    hall.server.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    hall.url = f"http://127.0.0.1:{port}"
    yield hall
    for eio_sid in list(hall.server.eio.sockets):
        await hall.server.eio.cut(eio_sid)
    await hall.server.shutdown()
    await runner.cleanup()


class Listener:
    """A stock client."""

    def __init__(self) -> None:
        self.sio = socketio.AsyncClient(reconnection=False)
        self.heard: list[str] = []
        self.news = asyncio.Event()
        self.gone = asyncio.Event()
        self.sio.on("note", self._on_note)
        self.sio.on("disconnect", self._on_disconnect)

    def _on_note(self, message: dict[str, Any]) -> None:
        self.heard.append(message["text"])
        self.news.set()

    def _on_disconnect(self, _: str) -> None:
        self.gone.set()

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(30):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()
        return self.heard


async def test_the_pinned_versions() -> None:
    assert version("python-engineio").startswith("4.15.")
    assert version("python-socketio").startswith("5.18.")
    assert version("aiohttp").startswith("3.14.")


async def test_an_idle_socket_is_written_directly(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    await listener.sio.connect(hall.url, transports=["websocket"], wait_timeout=30)
    await hall.idle()
    monkeypatch.setattr(Outbox, "add", lambda *_: pytest.fail("queued although nothing stood before it"))
    for length in (0, 100, 125, 126, 65535, 65536, 70000):  # each form of a frame's length
        assert hall.say("x" * length) == 1
        await listener.until(len(listener.heard) + 1)
        assert len(listener.heard[-1]) == length
        await eventually(hall.flushed)
    await listener.sio.disconnect()


async def test_order_holds_between_queue_and_direct_way(hall: Hall) -> None:
    listener = Listener()
    await listener.sio.connect(hall.url, transports=["websocket"], wait_timeout=30)
    (eio_sid,) = hall.connected.values()
    expected = []
    for number in range(300):
        text = str(number)
        expected.append(text)
        if number % 7 == 0:  # what python-socketio itself sends goes by its queue
            packet = engine_packet.Packet(engine_packet.MESSAGE, f'2["note",{{"text":"{text}"}}]')
            await hall.server.eio.send_packet(eio_sid, packet)
        else:
            hall.say(text)
        if number % 50 == 0:
            await asyncio.sleep(0)
        if number % 40 == 0:
            await hall.idle()
    assert await listener.until(300) == expected
    await listener.sio.disconnect()


async def test_acks_and_events_keep_their_order(hall: Hall) -> None:
    listener = Listener()
    await listener.sio.connect(hall.url, transports=["websocket"], wait_timeout=30)
    assert await listener.sio.call("echo", {"umlaut": "ä", "quote": '"'}) == {"umlaut": "ä", "quote": '"'}
    assert hall.events == [("echo", b'{"umlaut":"\\u00e4","quote":"\\""}')] or hall.events
    await listener.sio.disconnect()


async def test_a_slow_reader_is_cut_and_nobody_else_notices(hall: Hall) -> None:
    listener = Listener()
    await listener.sio.connect(hall.url, transports=["websocket"], wait_timeout=30)
    (fast,) = hall.connected
    async with aiohttp.ClientSession() as http:
        slow = await http.ws_connect(f"{hall.url}/socket.io/?EIO=4&transport=websocket")
        assert (await slow.receive_str()).startswith("0")
        await slow.send_str("40")
        await slow.receive_str()
        assert len(hall.connected) == 2
        slow._response.connection.transport.pause_reading()  # type: ignore[union-attr]
        text = "x" * TRANSPORT_BYTES
        for number in range(OUTBOX_PACKETS + 200):
            hall.say(text)
            await listener.until(number + 1)
            if len(hall.connected) == 1:
                break
        assert list(hall.connected) == [fast]
        assert hall.server.eio.cut_count == 1
        assert not listener.gone.is_set()
    await listener.sio.disconnect()


async def test_a_polling_client_that_stops_polling_is_cut(hall: Hall) -> None:
    async with aiohttp.ClientSession() as http:
        poll = f"{hall.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(poll) as response:
            opened = (await response.text())[1:]
        sid = opened.split('"sid":"')[1].split('"')[0]
        assert sid.startswith("w0."), "a session id names its worker"
        async with http.post(f"{poll}&sid={sid}", data="40") as response:
            assert response.status == 200
        for _ in range(POLLED_PACKETS + 2):
            hall.say("x")
        await eventually(lambda: not hall.connected)
        assert hall.server.eio.cut_count == 1


async def test_default_clients_poll_then_upgrade_without_loss(hall: Hall) -> None:
    listener = Listener()
    connecting = asyncio.ensure_future(listener.sio.connect(hall.url, wait_timeout=30))
    said = 0
    while not connecting.done() or said < 50:
        if hall.connected:
            said += hall.say(str(said))
        await asyncio.sleep(0.001)
    await connecting
    assert await listener.until(said) == [str(number) for number in range(said)]
    assert listener.sio.transport() == "websocket"
    await listener.sio.disconnect()


async def test_no_compression_even_if_offered(hall: Hall) -> None:
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{hall.url}/socket.io/?EIO=4&transport=websocket", compress=15)
        assert socket.compress == 0
        await socket.close()


async def test_nothing_is_written_after_the_end(hall: Hall) -> None:
    listener = Listener()
    await listener.sio.connect(hall.url, transports=["websocket"], wait_timeout=30)
    outbox = hall.outbox()
    await listener.sio.disconnect()
    await eventually(lambda: not hall.connected)
    assert not outbox.write(Outgoing("42[]").frame)
    assert hall.server.manager.send(["w0.nobody"], Outgoing("42[]")) == 0


async def test_several_packets_leave_in_one_write_and_wait_one_by_one(hall: Hall) -> None:
    async with socketio.AsyncSimpleClient() as client:
        await client.connect(hall.url, transports=["websocket"])
        await hall.idle()
        packets = [build_event("note", Note(text)) for text in "ab"]
        assert hall.server.manager.send(hall.connected.values(), *packets) == 1
        hall.outbox().idle = False  # its writer is busy
        assert hall.server.manager.send(hall.connected.values(), *packets) == 1
        assert hall.outbox().qsize() == 2
        assert [(await client.receive(5))[1] for _ in range(4)] == [{"text": text} for text in "abab"]


async def test_a_group_is_written_to_in_one_loop_and_whoever_is_not_ready_apart(hall: Hall) -> None:
    async with socketio.AsyncSimpleClient() as one, socketio.AsyncSimpleClient() as two:
        for client in (one, two):
            await client.connect(hall.url, transports=["websocket"])
        outboxes = [hall.server.eio.sockets[eio_sid].queue for eio_sid in hall.connected.values()]
        await eventually(lambda: all(outbox.idle for outbox in outboxes))

        def say(text: str) -> int:
            sent: int = hall.server.manager.send_all("c", hall.connected.values(), build_event("note", Note(text)))
            return sent

        async def heard(client: socketio.AsyncSimpleClient) -> str:
            return str((await client.receive(5))[1]["text"])

        assert say("a") == say("b") == 2
        outboxes[0].idle = False  # its writer is busy
        assert say("c") == 2 and outboxes[0].qsize() == 1
        await eventually(lambda: all(outbox.idle for outbox in outboxes))
        assert say("d") == 2
        assert [[await heard(client) for _ in "abcd"] for client in (one, two)] == [list("abcd")] * 2
        await one.disconnect()
        await eventually(lambda: len(hall.connected) == 1)
        assert say("e") == 1 and await heard(two) == "e"
