"""Who wrote each letter of a document: client ids, the people behind them, and when.

Laws: who may read a document may see who wrote it; families and guests who only read are told of staff and of
themselves. The text itself is not here: every replica knows the client id and
the number of each letter, this says whose they are. Whoever has no account (a guest, somebody erased, the server's
own first text) has no name. One person looks at most AT_ONCE times at a time, so that nobody fills the queue for all.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from collab.authors import Authors
from web.crowd import Shares
from web.room_view import colour_of
from web.routes.table import Call, Nothing, Route, endpoint
from web.school import queries, tables
from web.school.document_rights import is_kept_apart
from web.school.model import STAFF

AT_ONCE: Final = 2


class WriterView(Struct, frozen=True):
    """Somebody who wrote; `colour` as everywhere, 0 to 7."""

    account: str
    name: str
    colour: int


class ClientView(Struct, frozen=True):
    """A Yjs client id, who wrote under it (a place in `people`; null: not known) and when it began."""

    client: int
    person: int | None
    since: int


class RunView(Struct, frozen=True):
    """What `client` wrote from `clock` on, up to its next run, was written at `at`; before the first run: `since`."""

    client: int
    clock: int
    at: int


class AuthorsView(Struct, frozen=True):
    """After entry `head`."""

    head: int
    people: list[WriterView]
    clients: list[ClientView]
    runs: list[RunView]


class DocumentAuthors:
    """The authors of documents on one worker."""

    def __init__(self, authors: Authors) -> None:
        self._authors = authors
        self._shares = Shares(AT_ONCE, f"the authors of at most {AT_ONCE} documents are looked up at a time")

    async def look(self, call: Call[Nothing]) -> AuthorsView:
        """Who wrote each letter."""
        document, right = await call.services.access.access_document(call.person, call.id())
        with self._shares.one(call.person.id):
            found = await self._authors.look(document.id)
        wanted = {writer.account for writer in found.writers.values()} - {""}
        table = tables.account.c
        async with call.services.school.read() as connection:
            people = await queries.accounts(connection, table.id.in_(wanted), table.school == call.person.school)
        if is_kept_apart(call.person, right):
            people = [one for one in people if one.role in STAFF or one.id == call.person.id]
        place = {account.id: index for index, account in enumerate(people)}
        return AuthorsView(
            found.head,
            [WriterView(account.id, account.name, colour_of(account.id)) for account in people],
            [ClientView(client, place.get(who.account), who.since) for client, who in sorted(found.writers.items())],
            [RunView(run.client, run.clock, run.at) for run in found.runs],
        )

    def routes(self) -> tuple[Route, ...]:
        """The entries of the route table."""
        return (
            endpoint("GET", "/api/v1/documents/{id}/authors", self.look, "Who wrote each letter",
                     response=AuthorsView, errors=(404, 429)),
        )  # fmt: skip
