"""A person's rights over their data, exercised by the school's administration: what there is, a copy, erasure.

Laws: head and administration, of accounts and guests of their own school, never of their own subject. Nothing is erased
unless the login is said again (of a guest, the name, or the id where there is none). A worker makes one copy or erasure
at a time; an erasure that was begun is ended, whoever hangs up.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

from aiohttp import hdrs, web
from msgspec import Meta, Struct

from web.downloads import download_headers, file_name
from web.errors import AccessDenied, Overloaded, ProtocolError, StateError
from web.person import Holdings, Subject, count, erase, find_subject
from web.person_export import export
from web.routes.edge import decode_query
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import Id

_PIECE: Final = 1 << 18


class Amount(Struct, frozen=True):
    """How much there is of something."""

    what: str
    count: int


class HeldView(Struct, frozen=True):
    """What there is of a person."""

    login: str
    full_name: str
    amounts: list[Amount]


class GuestView(Struct, frozen=True):
    """Somebody without an account: the name they gave ("": not known), where they were, when seen last (ms)."""

    id: str
    name: str
    places: list[str]
    last: int


class Guests(Struct, frozen=True):
    """The newest who fit."""

    guests: list[GuestView]


class GuestQuery(Struct, frozen=True):
    """`text`: in the name, or where they were."""

    text: Annotated[str, Meta(max_length=100)] = ""


class ErasePerson(Struct, frozen=True):
    """The login of the account, said again."""

    login: Id


class Persons:
    """The persons of one worker's schools."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._turn = asyncio.Lock()
        self._erasing: set[asyncio.Task[str]] = set()

    async def look(self, call: Call[Nothing]) -> HeldView:
        """What there is of a person."""
        subject = await self._subject(call)
        counts = await count(self._holdings, subject)
        return HeldView(subject.login, subject.full_name, [Amount(what, number) for what, number in counts.items()])

    async def guests(self, call: Call[Nothing]) -> Guests:
        """Who was here without an subject."""
        standing = await call.services.access.access_administration(call.person)
        found = await self._holdings.visitors.of(standing.school, decode_query(call.request, GuestQuery).text)
        return Guests([GuestView(one.id, one.name, one.places, one.last) for one in found])

    async def copy(self, call: Call[Nothing]) -> web.StreamResponse:
        """Everything of a person as one zip file."""
        subject = await self._subject(call)
        self._require_turn()
        async with self._turn:
            with tempfile.TemporaryDirectory(prefix="kreide-export-") as folder:
                file = Path(folder) / "export.zip"
                size = await export(self._holdings, subject, file)
                headers = {hdrs.CONTENT_TYPE: "application/zip", **download_headers(file_name(subject.login, "zip"))}
                response = web.StreamResponse(headers=headers)
                response.content_length = size
                await response.prepare(call.request)
                with file.open("rb") as copied:
                    while piece := await asyncio.to_thread(copied.read, _PIECE):
                        await response.write(piece)
                await response.write_eof()
                return response

    async def erase(self, call: Call[ErasePerson]) -> None:
        """Take a person out of everything, for good."""
        subject = await self._subject(call)
        if subject.id == call.person.id:
            raise StateError("own_account", "somebody else has to change this of your own account")
        if call.body.login != subject.login:
            raise ProtocolError("wrong_login", "this is not the login of the account")
        self._require_turn()
        async with self._turn:
            task = asyncio.create_task(erase(self._holdings, subject))
            self._erasing.add(task)
            task.add_done_callback(self._erasing.discard)
            await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for what was begun."""
        await asyncio.gather(*self._erasing, return_exceptions=True)

    def routes(self) -> tuple[Route, ...]:
        """The entries of the route table."""
        root = "/api/v1/accounts/{id}"
        return (
            endpoint("GET", "/api/v1/guests", self.guests, "Who was here without an account", response=Guests,
                     query=GuestQuery, errors=(400, 403)),
            endpoint("GET", root + "/data", self.look, "What there is of a person", response=HeldView,
                     errors=(403, 404)),
            endpoint("GET", root + "/data/export", self.copy, "Everything of a person in one file",
                     gives=("application/zip",), errors=(403, 404, 429)),
            endpoint("POST", root + "/data/erasure", self.erase, "Erase a person", request=ErasePerson, status=204,
                     errors=(400, 403, 404, 409, 429)),
        )  # fmt: skip

    async def _subject(self, call: Call[Any]) -> Subject:
        standing = await call.services.access.access_administration(call.person)
        subject = await find_subject(self._holdings, call.id(), standing.school)
        if subject.id != call.id():  # a login is no id
            raise AccessDenied()
        return subject

    def _require_turn(self) -> None:
        if self._turn.locked():
            raise Overloaded(text="one person is copied or erased at a time", retry_after=10)
