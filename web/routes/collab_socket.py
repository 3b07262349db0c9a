"""`/collab/{document}`: the raw WebSocket of a document, stock y-websocket on the wire.

Laws: the upgrade comes first and a refusal is a close code, so that browsers can read it (4401, 4403, 4404,
4413 are final; 4509, 4529, 1012 ask to come again). Rights are read at each connect and again at each change of
the school, until when whoever that may concern is not heard: what they write waits in its order (`rereading.py`). A
client that gained or lost the right to write is asked to come again (4509), for the wire has no word for rights and the
person should see at once what they may do. Frames leave through the socket's transport as the
engine framed them, once for all readers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from typing import Final

from aiohttp import WSMsgType, web

from collab.awareness import Editor
from collab.connection import Connection, EditRights
from web.door import person_at_socket
from web.errors import ProtocolError, Unavailable, describe
from web.rereading import Rereading
from web.room_view import colour_of
from web.routes.collab_gathering import Gathering
from web.routes.collab_news import concerned
from web.routes.collab_pipe import Pipe, build_pipe
from web.routes.collab_wire import SWEEP_SECONDS, DocumentSocket
from web.routes.table import Route
from web.school.document_rights import Opened, is_shown
from web.school.events import SchoolEvent
from web.school.model import Person, Right
from web.services import Services

MAX_FRAME: Final = 4 * 1024 * 1024  # a first sync of a large table from a client that was long away
READ_AT_ONCE: Final = 100  # rights by one look: a few milliseconds of the loop
log = logging.getLogger(__name__)


class _Seat:
    """One open document of one person."""

    __slots__ = ("connection", "document", "doubt", "folder", "person", "pipe", "socket")

    def __init__(
        self, person: Person, document: str, socket: DocumentSocket, pipe: Pipe, connection: Connection
    ) -> None:
        self.person, self.document, self.connection = person, document, connection
        self.socket, self.pipe = socket, pipe
        self.folder: str | None = None
        self.doubt: asyncio.Event | None = None


class DocumentSockets:
    """All document sockets of this worker."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._seats: set[_Seat] = set()
        self._news = 0  # batches of events so far
        self._rereading = Rereading(self._reread, READ_AT_ONCE)
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
                    self._rereading.add([seat])
                await self._read(socket, seat)
            finally:
                if expiry is not None:
                    expiry.cancel()
                self._seats.discard(seat)
                self._rereading.drop(seat)
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

    async def close(self) -> None:
        """Read no rights any more."""
        await self._rereading.close()

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
        info, right = await services.access.access_document(person, document)
        if document.startswith("scratch-"):  # access lets such ids in only in the demo school: made by first use
            await services.documents.create(document, "scratch")
        connection = await services.documents.connect(
            document,
            pipe,
            Editor(person.id, person.name, person.role, colour_of(person.id)),
            _edit_rights(person, right),
            ack=request.query.get("ack") == "1",
            epoch=_epoch(request.query.get("epoch")),
        )
        seat = _Seat(person, document, socket, pipe, connection)
        seat.folder = info.folder
        return seat

    def _expire_later(self, seat: _Seat) -> asyncio.TimerHandle | None:
        """Close the socket when its ticket's time is over."""
        ticket = seat.person.ticket
        if ticket is None:
            return None
        left = ticket.expires_at - self._services.school.clock()
        return asyncio.get_running_loop().call_later(left / 1000, seat.connection.close, 4401, "ticket_expired")

    async def _read(self, socket: DocumentSocket, seat: _Seat) -> None:
        live, connection = self._services.live, seat.connection

        def take(data: bytes) -> bool:
            if seat.doubt is not None or not live.fresh:
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
                await self._rereading.until_certain(seat)
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
        self._rereading.add(concerned(events, self._seats))

    async def _reread(self, seats: Sequence[_Seat]) -> Collection[_Seat]:
        try:
            found = await self._services.access.access_documents({(seat.person, seat.document) for seat in seats})
        except Unavailable:
            raise
        except Exception as error:
            if len(seats) > 1:  # one whose rights cannot be read stands in nobody's way
                for seat in seats:
                    await self._reread([seat])
            else:
                _send_away(seats[0], error)
            return ()
        return [seat for seat in seats if not _applied(seat, found.get((seat.person, seat.document)))]


def _applied(seat: _Seat, opened: Opened | None) -> bool:
    """Hold somebody to what they may do now, and what of theirs still waits inside, too; False when that failed."""
    rights = EditRights(read=False, write=False) if opened is None else _edit_rights(seat.person, opened[1])
    seat.folder = None if opened is None else opened[0].folder
    try:
        if rights != seat.connection.rights:
            seat.connection.set_rights(rights)  # closes who may not even read
            seat.connection.close(4509, "rights_changed")
    except Exception:  # one peer's trouble stays its own
        log.exception("the rights of one person could not be applied")
        return False
    return True


def _send_away(seat: _Seat, error: Exception) -> None:
    """Close the socket of somebody whose rights cannot be read: whoever may come in again finds out at the door."""
    way_out = describe(error)
    if way_out is None:
        log.error("the rights of one person cannot be read", exc_info=error)
    code, reason = (way_out.close, way_out.code) if way_out else (1012, "unavailable")
    seat.connection.close(code, reason)


def _edit_rights(person: Person, right: Right) -> EditRights:
    return EditRights(read=True, write=right == "write", shown=is_shown(person, right))


def _epoch(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise ProtocolError(text="epoch is a number")
    return int(text)
