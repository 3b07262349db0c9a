"""The Socket.IO side of the application: who connects, who is let in, who is told what.

Laws: a connection is one person, named by a ticket or by the session cookie with our own Origin; it hears the
channels its rights cover without asking. A person who is gone is cut. Neither texts nor names are ever logged.
What connections ask is carried out in `socket_requests`, their rights are kept fresh in `socket_rights`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from time import monotonic
from typing import Any

from aiohttp import web
from msgspec import Struct

from collab.chat import Change, Held, Message
from collab.errors import CollabError
from web import messages as wire
from web.broadcast import Outgoing, build_event
from web.budget import SocketBudgets
from web.channels import view_channels
from web.chat_news import parcels
from web.company import Company
from web.connection import Connection, Request
from web.door import person_at_socket
from web.engine import Server
from web.errors import Unavailable, WebError
from web.hearing import Hearing
from web.polling import Polling
from web.services import Services
from web.socket_requests import SocketRequests
from web.socket_rights import SocketRights
from web.turn import issue_ice_servers
from web.turnstile import Turnstile

CLOSE_SECONDS = 5.0
log = logging.getLogger(__name__)


class Sockets:
    """All Socket.IO connections of this worker."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._server = Server(services.relay.worker, self)
        self._server.eio.elsewhere = Polling(services.relay, self._server.eio.handle_request).forward
        self._connections: dict[str, Connection] = {}
        self._budgets = SocketBudgets()
        self._hearing = Hearing(services)
        self._turnstile = Turnstile()
        self._draining = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.delivered = 0
        services.rooms.attach(self._deliver_room)
        services.chat.on_news(self._on_chat)
        send = self._server.manager.send
        self._company = Company(services, self._connections, self._hearing.hearers, send)
        self._rights = SocketRights(self._connections, self._hearing, self._company, send, self._server.eio.cut)
        self._requests = SocketRequests(services, self._company, self._rights, send, self._spawn)
        services.live.subscribe(self._rights.refresh)

    def attach(self, app: web.Application) -> None:
        """Serve /socket.io/."""
        self._server.attach(app, "socket.io")

    async def start(self) -> None:
        self._spawn(self._company.run())

    async def drain(self) -> None:
        """Take no more connections and let everybody go: they come again elsewhere."""
        self._draining = True
        for connection in list(self._connections.values()):
            await self._server.eio.cut(connection.eio_sid)

    async def close(self) -> None:
        self._draining = True
        self._spawn(self._rights.close())
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
        budget = self._budgets.of(person, monotonic())
        budget.open()
        self._connections[sid] = Connection(sid, eio_sid, person, budget)
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
                if connection.gone:
                    return
                await self._company.enter(connection)
                rights = await self._hearing.read(connection)
                if rights is None:
                    return
                places = await self._hearing.positions(connection.person, rights)
        except Exception as error:  # the top of a connection: half let in is worse than out
            if not isinstance(error, WebError | CollabError):
                log.exception("a connection could not be set up")
            await self._server.eio.cut(connection.eio_sid)
            return
        person, config = connection.person, self._services.config
        view = wire.PersonView(person.id, person.school, person.name, person.role)
        relays = issue_ice_servers(config.turn, config.turn_secret)
        hello = wire.Hello(view, view_channels(rights, places), relays, self._services.school.clock())
        self._send(connection, "session:hello", hello)
        connection.told = connection.channels
        self._company.introduce(connection, connection.heard)
        connection.ready.set()
        self._rights.greeted(connection)

    async def on_disconnect(self, sid: str) -> None:
        """Forget a connection."""
        connection = self._connections.pop(sid, None)
        if connection is None:
            return
        connection.gone = True
        connection.budget.close()
        if connection.expiry is not None:
            connection.expiry.cancel()
        connection.ready.set()  # whoever waits for it goes on, and finds it gone
        self._rights.leave(connection)
        self._hearing.leave(connection)
        self._company.leave(connection)
        await self._services.rooms.connection_lost(sid)

    def _expire(self, sid: str) -> None:
        """The ticket's time is over; it lets nobody in any more, and nobody stay."""
        connection = self._connections.get(sid)
        if connection is not None:
            self._spawn(self._server.eio.cut(connection.eio_sid))

    async def on_event(self, sid: str, request: int | None, event: str, body: bytes) -> None:
        """Take one event; returns late while too many wait, so that its sender waits too."""
        connection = self._connections.get(sid)
        if connection is not None:
            await self._requests.take(connection, Request(request, event, body))

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

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task of the sockets failed", exc_info=task.exception())
