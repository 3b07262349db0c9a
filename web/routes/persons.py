"""A person's rights over their data, exercised by the school's administration: what there is, a copy, erasure.

Laws: head and administration, of accounts of their own school, never of their own account. Nothing is erased unless the
login is said again. A worker makes one copy or erasure at a time; an erasure that was begun is ended, whoever hangs up.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final

from aiohttp import hdrs, web
from msgspec import Struct

from web.downloads import download_headers, file_name
from web.errors import AccessDenied, Overloaded, ProtocolError, StateError
from web.person import Holdings, count, erase
from web.person_export import export
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import Id
from web.school import queries, tables
from web.school.model import Account

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
        account = await self._account(call)
        counts = await count(self._holdings, account)
        return HeldView(account.login, account.full_name, [Amount(what, number) for what, number in counts.items()])

    async def copy(self, call: Call[Nothing]) -> web.StreamResponse:
        """Everything of a person as one zip file."""
        account = await self._account(call)
        self._require_turn()
        async with self._turn:
            with tempfile.TemporaryDirectory(prefix="kreide-export-") as folder:
                file = Path(folder) / "export.zip"
                size = await export(self._holdings, account, file)
                headers = {hdrs.CONTENT_TYPE: "application/zip", **download_headers(file_name(account.login, "zip"))}
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
        account = await self._account(call)
        if account.id == call.person.id:
            raise StateError("own_account", "somebody else has to change this of your own account")
        if call.body.login != account.login:
            raise ProtocolError("wrong_login", "this is not the login of the account")
        self._require_turn()
        async with self._turn:
            task = asyncio.create_task(erase(self._holdings, account))
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
            endpoint("GET", root + "/data", self.look, "What there is of a person", response=HeldView,
                     errors=(403, 404)),
            endpoint("GET", root + "/data/export", self.copy, "Everything of a person in one file",
                     gives=("application/zip",), errors=(403, 404, 429)),
            endpoint("POST", root + "/data/erasure", self.erase, "Erase a person", request=ErasePerson, status=204,
                     errors=(400, 403, 404, 409, 429)),
        )  # fmt: skip

    async def _account(self, call: Call[Any]) -> Account:
        standing = await call.services.access.access_administration(call.person)
        async with call.services.school.read() as connection:
            table = tables.account.c
            found = await queries.accounts(connection, table.id == call.id(), table.school == standing.school)
        if not found:
            raise AccessDenied()
        return found[0]

    def _require_turn(self) -> None:
        if self._turn.locked():
            raise Overloaded(text="one person is copied or erased at a time", retry_after=10)
