"""A whole server in this process, with stock Socket.IO clients at its door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import socketio
from aiohttp import web

from tests.services import free_port
from web.app import build_app
from web.config import Config
from web.school.model import Role
from web.services import SERVICES, Services
from web.stores import prepare_stores

Json = Any
PATIENCE = 30


async def eventually(condition: Callable[[], bool]) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


class House:
    """One worker of a server with the demo school."""

    def __init__(self, url: str, services: Services) -> None:
        self.url = url
        self.services = services
        self.clients: list[Caller] = []

    async def connect(
        self, meeting: str = "demo-lesson", role: Role = "pupil", name: str = "P", **options: Any
    ) -> Caller:
        """Connect somebody with a ticket, as tools do."""
        issued = await self.services.auth.issue_role_ticket(meeting, role, name)
        return await self.dial(issued.ticket, name, **options)

    async def dial(self, ticket: str, name: str, **options: Any) -> Caller:
        caller = Caller(name)
        options.setdefault("transports", ["websocket"])
        options.setdefault("wait_timeout", PATIENCE)
        await caller.sio.connect(self.url, auth={"ticket": ticket}, **options)
        self.clients.append(caller)
        await caller.until("session:hello")
        return caller


class Caller:
    """A stock client that remembers what it was told."""

    def __init__(self, name: str, sio: Any = None) -> None:
        self.name = name
        self.sio = sio or socketio.AsyncClient(reconnection=False, request_timeout=PATIENCE)
        self.told: list[tuple[str, Json]] = []
        self._news = asyncio.Event()
        self._gone = asyncio.Event()
        self.sio.on("*", self._on)
        self.sio.on("disconnect", self._on_disconnect)

    async def _on_disconnect(self, _: str) -> None:
        self._gone.set()

    async def _on(self, event: str, message: Json) -> None:
        self.told.append((event, message))
        self._news.set()

    async def ask(self, event: str, **message: Json) -> Json:
        """Send a request and return its ack."""
        return await self.sio.call(event, message, timeout=PATIENCE)

    def all(self, event: str) -> list[Json]:
        return [message for name, message in self.told if name == event]

    async def until(self, event: str, fits: Callable[[Json], bool] = lambda _: True) -> Json:
        """Wait until such an event was told, and return the first."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for name, message in self.told:
                    if name == event and fits(message):
                        return message
                self._news.clear()
                await self._news.wait()

    async def gone(self) -> None:
        """Wait until the server has cut the connection."""
        async with asyncio.timeout(PATIENCE):
            await self._gone.wait()

    async def drop(self) -> None:
        """Lose the connection as a dead network does."""
        ws = self.sio.eio.ws
        ws._response.connection.transport.abort()
        await self.gone()


async def furnish(data: Path, **options: Any) -> None:
    """Make the demo school in `data`."""
    await prepare_stores(Config(data=data, demo=True, **options))


@asynccontextmanager
async def open_house(data: Path, **options: Any) -> AsyncIterator[House]:
    """Serve the demo school from `data` until the block ends."""
    port = options.pop("port", None) or free_port()
    index = options.pop("index", 0)
    runtime = options.pop("runtime", data / "run")
    runtime.mkdir(parents=True, exist_ok=True)
    config = Config(port=port, data=data, runtime=runtime, demo=True, **options)
    app = await build_app(config, index)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    house = House(f"http://127.0.0.1:{port}", app[SERVICES])
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield house
    finally:
        for caller in house.clients:
            await caller.sio.disconnect()
        await runner.cleanup()
