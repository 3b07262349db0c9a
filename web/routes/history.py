"""The past of a document over HTTP: who wrote when, old states, versions, restoring, erasing.

Laws: who may read a document may look at its past; who may write it names and restores; its owner, or who leads a
meeting in which it is laid out, erases what a person wrote. An old state is handed out as one Yjs update with the names
behind its client ids. One person has at most AT_ONCE of these made at a time, so that nobody fills the queue for all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from collab.awareness import Editor
from collab.history import Change, History
from collab.history_store import Version
from web.crowd import Shares
from web.errors import ProtocolError
from web.room_view import colour_of
from web.routes.edge import decode_query
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import Id, Title
from web.school import queries, tables
from web.school.access import forbidden
from web.school.document_rights import is_kept_apart
from web.school.model import DocumentInfo, Person
from web.services import Services

AT_ONCE: Final = 2
log = logging.getLogger(__name__)

Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class WantedPage(Struct, frozen=True):
    """`before`: the changes before this entry; left out, the newest."""

    before: Seq | None = None


class WriterView(Struct, frozen=True):
    """Somebody who wrote: `name` is empty for guests and for who was erased. `entries`: how much."""

    account: str
    name: str
    entries: int


class ChangeView(Struct, frozen=True):
    """What was written in one go: entries [first, last], between two moments."""

    first: int
    last: int
    began: int
    ended: int
    people: list[WriterView]


class VersionView(Struct, frozen=True):
    """A state that is kept: "named" by a person, "kept" before a restore, the last of a "day", the "floor" of all."""

    id: str
    seq: int
    kind: Literal["floor", "day", "named", "kept"]
    name: str
    account: str
    by: str
    at: int


class Past(Struct, frozen=True):
    """Changes and versions, newest first; versions come with the first page. `more`: the next page's `before`."""

    changes: list[ChangeView]
    versions: list[VersionView]
    more: int | None


class AuthorView(Struct, frozen=True):
    """Who wrote under a Yjs client id."""

    client: int
    account: str
    name: str


class StateView(Struct, frozen=True):
    """A document after entry `seq`: one Yjs update (V1), Base64 in JSON."""

    seq: int
    state: bytes
    authors: list[AuthorView]


class NewVersion(Struct, frozen=True):
    """A name for the state after entry `seq`; left out, for the present one."""

    name: Title
    seq: Seq | None = None


class Restored(Struct, frozen=True):
    """Whether anything had to be changed."""

    changed: bool


class Erasing(Struct, frozen=True):
    account: Id


class ErasedView(Struct, frozen=True):
    epoch: int


class DocumentPast:
    """The past of documents on one worker."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._shares = Shares(AT_ONCE, f"at most {AT_ONCE} old states are made at a time")

    async def look(self, call: Call[Nothing]) -> Past:
        """Who wrote when, and which states are kept."""
        wanted = decode_query(call.request, WantedPage)
        document = await self._access(call)
        page = await self._history.changes(document.id, wanted.before)
        versions = await self._history.versions(document.id) if wanted.before is None else []
        accounts = {account for change in page.changes for account in change.accounts}
        names = await _names(call.services, call.person, accounts | {version.account for version in versions})
        return Past(
            [_change_view(change, names) for change in page.changes],
            [_version_view(version, names) for version in versions],
            page.more,
        )

    async def show(self, call: Call[Nothing]) -> StateView:
        """One old state."""
        document = await self._access(call)
        with self._shares.one(call.person.id):
            old = await self._history.state(document.id, _seq(call))
        names = await _names(call.services, call.person, old.authors.values())
        authors = [AuthorView(client, who, names.get(who, "")) for client, who in sorted(old.authors.items())]
        return StateView(old.seq, old.state, authors)

    async def name(self, call: Call[NewVersion]) -> VersionView:
        """Keep a state under a name."""
        document = await call.services.access.access_document_to_write(call.person, call.id())
        with self._shares.one(call.person.id):
            version = await self._history.name(document.id, call.body.seq, call.body.name, call.person.id)
        return _version_view(version, {call.person.id: call.person.name})

    async def unname(self, call: Call[Nothing]) -> None:
        """Give a version's name up."""
        document = await call.services.access.access_document_to_write(call.person, call.id())
        await self._history.unname(document.id, call.id("version"))

    async def restore(self, call: Call[Nothing]) -> Restored:
        """Make the document say again what it said after an entry, as an edit of the caller."""
        document = await call.services.access.access_document_to_write(call.person, call.id())
        person = call.person
        editor = Editor(person.id, person.name, person.role, colour_of(person.id))
        with self._shares.one(person.id):
            return Restored(await self._history.restore(document.id, _seq(call), editor))

    async def erase(self, call: Call[Erasing]) -> ErasedView:
        """Take what one person wrote out of the document and all its old states, for good."""
        document = await call.services.access.access_document_to_erase(call.person, call.id())
        with self._shares.one(call.person.id):
            epoch = await self._history.erase(document.id, call.body.account)
        log.info("what one person wrote was erased from document %s", document.id)
        return ErasedView(epoch)

    def routes(self) -> tuple[Route, ...]:
        """The entries of the route table."""
        root = "/api/v1/documents/{id}"
        return (
            endpoint("GET", root + "/versions", self.look, "Who wrote when, and kept states", query=WantedPage,
                     response=Past, errors=(400, 403, 404)),
            endpoint("GET", root + "/versions/{seq}", self.show, "An old state", response=StateView,
                     errors=(403, 404, 429)),
            endpoint("POST", root + "/versions", self.name, "Keep a state under a name", request=NewVersion,
                     response=VersionView, status=201, errors=(400, 403, 404, 409, 429)),
            endpoint("DELETE", root + "/versions/{version}", self.unname, "Give a version's name up", status=204,
                     errors=(403, 404)),
            endpoint("POST", root + "/versions/{seq}/restore", self.restore, "Restore an old state",
                     response=Restored, errors=(403, 404, 409, 429)),
            endpoint("POST", root + "/erasure", self.erase, "Erase what a person wrote", request=Erasing,
                     response=ErasedView, errors=(400, 403, 404, 409, 429)),
        )  # fmt: skip

    async def _access(self, call: Call[Nothing]) -> DocumentInfo:
        """Return the document to who may know of the others in it, and of what stood there before."""
        document, right = await call.services.access.access_document(call.person, call.id())
        if is_kept_apart(call.person, right):
            raise forbidden("the past of a document is not told to families")
        return document


async def _names(services: Services, person: Person, accounts: Iterable[str]) -> dict[str, str]:
    """Return the names of accounts of the caller's school."""
    wanted = set(accounts)
    table = tables.account.c
    async with services.school.read() as connection:
        found = await queries.accounts(connection, table.id.in_(wanted), table.school == person.school)
    return {account.id: account.name for account in found}


def _change_view(change: Change, names: dict[str, str]) -> ChangeView:
    people = [WriterView(who, names.get(who, ""), count) for who, count in change.accounts.items()]
    people.sort(key=lambda writer: (-writer.entries, writer.name))
    return ChangeView(change.first, change.last, change.began, change.ended, people)


def _version_view(version: Version, names: dict[str, str]) -> VersionView:
    by = names.get(version.account, "")
    return VersionView(version.id, version.seq, version.kind, version.name, version.account, by, version.at)


def _seq(call: Call[Nothing]) -> int:
    text = call.id("seq")
    if not text.isdecimal() or len(text) > 15:
        raise ProtocolError(text="a state is named by the number of its last entry")
    return int(text)
