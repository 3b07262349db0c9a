"""What connections ask: carried out in the order of asking, answered in the same.

Laws: requests of a connection wait in a bounded inbox with one consumer; when it is full the sender is not read any
more. What is asked of chat waits until the connection's rights are known. Messages are stored side by side and acked in
the order of sending. Beyond the person's budget a request is answered `too_fast` and not carried out. What a room tells
between a join and its ack is held back until the ack.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from web import messages as wire
from web.broadcast import build_ack
from web.channels import answer_chat, build_sent, send_chat
from web.company import Company, Send
from web.connection import Connection, Request, Sent
from web.direct import answer_direct
from web.errors import Unavailable
from web.refusals import build_refusal, refusal
from web.services import Services
from web.socket_rights import SocketRights

INBOX = 256
TOO_FAST = build_refusal("too_fast", "too much at once")
UNKNOWN_EVENT = build_refusal("bad_message", "there is no such event")
_SEND = msgspec.json.Decoder(wire.ChatSend)

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class SocketRequests:
    """The requests of all connections of this worker."""

    def __init__(
        self,
        services: Services,
        company: Company,
        rights: SocketRights,
        send: Send,
        spawn: Spawn,
    ) -> None:
        self._services = services
        self._company = company
        self._rights = rights
        self._send = send
        self._spawn = spawn

    async def take(self, connection: Connection, request: Request) -> None:
        """Queue a request; wait while the inbox is full, so that its sender waits too."""
        free = connection.ready.is_set() and connection.consumer is None and connection.doubt is None
        free = free and len(connection.flight) < INBOX
        if request.event == "chat:send" and free and self._services.live.fresh:
            self._say(connection, request)
            return
        while len(connection.inbox) >= INBOX:
            connection.space.clear()
            await connection.space.wait()
            if connection.gone:
                return
        connection.inbox.append(request)
        if connection.consumer is None:
            connection.consumer = self._spawn(self._consume(connection))

    async def _consume(self, connection: Connection) -> None:
        try:
            await connection.ready.wait()
            while connection.inbox and not connection.gone:
                request = connection.inbox.popleft()
                connection.space.set()
                await self._carry_out(connection, request)
        finally:
            connection.consumer = None
            connection.space.set()
        if connection.gone:
            # Gone while its last request was carried out, which is never cut off half-way: it may have taken a seat.
            await self._services.rooms.connection_lost(connection.sid)

    async def _carry_out(self, connection: Connection, request: Request) -> None:
        if request.event != "chat:send" or len(connection.flight) >= INBOX:
            await connection.landed()
        if request.event.startswith(("chat:", "direct:")):
            try:
                await self._until_certain(connection)
            except Unavailable as error:
                self._fly(connection, request, refusal(error, request.event))
                return
        if request.event == "chat:send":
            self._say(connection, request)
            return
        answer = await self._answer(connection, request)
        if request.number is not None:
            self._send([connection.eio_sid], build_ack(request.number, answer))
        held, connection.held = connection.held, None
        for outgoing in held or ():
            self._send([connection.eio_sid], outgoing)

    async def _until_certain(self, connection: Connection) -> None:
        """Wait until the connection's rights are those of now."""
        if not self._services.live.fresh:
            with contextlib.suppress(Unavailable):  # who writes is told so in its turn
                await self._services.live.until_fresh()
        await self._rights.until_certain(connection)

    # --- messages, on their flight to the database ---

    def _say(self, connection: Connection, request: Request) -> None:
        """Send a message; its ack follows those of the messages before it, without a task of its own."""
        said: Sent | bytes
        try:
            if connection.afford(request.event):
                message = _SEND.decode(request.body)
                said = send_chat(self._services, connection.person, connection.channels, message)
            else:
                said = TOO_FAST
        except Exception as error:  # the top of a request: it must be answered
            said = refusal(error, request.event)
        self._fly(connection, request, said)

    def _fly(self, connection: Connection, request: Request, said: Sent | bytes) -> None:
        connection.flight.append((request.number, said))
        if isinstance(said, bytes):
            self._land(connection)
        else:
            said.add_done_callback(lambda _: self._land(connection))

    def _land(self, connection: Connection) -> None:
        """Ack the messages whose turn it is."""
        flight = connection.flight
        while flight:
            number, said = flight[0]
            if not isinstance(said, bytes):
                if not said.done():
                    return
                error = said.exception()
                said = refusal(error, "chat:send") if isinstance(error, Exception) else build_sent(said.result())
            flight.popleft()
            if number is not None:
                self._send([connection.eio_sid], build_ack(number, said))

    # --- everything else ---

    async def _answer(self, connection: Connection, request: Request) -> bytes:
        try:
            if not connection.afford(request.event):
                return TOO_FAST
            types = wire.CLIENT_EVENTS.get(request.event)
            if types is None:
                return UNKNOWN_EVENT
            message = msgspec.json.decode(request.body, type=types[0])
            if isinstance(message, wire.ChatTyping | wire.PresenceIdle):
                return msgspec.json.encode(await self._company.answer(connection, message))
            if request.event.startswith("chat:"):
                result = await answer_chat(self._services, connection.person, connection.channels, message)
                if isinstance(message, wire.ChatRead):
                    await self._company.answer(connection, message)
                return msgspec.json.encode(result)
            if request.event.startswith("direct:"):
                result = await answer_direct(self._services, connection.person, connection.channels, message)
                if isinstance(message, wire.DirectOpen):
                    await self._rights.reread(connection)
                return msgspec.json.encode(result)
            if request.event in ("room:join", "room:sync"):
                connection.held = []
            person = connection.person
            answer = await self._services.rooms.request(connection.sid, person, request.event, request.body)
            self._company.answered(connection, request.event, answer)
            return answer
        except Exception as error:  # the top of a request: it must be answered
            return refusal(error, request.event)
