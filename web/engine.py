"""python-socketio and python-engineio, held the way Kreide needs them.

Laws: they keep the protocol, the handshake, heartbeats and polling; an event or its ack never passes through
them: packets of the default namespace are parsed here and handed on as bytes, so that each is decoded once, by its
type. Binary packets, other namespaces and anything malformed end the connection. Who does not authenticate
within 10 s is cut. No compression, no payload in any log. A session id begins with the worker that holds it.
Leans on private methods of engineio 4.15 and socketio 5.18; tests/web/test_engine.py covers each.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import engineio
import msgspec
import socketio
from aiohttp import web
from engineio.async_drivers import aiohttp as driver

from web.broadcast import MAX_PACKET, Broadcast, Outbox, Readiness
from web.engine_socket import Heartbeats, WebSocket
from web.errors import WebError

AUTHENTICATE_SECONDS = 10.0
log = logging.getLogger(__name__)

# socket.io EVENT in the default namespace: 2, optional ack number, JSON array.
_EVENT = re.compile(r"2(\d{0,15})(\[.*)", re.DOTALL)


class Events(Protocol):
    """What a server of events does with its connections."""

    async def on_connect(self, sid: str, eio_sid: str, request: web.Request, auth: object) -> None:
        """Let the connection in, or raise a WebError."""

    async def on_ready(self, sid: str) -> None:
        """The client knows that it is connected: it may be sent events now."""

    async def on_event(self, sid: str, request: int | None, event: str, body: bytes) -> None:
        """Take one event (it waits here when too many wait); `request` is the number its ack must carry."""

    async def on_disconnect(self, sid: str) -> None:
        """The connection is gone."""


Elsewhere = Callable[[web.Request, str, int], Awaitable[web.StreamResponse]]
Take = Callable[[str, object], Awaitable[None]]  # a socket.io packet of an engine.io session


async def _take_nothing(_eio_sid: str, _data: object) -> None:
    raise OSError("nobody listens")


def _translate(request: web.Request | dict[str, Any]) -> Any:
    """Return a request as engine.io's dictionary; one that came from another worker is one already."""
    return request if isinstance(request, dict) else driver.translate_request(request)


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    """The engine.io server: bounded queues, session ids that name their worker."""

    def __init__(self, worker: str, **options: Any) -> None:
        super().__init__(**options)
        self.worker = worker
        self.cut_count = 0
        self.elsewhere: Elsewhere | None = None
        self.take: Take = _take_nothing
        self.heartbeats = Heartbeats(self, self.cut)
        self.readiness = Readiness()
        self._async = {
            **self._async,  # type: ignore[has-type]
            "websocket": WebSocket,
            "translate_request": _translate,
        }

    async def handle_request(self, request: web.Request | dict[str, Any]) -> web.StreamResponse:
        """Answer a request for one of our sessions, or for a new one; others are answered where they live."""
        if isinstance(request, web.Request) and self.elsewhere is not None:
            worker, dot, _ = request.query.get("sid", "").partition(".")
            if dot and worker != self.worker:
                return await self.elsewhere(request, worker, MAX_PACKET)
        response: web.StreamResponse = await super().handle_request(request)
        return response

    def generate_id(self) -> str:
        return f"{self.worker}.{secrets.token_urlsafe(15)}"

    def create_queue(self, *args: Any, **options: Any) -> Outbox:
        self.heartbeats.start()
        return Outbox(self._on_full, self.readiness)

    def start_background_task(self, target: Any, *args: Any, **options: Any) -> Any:
        task = super().start_background_task(target, *args, **options)
        if getattr(target, "__name__", "") == "_send_ping":
            target.__self__.queue.pinging = task
        return task

    def _on_full(self, outbox: Outbox) -> None:
        self.cut_count += 1
        for socket in self.sockets.values():
            if socket.queue is outbox:
                self.start_background_task(self.cut, socket.sid)
                return

    async def cut(self, eio_sid: str) -> None:
        """End a connection now, whatever its state; a slow reader cannot hold it."""
        socket = self.sockets.get(eio_sid)
        if socket is not None:
            await socket.close(wait=False, abort=True)
            socket.queue.add(None)
            socket.queue.abort()
            self.sockets.pop(eio_sid, None)


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """The socket.io server: authentication and events go to `events`, in the order of their arrival."""

    def __init__(self, worker: str, events: Events) -> None:
        self._worker = worker
        self._events = events
        quiet = logging.getLogger("web.engine.wire")
        quiet.setLevel(logging.CRITICAL)  # its INFO prints whole packets
        super().__init__(
            client_manager=Broadcast(),
            async_mode="aiohttp",
            async_handlers=False,
            logger=quiet,
            engineio_logger=quiet,
            cors_allowed_origins=[],  # Origin is checked by `events`, for sockets without a browser too
            http_compression=False,
            max_http_buffer_size=MAX_PACKET,
            monitor_clients=False,  # it wakes up for each connection; `Heartbeats` looks at all at once
            ping_interval=25,
            ping_timeout=20,
        )
        # Stock clients that poll send everything that waits in one POST; engine.io refuses more than 16.
        engineio.payload.Payload.max_decode_packets = 512
        self.eio.take = self._handle_eio_message
        self.on("connect", self._on_connect)
        self.on("disconnect", self._on_disconnect)

    def _engineio_server_class(self) -> Any:
        def build(**options: Any) -> Engine:
            return Engine(self._worker, **options)

        return build

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        try:
            eio_sid = self.manager.eio_sid_from_sid(sid, "/")
            await self._events.on_connect(sid, eio_sid, environ["aiohttp.request"], auth)
        except WebError as error:
            again = getattr(error, "retry_after", None)
            data = {"code": error.code} if again is None else {"code": error.code, "again": again}
            raise socketio.exceptions.ConnectionRefusedError(error.text, data) from None
        except Exception:  # the top of a connection: it must be answered
            log.exception("a connection could not be let in")
            raise socketio.exceptions.ConnectionRefusedError("our mistake", {"code": "internal"}) from None

    async def _on_disconnect(self, sid: str, reason: str) -> None:
        await self._events.on_disconnect(sid)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: object) -> None:
        before = self.manager.sid_from_eio_sid(eio_sid, "/")
        await super()._handle_connect(eio_sid, namespace, data)
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        if before is None and sid is not None and self.manager.is_connected(sid, "/"):
            try:
                await self._events.on_ready(sid)
            except Exception:  # the top of a connection: half let in is worse than out
                log.exception("a connection could not be set up")
                await self.eio.cut(eio_sid)

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(eio_sid, environ)
        self._expect_authentication(eio_sid)

    async def _handle_disconnect(self, eio_sid: str, namespace: str | None, reason: str | None = None) -> None:
        await super()._handle_disconnect(eio_sid, namespace, reason)
        self._expect_authentication(eio_sid)

    def _expect_authentication(self, eio_sid: str) -> None:
        asyncio.get_running_loop().call_later(AUTHENTICATE_SECONDS, self._check_authenticated, eio_sid)

    def _check_authenticated(self, eio_sid: str) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, "/") is None and eio_sid in self.eio.sockets:
            self.start_background_task(self.eio.cut, eio_sid)

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        try:
            await self._take(eio_sid, data)
        except (ValueError, RecursionError, msgspec.DecodeError):
            await self.eio.cut(eio_sid)
        except Exception:  # the top of a packet: engine.io would swallow it
            log.exception("a packet could not be taken")
            await self.eio.cut(eio_sid)

    async def _take(self, eio_sid: str, data: object) -> None:
        if not isinstance(data, str):
            raise ValueError("binary packets are not spoken here")
        match data[:1]:
            case "2":
                found = _EVENT.fullmatch(data)
                sid = self.manager.sid_from_eio_sid(eio_sid, "/")
                if found is None or sid is None or not self.manager.is_connected(sid, "/"):
                    raise ValueError("an event needs a connection and a name")
                event, body = parse_event(found[2])
                await self._events.on_event(sid, int(found[1]) if found[1] else None, event, body)
            case "0" | "1":
                if not data[1:].startswith("/"):
                    await super()._handle_eio_message(eio_sid, data)
                elif data.startswith("0"):
                    await super()._handle_eio_message(eio_sid, data[:200])
            case "3":
                pass  # we ask clients nothing, so no ack of theirs means anything
            case _:
                raise ValueError("unknown packet")


def parse_event(text: str) -> tuple[str, bytes]:
    """Return an event's name and its one argument as JSON; raises msgspec.DecodeError."""
    parts = _EVENT_PARTS.decode(text)
    if not 1 <= len(parts) <= 2:
        raise msgspec.ValidationError("an event has one argument")
    name = msgspec.json.decode(parts[0], type=str)
    return name, bytes(parts[1]) if len(parts) == 2 else b"{}"


_EVENT_PARTS = msgspec.json.Decoder(list[msgspec.Raw])
