"""One engine.io session on a WebSocket: its reading, its writing, its heartbeat.

Laws: a session that begins on a WebSocket costs two tasks and no timer of its own: one sweep of the server sends all
pings (`Heartbeats`), and a pong is noted where it was read. engine.io's own way made a ping and its pong half a
millisecond of CPU, which was a third of a large channel's. A session that has polled is engine.io's affair after its
upgrade. An event goes its own way from here and never through engine.io. Anything engine.io would stumble over ends the
connection.
Leans on private methods of engineio 4.15; tests/web/test_engine.py covers each.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from engineio import exceptions
from engineio import packet as engine_packet
from engineio.async_drivers import aiohttp as driver

from web.broadcast import MAX_PACKET, Outbox

BEAT_SECONDS = 1.0
AT_ONCE, PARTS = 100, 4
_PING = b"\x81\x012"
_PONG = "3"
log = logging.getLogger(__name__)

# What engine.io may be given: a ping, pong, upgrade, noop or close; or a message that holds a socket.io packet.
_ENGINE = re.compile(r"[12356]|2probe|3probe|4[0-4].*", re.DOTALL)


class WebSocket(driver.WebSocket):  # type: ignore[misc]
    """engine.io's WebSocket without compression, known to its connection's Outbox."""

    async def __call__(self, environ: dict[str, Any]) -> web.StreamResponse:
        request: web.Request = environ["aiohttp.request"]
        self._sock = web.WebSocketResponse(compress=False, max_msg_size=MAX_PACKET, timeout=2.0)
        await self._sock.prepare(request)
        session = self.handler.__self__
        outbox: Outbox = session.queue
        outbox.attach(self._sock, request.transport)
        try:
            if session.connected:  # it has polled until now
                await self.handler(self)
            else:
                await self._serve(session, outbox)
        finally:
            outbox.release()
            self._sock._exception = None  # its traceback leads back: a ring, left to the garbage collector
        return self._sock

    async def wait(self) -> str:
        """Return the next packet that is engine.io's business.

        Of a session that has polled, the heartbeat goes on counting meanwhile: who only sends events and answers no
        ping is cut.
        """
        session = self.handler.__self__
        outbox: Outbox = session.queue
        try:
            while True:
                message = await self._sock.receive()
                data = message.data
                if message.type is not web.WSMsgType.TEXT:
                    raise OSError("not text")
                if data.startswith("42") and session.upgraded and not session.closed:
                    await session.server.take(session.sid, data[1:])
                elif data == _PONG and outbox.beats is not None:
                    outbox.beats(session)
                elif _ENGINE.fullmatch(data) is None:
                    raise OSError("not an engine.io packet")
                else:
                    return str(data)
        except asyncio.CancelledError:  # no heartbeat: a writer that waits for the peer would wait for TCP's timeout
            outbox.abort()
            raise

    async def _serve(self, session: Any, outbox: Outbox) -> None:
        """Run a session that begins here, as engine.io's own handler would."""
        session.connected = session.upgraded = True
        session.server.heartbeats.take_over(session)
        writer = asyncio.ensure_future(self._write(outbox))
        try:
            while True:
                packet = engine_packet.Packet(encoded_packet=await self.wait())
                try:
                    await session.receive(packet)
                except exceptions.UnknownPacketError:
                    continue
        except (OSError, exceptions.SocketIsClosedError):
            pass
        finally:
            outbox.add(None)
            try:
                await writer
            finally:
                await session.close(wait=False, abort=True, reason=session.server.reason.TRANSPORT_CLOSE)

    async def _write(self, outbox: Outbox) -> None:
        """Send what waits until None comes or the connection is gone."""
        try:
            while (packet := await outbox.get()) is not None:
                await self._sock.send_str(packet.encode())
                while outbox.qsize():
                    if (packet := outbox.get_nowait()) is None:
                        return
                    await self._sock.send_str(packet.encode())
        except (OSError, RuntimeError):  # gone
            return
        finally:
            await self._sock.close()


class Heartbeats:
    """The pings of all sessions of a server, and the end of those that do not answer.

    Many are looked at a part at a time, all of them within `PARTS` beats: a ping may come so much later.
    """

    def __init__(self, engine: Any, cut: Callable[[str], Awaitable[None]]) -> None:
        self._engine = engine
        self._cut = cut
        self._timer: asyncio.TimerHandle | None = None
        self._left: list[Any] = []  # of this round

    def start(self) -> None:
        """There is a session to look after."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._beat)

    def take_over(self, session: Any) -> None:
        """Send this session's pings from the first one on."""
        outbox: Outbox = session.queue
        if outbox.pinging is not None:
            outbox.pinging.cancel()
            outbox.pinging = None
        outbox.beats = self.answered
        outbox.ping_at = time.time() + self._engine.ping_interval

    def answered(self, session: Any) -> None:
        """A pong came; the next ping goes a while after it."""
        if session.last_ping:
            session.last_ping = None
            session.queue.ping_at = time.time() + self._engine.ping_interval

    def _beat(self) -> None:
        """Ping whose time has come, cut who has not answered in time, forget who has closed."""
        self._timer = None
        now, sockets = time.time(), self._engine.sockets
        if not self._left:
            self._left = list(sockets.values())
        part = max(AT_ONCE, len(sockets) // PARTS + 1)
        looked, self._left = self._left[-part:], self._left[:-part]
        for session in looked:
            self._look(session, now)
        if sockets:
            self.start()
        else:
            self._left.clear()

    def _look(self, session: Any, now: float) -> None:
        outbox: Outbox = session.queue
        if session.closed:
            outbox.add(None)  # a poll may still wait there
            self._engine.sockets.pop(session.sid, None)
        elif session.closing:
            return
        elif session.last_ping:
            if now - session.last_ping > self._engine.ping_timeout:
                self._engine.start_background_task(self._cut, session.sid)
        elif outbox.ping_at <= now:
            session.last_ping = now
            if not outbox.write(_PING):
                outbox.add(engine_packet.Packet(engine_packet.PING))
