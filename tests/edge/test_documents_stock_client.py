"""Unmodified yjs and y-websocket, run by Node, over a real WebSocket: what any Yjs client may expect of us."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.connection import EditRights
from collab.demo import demo_deck, demo_table
from collab.errors import CollabError, close_code
from collab.limits import Limits
from collab.store import DocumentStore
from tests.collab.build import BOLD_TWICE
from tests.collab.school import Classroom

CLIENT = Path(__file__).parents[2] / "web" / "client"
pytestmark = [
    pytest.mark.edge,
    pytest.mark.skipif(
        shutil.which("node") is None or not (CLIENT / "node_modules" / "y-websocket").exists(),
        reason="needs node and the client's packages (make run installs them)",
    ),
]


class WebTransport:
    """Writes our ready frames to aiohttp's transport."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        assert request.transport is not None
        self._transport = request.transport
        self._socket = socket
        self._closing: asyncio.Task[bool] | None = None

    def write(self, frame: bytes) -> None:
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.write(frame)

    def buffered(self) -> int:
        assert isinstance(self._transport, asyncio.Transport)
        return self._transport.get_write_buffer_size()

    def close(self, code: int, reason: str) -> None:
        self._closing = asyncio.ensure_future(self._socket.close(code=code, message=reason.encode()))


@pytest.fixture
async def server(store: DocumentStore) -> AsyncIterator[tuple[str, Classroom]]:
    """A small server around a hub: everybody may read and write, but `?read` may only read."""
    limits = Limits(idle_seconds=0.0, silence_seconds=1.0)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        await room.hubs[0].create("demo-deck", "deck", demo_deck())
        await room.hubs[0].create("demo-table", "table", demo_table())
        count = 0

        async def collab(request: web.Request) -> web.WebSocketResponse:
            nonlocal count
            count += 1
            socket = web.WebSocketResponse(compress=False)
            await socket.prepare(request)
            editor = Editor(f"p{count}", f"Person {count}", "pupil", count)
            rights = EditRights(read=True, write="read" not in request.query)
            try:
                connection = await room.hubs[0].connect(
                    request.match_info["document"], WebTransport(request, socket), editor, rights
                )
            except CollabError as error:
                await socket.close(code=close_code(error), message=error.code.encode())
                return socket
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    connection.receive(message.data)
            connection.closed()
            return socket

        app = web.Application()
        app.router.add_get("/collab/{document}", collab)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        yield f"ws://127.0.0.1:{port}/collab", room
        await runner.cleanup()


class Stock:
    """One Node process with a stock client."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, url: str, document: str) -> Stock:
        script = str(Path(__file__).with_name("stock_client.mjs"))
        pipe = asyncio.subprocess.PIPE
        command = ["node", script, str(CLIENT), url, document]
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe))

    async def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command; returns what the client has now."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), 30)
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def until(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + 30
        while not reached(state := await self.ask()):
            assert time.monotonic() < end, f"never reached: {state}"
            await asyncio.sleep(0.02)
        return state

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b'{"end": true}\n')
        await self._process.wait()
        self._process.stdin.close()


async def test_stock_clients_edit_together_with_pycrdt(server: tuple[str, Classroom]) -> None:
    url, room = server
    first, second = await asyncio.gather(Stock.start(url, "doc"), Stock.start(url, "doc"))
    ours = await room.join("ours")
    await first.until(lambda state: state["synced"])
    await second.until(lambda state: state["synced"])
    await first.ask(insert="Hallo 😀 ", show={"x": 1})
    await second.until(lambda state: state["text"] == "Hallo 😀 ")
    await second.ask(insert="Welt")
    await first.until(lambda state: state["text"] == "Hallo 😀 Welt")
    await room.until(lambda: str(ours.replica.text) == "Hallo 😀 Welt")
    ours.replica.text += "!"
    ours.exchange()
    state = await second.until(lambda state: state["text"] == "Hallo 😀 Welt!" and len(state["people"]) == 1)
    assert state["people"][0]["cursor"] == {"x": 1}
    assert state["people"][0]["user"]["name"].startswith("Person")
    await first.stop()
    await second.until(lambda state: not state["people"])
    assert (await second.ask())["closes"] == []
    await second.stop()


async def test_stock_clients_read_the_demo_documents(server: tuple[str, Classroom]) -> None:
    url, _ = server
    deck, table = await asyncio.gather(Stock.start(url, "demo-deck"), Stock.start(url, "demo-table"))
    state = await deck.until(lambda state: state["synced"])
    assert sorted(state["slides"]) == ["s1", "s2", "s3", "s4", "s5"]
    assert (await table.until(lambda state: state["synced"]))["rows"] == 10
    await asyncio.gather(deck.stop(), table.stop())


async def test_an_unknown_document_is_final_for_a_stock_client(server: tuple[str, Classroom]) -> None:
    url, _ = server
    client = await Stock.start(url, "none")
    state = await client.until(lambda state: bool(state["closes"]))
    assert state["closes"] == [4404]
    await client.stop()


async def test_a_stock_reader_who_tidies_up_stays(server: tuple[str, Classroom]) -> None:
    """Yjs deletes the second marks by itself, in the reader's copy too."""
    url, room = server
    reader = await Stock.start(url, "doc?read=1")
    await reader.until(lambda state: state["synced"])
    ada, eve = await room.join("ada"), await room.join("eve")
    for writer, bold in zip((ada, eve), BOLD_TWICE, strict=True):
        writer.replica.send_changes(bold)
        await room.settle()
    await reader.until(lambda state: state["own"] == 1)
    ada.replica.text += "still here"
    await room.settle()
    state = await reader.until(lambda state: state["text"] == "still here")
    assert state["closes"] == []
    await reader.stop()
