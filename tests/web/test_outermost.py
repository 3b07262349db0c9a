"""What becomes of what no handler foresaw."""

from __future__ import annotations

import logging

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from web.outermost import outermost


async def hang_up(request: web.Request) -> web.WebSocketResponse:
    """The client is gone at the moment when its socket is taken in."""
    assert request.transport is not None
    request.transport.abort()
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    return socket


async def fail(_: web.Request) -> web.Response:
    raise ConnectionResetError("by a database")


@pytest.mark.parametrize(("path", "told"), [("/hang-up", False), ("/fail", True)])
async def test_hanging_up_is_no_bug(caplog: pytest.LogCaptureFixture, path: str, told: bool) -> None:
    app = web.Application(middlewares=[outermost])
    app.router.add_get("/hang-up", hang_up)
    app.router.add_get("/fail", fail)
    caplog.set_level(logging.DEBUG, "web.outermost")
    async with TestClient(TestServer(app)) as client:
        try:
            answer = await client.get(path, headers={"Upgrade": "websocket", "Connection": "Upgrade",
                                                     "Sec-WebSocket-Version": "13",
                                                     "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})  # fmt: skip
        except aiohttp.ClientError:
            assert not told
        else:
            assert told and answer.status == 500
    records = [record for record in caplog.records if record.name == "web.outermost"]
    assert [record.levelname for record in records] == (["ERROR", "DEBUG"] if told else ["DEBUG"])
