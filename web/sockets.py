"""The Socket.IO side of the application: who connects, what they ask, in which order they are answered.

Laws: a connection is one person, named by a ticket or by the session cookie with our own Origin; it hears the
channels its rights cover without asking. Requests wait in a bounded inbox with one consumer and are acked in the
order of sending; when the inbox is full the sender is not read any more. Each connection has a budget; beyond it a
request is answered `too_fast` and not carried out. A right that is gone is gone within a second, and a person
who is gone is cut. Neither texts nor names are ever logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from collab.chat import Change, Held, Message
from collab.errors import CollabError
from web import messages as wire
from web.affected import concerns
from web.auth import TOOL
from web.broadcast import Outgoing, build_ack, build_event
from web.channels import Sent, answer_chat, build_sent, send_chat, view_channels
from web.chat_news import parcels
from web.company import Company
from web.connection import Connection, Request
from web.direct import answer_direct
from web.door import person_at_socket
from web.engine import Server
from web.errors import AccessDenied, Overloaded, Unavailable, WebError
from web.hearing import Hearing
from web.polling import Polling
from web.refusals import build_refusal, refusal
from web.school.events import SchoolEvent
from web.services import Services
from web.turn import issue_ice_servers
from web.turnstile import Turnstile

INBOX = 256
CONNECTIONS = 100  # of one person on one worker
CLOSE_SECONDS = 5.0
READS = 8  # rights read at a time
READ_AGAIN_SECONDS = 0.3
TOO_FAST = build_refusal("too_fast", "too much at once")
UNKNOWN_EVENT = build_refusal("bad_message", "there is no such event")
_SEND = msgspec.json.Decoder(wire.ChatSend)
log = logging.getLogger(__name__)


class Sockets:
    """All Socket.IO connections of this worker."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._server = Server(services.relay.worker, self)
        self._server.eio.elsewhere = Polling(services.relay, self._server.eio.handle_request).forward
        self._connections: dict[str, Connection] = {}
        self._devices: Counter[str] = Counter()  # how many connections each person has
        self._hearing = Hearing(services, self._connections)
        self._turnstile = Turnstile()
        self._stale: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._draining = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.delivered = 0
        services.rooms.attach(self._deliver_room)
        services.chat.on_news(self._on_chat)
        self._company = Company(services, self._connections, self._hearing.hearers, self._server.manager.send)
        services.live.subscribe(self.refresh)

    def attach(self, app: web.Application) -> None:
        """Serve /socket.io/."""
        self._server.attach(app, "socket.io")

    async def start(self) -> None:
        self._spawn(self._reread_stale())
        self._spawn(self._company.run())

    async def drain(self) -> None:
        """Take no more connections and let everybody go: they come again elsewhere."""
        self._draining = True
        for connection in list(self._connections.values()):
            await self._server.eio.cut(connection.eio_sid)

    async def close(self) -> None:
        self._draining = True
        self._wake.set()
        self._company.close()
        if self._tasks:  # not cancelled: a database call that is cut off leaves its connection behind
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)
        await self._server.shutdown()

    def counts(self) -> dict[str, int]:
        """Return how many connections there are, what was delivered, how many were cut for being slow."""
        return {
            "connections": len(self._connections),
            "delivered": self.delivered,
            "cut": self._server.eio.cut_count,
        }

    # --- coming and going (called by the server) ---

    async def on_connect(self, sid: str, eio_sid: str, request: web.Request, auth: object) -> None:
        """Let a person in, or raise why not."""
        if self._draining:
            raise Unavailable("unavailable", "the server is restarting")
        self._turnstile.check_room()
        ticket = auth.get("ticket") if isinstance(auth, dict) else None
        person = await person_at_socket(request, self._services, ticket if isinstance(ticket, str) else None)
        # One ticket of a tool may stand for a whole class.
        if self._devices[person.id] >= CONNECTIONS and not person.id.startswith(TOOL):
            raise Overloaded("overloaded", "too many connections of one person")
        self._connections[sid] = Connection(sid, eio_sid, person)
        self._devices[person.id] += 1
        if person.ticket is not None:
            left = person.ticket.expires_at - self._services.school.clock()
            self._connections[sid].expiry = asyncio.get_running_loop().call_later(left / 1000, self._expire, sid)

    async def on_ready(self, sid: str) -> None:
        """Let the connection in when it is its turn; what it asks meanwhile waits."""
        self._spawn(self._enter(self._connections[sid]))

    async def _enter(self, connection: Connection) -> None:
        """Say hello, and let the connection hear its channels."""

        def tell(before: int) -> None:
            self._send(connection, "session:wait", wire.SessionWait(before))

        try:
            async with self._turnstile.turn(tell):
                if self._connections.get(connection.sid) is not connection:
                    return
                await self._company.enter(connection)
                found = await self._hearing.read(connection)
                if found is None:
                    return
        except Exception as error:  # the top of a connection: half let in is worse than out
            if not isinstance(error, WebError | CollabError):
                log.exception("a connection could not be set up")
            await self._server.eio.cut(connection.eio_sid)
            return
        person, config = connection.person, self._services.config
        view = wire.PersonView(person.id, person.school, person.name, person.role)
        relays = issue_ice_servers(config.turn, config.turn_secret)
        hello = wire.Hello(view, view_channels(*found), relays, self._services.school.clock())
        self._send(connection, "session:hello", hello)
        self._company.introduce(connection, connection.heard)
        connection.ready.set()

    async def on_disconnect(self, sid: str) -> None:
        """Forget a connection."""
        connection = self._connections.pop(sid, None)
        if connection is None:
            return
        self._devices[connection.person.id] -= 1
        if not self._devices[connection.person.id]:
            del self._devices[connection.person.id]
        if connection.expiry is not None:
            connection.expiry.cancel()
        connection.ready.set()  # whoever waits for it goes on, and finds it gone
        self._hearing.leave(connection)
        self._company.leave(connection)
        await self._services.rooms.connection_lost(sid)

    def _expire(self, sid: str) -> None:
        """The ticket's time is over; it lets nobody in any more, and nobody stay."""
        connection = self._connections.get(sid)
        if connection is not None:
            self._spawn(self._server.eio.cut(connection.eio_sid))

    # --- requests ---

    async def on_event(self, sid: str, request: int | None, event: str, body: bytes) -> None:
        """Queue one event; wait while the inbox is full, so that its sender waits too."""
        connection = self._connections.get(sid)
        if connection is None:
            return
        free = connection.ready.is_set() and connection.consumer is None and len(connection.flight) < INBOX
        if event == "chat:send" and free and self._services.live.fresh:
            self._say(connection, Request(request, event, body))
            return
        while len(connection.inbox) >= INBOX:
            connection.space.clear()
            await connection.space.wait()
            if self._connections.get(sid) is not connection:
                return
        connection.inbox.append(Request(request, event, body))
        if connection.consumer is None:
            connection.consumer = self._spawn(self._consume(connection))

    async def _consume(self, connection: Connection) -> None:
        try:
            await connection.ready.wait()
            while connection.inbox and self._connections.get(connection.sid) is connection:
                request = connection.inbox.popleft()
                connection.space.set()
                if request.event != "chat:send" or len(connection.flight) >= INBOX:
                    await connection.landed()
                if request.event.startswith(("chat:", "direct:")) and not self._services.live.fresh:
                    with contextlib.suppress(Unavailable):  # who writes is told so in its turn
                        await self._services.live.until_fresh()
                if request.event == "chat:send":
                    self._say(connection, request)
                    continue
                answer = await self._answer(connection, request)
                if request.number is not None:
                    self._server.manager.send([connection.eio_sid], build_ack(request.number, answer))
                self._release(connection)
        finally:
            connection.consumer = None
            connection.space.set()
        if connection.sid not in self._connections:
            # Gone while its last request was carried out, which is never cut off half-way: it may have taken a seat.
            await self._services.rooms.connection_lost(connection.sid)

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
                self._server.manager.send([connection.eio_sid], build_ack(number, said))

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
                    await self._reread(connection.sid)
                return msgspec.json.encode(result)
            if request.event in ("room:join", "room:sync"):
                connection.held = []
            person = connection.person
            answer = await self._services.rooms.request(connection.sid, person, request.event, request.body)
            self._company.answered(connection, request.event, answer)
            return answer
        except Exception as error:  # the top of a request: it must be answered
            return refusal(error, request.event)

    def _release(self, connection: Connection) -> None:
        held, connection.held = connection.held, None
        for outgoing in held or ():
            self._server.manager.send([connection.eio_sid], outgoing)

    # --- news ---

    def _send(self, connection: Connection, event: str, message: Struct) -> None:
        self._server.manager.send([connection.eio_sid], build_event(event, message))

    def _deliver_room(self, sids: Sequence[str], outgoing: Outgoing) -> None:
        free: list[str] = []
        for sid in sids:
            connection = self._connections.get(sid)
            if connection is None:
                continue
            if connection.held is not None:
                connection.held.append(outgoing)
            else:
                free.append(connection.eio_sid)
        self._server.manager.send(free, outgoing)
        self._company.on_room_news(sids, outgoing)

    def _on_chat(self, channel: str, news: Sequence[Message | Change]) -> None:
        manager = self._server.manager
        hearers = self._hearing.hearers.get(channel, {})
        for held, packets in parcels(channel, news):
            if held is None:
                self.delivered += manager.send_all(channel, hearers.values(), *packets) * len(packets)
            else:
                manager.send((hearers[sid] for sid in hearers if self._sees_held(sid, held)), *packets)

    def _sees_held(self, sid: str, held: Held) -> bool:
        connection = self._connections[sid]
        _, may = connection.channels[held.channel]
        return may.moderate or connection.person.id == held.author

    # --- channels and rights ---

    async def refresh(self, events: Sequence[SchoolEvent]) -> None:
        """Have the rights of everybody whom these events may concern read anew."""
        self._company.refresh(events)
        for connection in self._connections.values():
            if any(concerns(event, connection) for event in events):
                self._stale[connection.sid] = None
        self._wake.set()

    async def _reread_stale(self) -> None:
        while not self._draining:
            await self._wake.wait()
            self._wake.clear()
            while self._stale and not self._draining:
                sids = list(self._stale)[:READS]
                for sid in sids:
                    del self._stale[sid]
                await asyncio.gather(*(self._reread(sid) for sid in sids))
                if any(sid in self._stale for sid in sids):  # the database is away: it is not asked without a pause
                    await asyncio.sleep(READ_AGAIN_SECONDS)

    async def _reread(self, sid: str) -> None:
        connection = self._connections.get(sid)
        if connection is None:
            return
        await connection.ready.wait()
        async with connection.reading:
            await self._read_rights(connection)

    async def _read_rights(self, connection: Connection) -> None:
        before, heard = connection.channels, set(connection.heard)
        try:
            found = await self._hearing.read(connection)
            if found is None:
                return
        except AccessDenied:
            await self._server.eio.cut(connection.eio_sid)
            return
        except Exception:  # the database: these rights stay to be read
            log.exception("rights could not be read")
            self._stale[connection.sid] = None
            return
        if connection.channels != before:
            self._send(connection, "rights:changed", wire.RightsChanged(view_channels(*found)))
            self._company.introduce(connection, connection.heard - heard)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task of the sockets failed", exc_info=task.exception())
