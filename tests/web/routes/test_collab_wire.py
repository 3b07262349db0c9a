"""A document's socket: messages at once and in order, and no word for long ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from inspect import signature

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp._websocket.reader_py import MSG_SIZE_OVERHEAD
from aiohttp.test_utils import TestServer
from aiohttp.web_protocol import RequestHandler

from web.routes.collab_gathering import Gathering
from web.routes.collab_wire import DocumentSocket
from web.straight import find_straight


class Desk:
    """A handler that notes which messages came at once (taken) and which in their turn (read)."""

    def __init__(self) -> None:
        self.willing = True
        self.came: list[tuple[str, bytes]] = []
        self.more = asyncio.Event()
        self.seated = asyncio.Event()
        self.go_on = asyncio.Event()
        self.ended = asyncio.Event()
        self.socket = DocumentSocket(1000)

    def take(self, data: bytes) -> bool:
        if self.willing:
            self._note("taken", data)
        return self.willing

    def _note(self, how: str, data: bytes) -> None:
        self.came.append((how, data))
        self.more.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await self.socket.prepare(request)
        self.seated.set()
        await self.go_on.wait()
        self.socket.hand_over(self.take)
        try:
            async for message in self.socket:
                if message.type is WSMsgType.BINARY:
                    self._note("read", message.data)
        finally:
            self.ended.set()
        return self.socket

    async def until(self, number: int) -> None:
        async with asyncio.timeout(30):
            while len(self.came) < number:
                self.more.clear()
                await self.more.wait()


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0)


@asynccontextmanager
async def open_desk(autoping: bool = True) -> AsyncIterator[tuple[Desk, ClientWebSocketResponse]]:
    desk, app = Desk(), web.Application()
    app.router.add_get("/", desk.handle)
    async with (
        TestServer(app) as server,
        ClientSession() as session,
        session.ws_connect(server.make_url("/"), autoping=autoping) as client,
    ):
        yield desk, client


def test_aiohttp_has_what_this_leans_on() -> None:
    """Fails beside the others and says why: private names, for which pyproject.toml holds aiohttp below 3.15."""
    assert list(signature(web.WebSocketResponse._post_start).parameters) == ["self", "request", "protocol", "writer"]
    assert list(signature(WebSocketDataQueue.feed_data).parameters) == ["self", "data", "size"]
    slots = {name for kind in RequestHandler.__mro__ for name in getattr(kind, "__slots__", ())}
    assert slots >= {"_message_tail", "_parser"}, "what the protocol holds back, and its HTTP parser"
    lacks = {"_reader", "_writer", "_parser", "_loop", "_max_msg_size", "_ws_protocol"} - set(
        dir(web.WebSocketResponse())
    )
    assert not lacks, "what a WebSocket is started with"


async def test_what_waits_comes_first_and_then_everything_at_once() -> None:
    async with open_desk() as (desk, client):
        await desk.seated.wait()
        await client.send_bytes(b"1")
        await client.send_bytes(b"2")
        await until(lambda: desk.socket.waiting == 2)
        desk.go_on.set()
        await desk.until(2)
        await client.send_bytes(b"3")
        await desk.until(3)
        assert desk.came == [("read", b"1"), ("read", b"2"), ("taken", b"3")]


async def test_what_cannot_be_taken_now_is_read_in_its_turn() -> None:
    async with open_desk() as (desk, client):
        desk.go_on.set()
        for willing in (True, False, True):
            desk.willing = willing
            await client.send_bytes(b"x")
            await desk.until(len(desk.came) + 1)
        assert [how for how, _ in desk.came] == ["taken", "read", "taken"]


class Turns:
    waits = False


@contextmanager
def gathered(socket: DocumentSocket) -> Iterator[asyncio.Transport]:
    """Have a socket read with all others; yields its transport."""
    transport = socket._transport
    assert transport is not None
    way = find_straight(transport)
    assert way is not None
    socket.gather_with(Gathering(Turns()), way)
    yield transport
    socket.release()
    way.close()


async def test_a_pong_while_messages_wait_does_not_undo_aiohttps_pause() -> None:
    """What nobody takes is not read without bound."""
    async with open_desk() as (desk, client):
        await desk.seated.wait()
        queue = desk.socket._queue
        assert queue is not None
        sent = [number.to_bytes(4, "big") * 225 for number in range(3000)]
        first = queue._limit // (900 + MSG_SIZE_OVERHEAD)  # as many as may wait
        with gathered(desk.socket) as transport:
            await send_all(client, sent[:first])
            await until(lambda: desk.socket.waiting == first)
            queue.heard = False
            await client.pong()
            await until(lambda: queue.heard)
            sending = asyncio.create_task(send_all(client, sent[first:]))
            await until(lambda: queue._protocol._reading_paused)
            waiting = desk.socket.waiting
            assert not transport.is_reading()
            for _ in range(50):
                await asyncio.sleep(0)
            assert desk.socket.waiting == waiting
            desk.go_on.set()
            await desk.until(len(sent))
            await sending
            assert [data for _, data in desk.came] == sent


async def send_all(client: ClientWebSocketResponse, messages: list[bytes]) -> None:
    for data in messages:
        await client.send_bytes(data)


async def test_who_answers_the_ping_stays_and_who_does_not_goes() -> None:
    async with open_desk(autoping=False) as (desk, client):
        desk.go_on.set()
        await client.send_bytes(b"x")
        await desk.until(1)
        for _ in range(3):
            desk.socket.look()
        assert (await client.receive(10)).type is WSMsgType.PING
        await client.pong()
        await client.send_bytes(b"y")
        await desk.until(2)
        for _ in range(5):
            assert not desk.ended.is_set()
            desk.socket.look()
        async with asyncio.timeout(30):
            await desk.ended.wait()
    desk.socket.look()
