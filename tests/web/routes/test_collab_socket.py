"""When the rights of an open document are read again: not those of the whole school at one pupil's word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from collab.connection import Connection, EditRights
from collab.hub import Hub
from tests.collab.gated_store import logged
from tests.web.house import House, open_house
from tests.wire import YClient
from web.errors import Unavailable
from web.rereading import Rereading
from web.routes.collab_socket import READ_AT_ONCE, DocumentSockets
from web.school.actions import do_create_document, do_share
from web.school.document_rights import Asked, Opened
from web.school.events import RightsChanged, SchoolEvent
from web.school.model import DocumentInfo, Person, Right, SharedRight, TicketScope


@pytest.mark.parametrize(("left", "code"), [("read", 4509), (None, 4403)])
async def test_a_right_that_changes_while_somebody_comes_in_is_read_again(
    demo_data: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch, left: Literal["read"] | None, code: int
) -> None:
    """The news of it come when the rights were read and nobody sits there yet."""
    at_the_door, heard, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    entered, acted = Hub.connect, DocumentSockets._on_school_events

    async def slow(self: Hub, *arguments: Any, **more: Any) -> Connection:
        at_the_door.set()
        await go_on.wait()
        return await entered(self, *arguments, **more)

    async def hear(self: DocumentSockets, events: Sequence[SchoolEvent]) -> None:
        await acted(self, events)
        if at_the_door.is_set():
            heard.set()

    monkeypatch.setattr(Hub, "connect", slow)
    monkeypatch.setattr(DocumentSockets, "_on_school_events", hear)
    amira = Person("pupil1", "demo", "pupil", "Amira")
    async with asyncio.timeout(30), open_house(demo_data, runtime=short_path) as house:
        school = house.services.school
        await do_create_document(school, DocumentInfo("deck", "demo", "deck", "Parabeln", None, "teacher"))
        await house.services.documents.create("deck", "deck")
        await do_share(school, "demo", ("document", "deck"), [SharedRight("account", amira.id, "write")])
        ticket = (await house.services.auth.issue_document_ticket(amira, "deck", "write")).ticket
        async with YClient(house.url, "deck", ticket, "amira") as client:
            await at_the_door.wait()
            rights = [SharedRight("account", amira.id, left)] if left else []
            await do_share(school, "demo", ("document", "deck"), rights)
            await heard.wait()
            go_on.set()
            await client.until_closed()
            assert client.close_code == code


class Deck:
    """A deck of the demo school that pupils may write in, and a gate before whatever reads their rights anew."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house = house
        self.reading, self.at_the_gate, self.go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.fail: Callable[[Collection[Asked]], None] = lambda _: None
        access, waits = house.services.access, Rereading.until_certain
        read = access.access_documents

        async def gated(asked: Collection[Asked]) -> dict[Asked, Opened]:
            self.reading.set()
            await self.go_on.wait()
            self.fail(asked)
            return await read(asked)

        async def waiting(rereading: Rereading[Any], seat: Any) -> None:
            if seat.doubt is not None:
                self.at_the_gate.set()
            await waits(rereading, seat)

        monkeypatch.setattr(access, "access_documents", gated)
        monkeypatch.setattr(Rereading, "until_certain", waiting)

    async def share(self, **rights: Right | None) -> None:
        shared = [SharedRight("account", who, right) for who, right in rights.items() if right is not None]
        await do_share(self.house.services.school, "demo", ("document", "deck"), shared)
        await self.house.services.live.hasten()

    async def enter(self, account: str) -> YClient:
        who = Person(account, "demo", "pupil", account)
        ticket = (await self.house.services.auth.issue_document_ticket(who, "deck", "write")).ticket
        client = YClient(self.house.url, "deck", ticket, account)
        await client.connect()
        await client.until_synced()
        await client.until_acked(await client.write())
        return client


@asynccontextmanager
async def open_deck(
    demo_data: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch, *accounts: str
) -> AsyncIterator[tuple[Deck, list[YClient]]]:
    """The deck with these pupils in it, each of whom has written once."""
    async with asyncio.timeout(30), open_house(demo_data, runtime=runtime) as house:
        deck = Deck(house, monkeypatch)
        await do_create_document(house.services.school, DocumentInfo("deck", "demo", "deck", "x", None, "teacher"))
        await house.services.documents.create("deck", "deck")
        writers: dict[str, Right | None] = dict.fromkeys(accounts, "write")
        await deck.share(**writers)
        clients = [await deck.enter(account) for account in accounts]
        try:
            yield deck, clients
        finally:
            deck.go_on.set()
            for client in clients:
                await client.disconnect()


