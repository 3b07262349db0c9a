"""The whole application over a demo school, and people who are logged in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from web.app import build_app
from web.config import Config
from web.services import SERVICES, Services

Served = TestClient[Any, Any]
Enter = Callable[[str], Awaitable["Browser"]]


class Browser:
    """A client of its own cookie jar; each call returns (status, decoded body)."""

    def __init__(self, client: Served) -> None:
        self.client = client

    async def call(self, method: str, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
        """Send a JSON request to /api/v1."""
        if body is not None:
            more["json"] = body
        response = await self.client.request(method, f"/api/v1/{path}", **more)
        return response.status, await read(response)

    async def get(self, path: str) -> Any:
        """Get something that must be there."""
        status, body = await self.call("GET", path)
        assert status == 200, (path, status, body)
        return body


async def read(response: ClientResponse) -> Any:
    """The body as JSON, None when it is empty."""
    return await response.json(content_type=None) if (await response.read()) else None


@pytest.fixture
async def server(demo_data: Path, tmp_path: Path, unused_port: int) -> AsyncIterator[TestServer]:
    """A running server with the demo school, on SQLite."""
    config = Config(data=demo_data, runtime=tmp_path / "run", port=unused_port, demo=True)
    config.runtime.mkdir()
    server = TestServer(await build_app(config, 0))
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
def services(server: TestServer) -> Services:
    """What the server's handlers use."""
    return server.app[SERVICES]


@pytest.fixture
async def stranger(server: TestServer) -> AsyncIterator[Browser]:
    """Somebody who is not logged in."""
    async with TestClient(server) as client:
        yield Browser(client)


@pytest.fixture
async def enter(server: TestServer) -> AsyncIterator[Enter]:
    """Log an account in: `teacher = await enter("teacher")`."""
    clients: list[Served] = []

    async def enter(account: str) -> Browser:
        client: Served = TestClient(server)
        clients.append(client)
        browser = Browser(client)
        status, _ = await browser.call("POST", "login", {"account": account, "password": "kreide"})
        assert status == 200
        return browser

    yield enter
    for client in clients:
        await client.close()
