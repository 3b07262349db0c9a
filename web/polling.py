"""Polling clients on several workers: a request for a session of another worker is answered by that worker.

Laws: a session id begins with the worker that holds it; the kernel gives each request to any worker, so whoever gets a
foreign one carries it over and the answer back. A WebSocket cannot be carried: such a client stays with polling.
Cookies and addresses do not travel; the session was authenticated where it lives.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web
from msgspec import Struct

from web.errors import WebError
from web.relay import Relay

POLL: Final = "socket.poll"
POLL_SECONDS: Final = 60.0  # longer than a poll that waits for news
Environ = dict[str, Any]


class Poll(Struct, frozen=True):
    """A polling request on its way."""

    method: str
    query: str
    body: bytes


class Polled(Struct, frozen=True):
    """Its answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Polling:
    """Carries polling requests between workers."""

    def __init__(self, relay: Relay, answer: Callable[[Environ], Awaitable[web.Response]]) -> None:
        self._relay = relay
        self._answer = answer
        relay.serve(POLL, self._on_poll)

    async def forward(self, request: web.Request, worker: str, limit: int) -> web.Response:
        """Let another worker answer."""
        if request.headers.get("Upgrade") or (request.content_length or 0) > limit:
            return web.Response(status=400, text="this session lives on another worker: keep polling")
        poll = Poll(request.method, request.query_string, await request.content.read(limit))
        try:
            payload = await self._relay.call(worker, POLL, msgspec.msgpack.encode(poll), POLL_SECONDS)
        except WebError:
            return web.Response(status=400, text="unknown session")  # what engine.io says of a session that is gone
        polled = msgspec.msgpack.decode(payload, type=Polled)
        return web.Response(status=polled.status, headers=polled.headers, body=polled.body)

    async def _on_poll(self, payload: bytes) -> bytes:
        poll = msgspec.msgpack.decode(payload, type=Poll)
        response = await self._answer(
            {
                "REQUEST_METHOD": poll.method,
                "QUERY_STRING": poll.query,
                "CONTENT_LENGTH": str(len(poll.body)),
                "wsgi.input": _Body(poll.body),
                "wsgi.url_scheme": "http",
            }
        )
        body = response.body if isinstance(response.body, bytes) else b""
        kept = [(str(name), str(value)) for name, value in response.headers.items() if name.lower() == "content-type"]
        return msgspec.msgpack.encode(Polled(response.status, kept, body))


class _Body:
    """A request's body as engine.io reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = io.BytesIO(body)

    async def read(self, size: int) -> bytes:
        return self._body.read(size)