@pytest.mark.parametrize(("left", "code"), [("write", None), ("read", 4509), (None, 4403)])
async def test_nothing_is_taken_from_whom_news_concern_until_their_right_was_read(
    demo_data: Path,
    short_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    left: Literal["read", "write"] | None,
    code: int | None,
) -> None:
    async with open_deck(demo_data, short_path, monkeypatch, "pupil1", "pupil2") as (deck, (amira, ben)):
        store = deck.house.services.documents.store
        before = await logged(store, "deck")
        await deck.share(pupil1=left, pupil2="write")
        await deck.reading.wait()
        keys = {await amira.write(), await amira.write()}
        await deck.at_the_gate.wait()
        assert await logged(store, "deck") == before
        deck.go_on.set()
        if code is None:
            await ben.until(keys)
            for key in keys:
                await amira.until_acked(key)
            assert await logged(store, "deck") == before + 2
        else:
            await amira.until_closed()
            assert amira.close_code == code
        ours = await ben.write()
        await ben.until_acked(ours)  # whatever was to come from her is there by now
        assert keys <= ben.known() if code is None else not keys & ben.known()
        assert code is None or await logged(store, "deck") == before + 1


async def test_whose_rights_cannot_be_read_are_in_nobodys_way(
    demo_data: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_deck(demo_data, short_path, monkeypatch, "pupil1", "pupil2") as (deck, (amira, ben)):

        def fail(asked: Collection[Asked]) -> None:
            if any(who.id == "pupil2" for who, _ in asked):
                raise ZeroDivisionError

        deck.fail = fail
        deck.go_on.set()
        await deck.share(pupil2="write")
        await amira.until_closed()
        assert amira.close_code == 4403
        await ben.until_closed()
        assert ben.close_code == 1012, "finds out at the door"


async def test_rights_that_could_not_be_read_while_the_database_was_away_are_read_again(
    demo_data: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_deck(demo_data, short_path, monkeypatch, "pupil1", "pupil2") as (deck, (amira, ben)):
        tries: list[int] = []

        def fail(asked: Collection[Asked]) -> None:
            tries.append(len(asked))
            if len(tries) < 3:
                raise Unavailable(text="the database cannot be reached")

        deck.fail = fail
        deck.go_on.set()
        await deck.share(pupil2="write")
        await amira.until_closed()
        assert amira.close_code == 4403
        assert tries[:3] == [2, 2, 2]
        await ben.until_acked(await ben.write())


class Place:
    """An open document without a socket."""

    def __init__(self, person: Person) -> None:
        self.person, self.document, self.folder = person, "deck", None
        self.doubt: asyncio.Event | None = None
        self.closed: int | None = None
        self.connection = self
        self.rights = EditRights(read=True, write=True, shown=True)

    def set_rights(self, rights: EditRights) -> None:
        self.rights = rights

    def close(self, code: int, reason: str) -> None:
        self.closed = code


async def test_a_thousand_seats_are_read_anew_by_ten_looks(
    demo_data: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(30), open_house(demo_data, runtime=short_path) as house:
        school = house.services.school
        await do_create_document(school, DocumentInfo("deck", "demo", "deck", "x", None, "teacher"))
        await do_share(school, "demo", ("document", "deck"), [SharedRight("account", "pupil1", "write")])
        later = school.clock() + 3_600_000
        scopes = [TicketScope(f"t{n}", later, document="deck", right="write") for n in range(1000)]
        places = [Place(Person(f"pupil{1 + n % 2}", "demo", "pupil", "P", scope)) for n, scope in enumerate(scopes)]
        sockets, looks, read = DocumentSockets(house.services), list[int](), school.read
        sockets._seats = cast(Any, set(places))

        def counted() -> Any:
            looks.append(1)
            return read()

        monkeypatch.setattr(school, "read", counted)
        body = RightsChanged("document", "deck", ())
        await sockets._on_school_events([SchoolEvent("demo", 1, 0, body)])
        for place in places:
            await sockets._rereading.until_certain(cast(Any, place))
        assert [place.rights.read for place in places] == [True, False] * 500
        assert len(looks) <= 1000 / READ_AT_ONCE + 2, "the worker itself asks for news meanwhile"
