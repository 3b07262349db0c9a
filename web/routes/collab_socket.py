"""`/collab/{document}`: the raw WebSocket of a document, stock y-websocket on the wire.

Laws: the upgrade comes first and a refusal is a close code, so that browsers can read it (4401, 4403, 4404,
4413 are final; 4509, 4529, 1012 ask to come again). Rights are read at each connect and again at each change of
the school; a client that gained or lost the right to write is asked to come again (4509), for the wire has no word
for rights and the person should see at once what they may do. Frames leave through the socket's transport as the
engine framed them, once for all readers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Final

from aiohttp import WSMsgType, web

from collab.awareness import Editor
from collab.connection import Connection, EditRights
from web.door import person_at_socket
from web.errors import ProtocolError, WebError, describe
from web.room_view import colour_of
from web.routes.collab_gathering import Gathering
from web.routes.collab_pipe import Pipe, build_pipe
from web.routes.collab_wire import SWEEP_SECONDS, DocumentSocket
from web.routes.table import Route
from web.school.document_rights import is_shown
from web.school.events import DocumentChanged, RightsChanged, SchoolEvent, affects
from web.school.model import Person
from web.services import Services

MAX_FRAME: Final = 4 * 1024 * 1024  # a first sync of a large table from a client that was long away
log = logging.getLogger(__name__)


class _Seat:
    """One open document of one person."""

    __slots__ = ("connection", "document", "person", "pipe", "socket")

    def __init__(
        self, person: Person, document: str, socket: DocumentSocket, pipe: Pipe, connection: Connection
    ) -> None:
        self.person, self.document, self.connection = person, document, connection
        self.socket, self.pipe = socket, pipe


class DocumentSockets:
    """All document sockets of this worker."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._seats: set[_Seat] = set()
        self._news = 0  # batches of events so far
        self._sweeping: asyncio.Task[None] | None = None
        self._gathering = Gathering(services.documents.pace)
        services.documents.pace.source = self._gathering
        services.live.subscribe(self._on_school_events)

    def routes(self) -> tuple[Route, ...]:
        return (Route("GET", "/collab/{document}", self.serve, "Edit a document (WebSocket)", auth="ticket"),)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Run one socket from upgrade to close."""
        socket = DocumentSocket(MAX_FRAME)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        pipe = build_pipe(socket, transport)
        try:
            before = self._news
            seat = await self._seat(request, socket, pipe)
            self._seats.add(seat)
            if self._sweeping is None:
                self._sweeping = asyncio.create_task(self._sweep(), name="sweep of document sockets")
            expiry = self._expire_later(seat)
            try:
                if self._news != before:  # the rights it came in with may be over
                    await self._reread(seat)
                await self._read(socket, seat)
            finally:
                if expiry is not None:
                    expiry.cancel()
                self._seats.discard(seat)
                seat.connection.closed()
        except Exception as error:  # top of this socket's task: one peer's trouble stays its own
            await self._refuse(socket, error)
        finally:
            socket.release()
            pipe.release()
        return socket

    async def drain(self) -> None:
        """Ask everybody to come again elsewhere."""
        for seat in list(self._seats):
            seat.pipe.close(1012, "restart")

    async def _sweep(self) -> None:
        while self._seats:
            await asyncio.sleep(SWEEP_SECONDS)
            for seat in list(self._seats):
                seat.socket.look()
        self._sweeping = None

    async def _seat(self, request: web.Request, socket: DocumentSocket, pipe: Pipe) -> _Seat:
        services, document = self._services, request.match_info["document"]
        await services.live.until_fresh()
        person = await person_at_socket(request, services, request.query.get("ticket"))
        rights = await self._rights(person, document)
        if document.startswith("scratch-"):  # access lets such ids in only in the demo school: made by first use
            await services.documents.create(document, "scratch")
        connection = await services.documents.connect(
            document,
            pipe,
            Editor(person.id, person.name, person.role, colour_of(person.id)),
            rights,
            ack=request.query.get("ack") == "1",
            epoch=_epoch(request.query.get("epoch")),
        )
        return _Seat(person, document, socket, pipe, connection)

    def _expire_later(self, seat: _Seat) -> asyncio.TimerHandle | None:
        """Close the socket when its ticket's time is over."""
        ticket = seat.person.ticket
        if ticket is None:
            return None
        left = ticket.expires_at - self._services.school.clock()
        return asyncio.get_running_loop().call_later(left / 1000, seat.connection.close, 4401, "ticket_expired")

    async def _rights(self, person: Person, document: str) -> EditRights:
        _info, right = await self._services.access.access_document(person, document)
        return EditRights(read=True, write=right == "write", shown=is_shown(person, right))

    async def _read(self, socket: DocumentSocket, seat: _Seat) -> None:
        live, connection = self._services.live, seat.connection

        def take(data: bytes) -> bool:
            if not live.fresh:
                return False
            connection.receive(data)
            return True

        socket.hand_over(take)
        if seat.pipe.way is not None:
            socket.gather_with(self._gathering, seat.pipe.way)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                socket.hand_over(None)
                await live.until_fresh()
                connection.receive(message.data)
                socket.hand_over(take)
            elif message.type is WSMsgType.TEXT:
                raise ProtocolError(text="documents speak binary frames")

    async def _refuse(self, socket: web.WebSocketResponse, error: Exception) -> None:
        way_out = describe(error)
        if way_out is None:
            log.exception("a document socket failed")
        code, reason = (way_out.close, way_out.code) if way_out else (1011, "internal")
        await socket.close(code=code, message=reason.encode()[:120])

    async def _on_school_events(self, events: Sequence[SchoolEvent]) -> None:
        self._news += 1
        for seat in _concerned(events, self._seats):
            await self._reread(seat)

    async def _reread(self, seat: _Seat) -> None:
        try:
            rights = await self._rights(seat.person, seat.document)
            if rights != seat.connection.rights:
                seat.connection.set_rights(rights)  # what still waits inside is held to them
                seat.connection.close(4509, "rights_changed")
        except WebError as error:
            way_out = describe(error)
            seat.connection.close(way_out.close if way_out else 4403, error.code)


def _concerned(events: Sequence[SchoolEvent], seats: Iterable[_Seat]) -> list[_Seat]:
    """Return whose rights these may change. One person's sharing must not busy all the others, nor many documents that
    are made at once whoever sits at another one.
    """
    everybody: list[SchoolEvent] = []
    of: dict[str, list[SchoolEvent]] = {}
    for event in events:
        match event.body:
            case DocumentChanged(document):
                of.setdefault(document.id, []).append(event)
            case RightsChanged("document", shared):
                of.setdefault(shared, []).append(event)
            case _:
                everybody.append(event)
    return [
        seat
        for seat in seats
        if (everybody or seat.document in of)
        and any(affects(event, seat.person) for event in (*everybody, *of.get(seat.document, ())))
    ]


def _epoch(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise ProtocolError(text="epoch is a number")
    return int(text)
