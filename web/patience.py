"""How long a client may keep us waiting before its connection is taken away.

Laws: a connection on which no whole request arrives goes after IDLE_SECONDS, however slowly it is fed; a body is
here BODY_SECONDS after its headers or the connection is cut, but where a route takes files and counts by itself. What
takes the server long is not counted, and neither is a WebSocket: its owner has a heartbeat of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

IDLE_SECONDS: Final = 75.0  # longer than what proxies keep a connection, so that they never reuse one we just closed
BODY_SECONDS: Final = 30.0
SHUTDOWN_SECONDS: Final = 3.0  # for requests under way, after all sockets were asked to leave


def build_runner(app: web.Application, idle: float = IDLE_SECONDS) -> web.AppRunner:
    """Return the runner that serves the application within these bounds."""
    # A handler whose client has gone is not cancelled: cut off in the middle of a database call it would leave the
    # connection behind, open, until the garbage collector finds it.
    return web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS, keepalive_timeout=idle)


def expect_bodies(seconds: float = BODY_SECONDS, apart: Container[str] = ()) -> Middleware:
    """Return the middleware that cuts whoever does not finish a body in time; `apart` are paths of routes."""

    @web.middleware
    async def in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if not request.body_exists or (resource is not None and resource.canonical in apart):
            return await handler(request)
        deadline = asyncio.get_running_loop().call_later(seconds, _cut, request)
        try:
            return await handler(request)
        finally:
            deadline.cancel()

    return in_time


def _cut(request: web.Request) -> None:
    if request.transport is not None and not request.content.is_eof():
        request.transport.abort()
