"""Who keeps the server waiting loses the connection; who is slow for the server's sake does not."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from web.patience import build_runner, expect_bodies

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


async def _echo(request: web.Request) -> web.Response:
    body = await request.read()
    await asyncio.sleep(1.5)  # the server's own time, longer than any patience here
    return web.Response(body=body)


async def _serve() -> tuple[web.AppRunner, int]:
    app = web.Application(middlewares=[expect_bodies(1.0)])
    app.router.add_post("/", _echo)
    runner = build_runner(app, idle=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, runner.addresses[0][1]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (HEAD[:20], b""),
        (HEAD + b"abc", b""),
        (HEAD + b"abcd", b"abcd"),
    ],
    ids=["nothing", "half a head", "most of a body", "all"],
)
async def test_only_a_whole_request_is_waited_for(sent: bytes, answer: bytes) -> None:
    runner, port = await _serve()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        async with asyncio.timeout(30):
            try:
                received = await reader.read()  # until the server closes
            except ConnectionResetError:
                received = b""
        writer.close()
    finally:
        await runner.cleanup()
    assert received.rpartition(b"\r\n\r\n")[2] == answer
