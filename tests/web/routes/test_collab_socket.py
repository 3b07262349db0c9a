"""When the rights of an open document are read again: not those of the whole school at one pupil's word."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from collab.connection import Connection
from collab.hub import Hub
from tests.web.house import open_house
from tests.wire import YClient
from web.routes.collab_socket import DocumentSockets, _concerned
from web.school.actions import do_create_document, do_share
from web.school.events import (
    DocumentChanged,
    EventBody,
    RightsChanged,
    SchoolEvent,
    SessionEnded,
)
from web.school.model import DocumentInfo, Person, SharedRight

EVE = Person("eve", "school", "pupil", "Eve")


class Seat:
    def __init__(self, document: str) -> None:
        self.person, self.document = EVE, document


@pytest.mark.parametrize(
    ("body", "concerned"),
    [
        (RightsChanged("document", "deck", ()), True),
        (RightsChanged("document", "another", ()), False),
        (RightsChanged("folder", "folder", ()), True),
        (DocumentChanged(DocumentInfo("deck", "school", "deck", "t", "folder", "eve")), True),
        (DocumentChanged(DocumentInfo("another", "school", "deck", "t", "folder", "eve")), False),
        (SessionEnded("eve"), True),
        (SessionEnded("somebody"), False),
    ],
)
def test_only_what_may_change_this_seat(body: EventBody, concerned: bool) -> None:
    seat = cast(Any, Seat("deck"))
    other = SchoolEvent("school", 0, 0, SessionEnded("somebody"))
    assert _concerned([other, SchoolEvent("school", 1, 0, body)], [seat]) == [seat] * concerned
    assert _concerned([SchoolEvent("another school", 1, 0, body)], [seat]) == []


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
