"""A document's socket: messages at once and in order, and no word for long ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from inspect import signature

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.test_utils import TestServer
from aiohttp.web_protocol import RequestHandler

from web.routes.collab_wire import DocumentSocket


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
        async with asyncio.timeout(30):
            while desk.socket.waiting < 2:  # noqa: ASYNC110
                await asyncio.sleep(0)
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
