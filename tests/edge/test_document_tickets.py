"""A ticket's time ends on open sockets, and who was sent away is out at once, whether they take notice or not."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Map, create_update_message

from tests.edge.test_document_rights import AMIRA, DECK, SCHOOL, enter
from tests.web.house import House, eventually, open_house
from tests.wire import YClient
from web.routes import collab_wire
from web.school.actions import do_create_document, do_share
from web.school.model import DocumentInfo, Person, SharedRight

pytestmark = pytest.mark.edge
TEACHER = Person("teacher", SCHOOL, "teacher", "Frau Yıldız")
BEN = Person("pupil2", SCHOOL, "pupil", "Ben")
LEFT = 1.5  # seconds that a ticket is still good for: enough to come in on a slow machine


@pytest.fixture
async def school(demo_data: Path) -> AsyncIterator[House]:
    """A server with a deck that the pupil may write in."""
    async with open_house(demo_data) as house:
        deck = DocumentInfo(DECK, SCHOOL, "deck", "Parabeln", None, "teacher")
        await do_create_document(house.services.school, deck)
        await house.services.documents.create(DECK, "deck")
        await share(house, AMIRA.id)
        yield house


async def share(house: House, *accounts: str) -> None:
    rights = [SharedRight("account", account, "write") for account in accounts]
    await do_share(house.services.school, SCHOOL, ("document", DECK), rights)


async def test_a_ticket_ends_on_an_open_socket(school: House) -> None:
    issued = await school.services.auth.issue_document_ticket(AMIRA, DECK, "write")
    school.services.school.clock = lambda: issued.expires_at - int(LEFT * 1000)
    async with asyncio.timeout(30):
        amira = await enter(school, issued.ticket)
        await amira.until_synced()
        await amira.until_closed()
        assert amira.close_code == 4401
        await amira.disconnect()
        school.services.school.clock = lambda: issued.expires_at
        amira = await enter(school, issued.ticket)
        await amira.until_closed()
        assert amira.close_code == 4401
        await amira.disconnect()


async def sleep_on(house: House, ticket: str) -> socket.socket:
    """Come in, ask for the document, and never read."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    port = int(house.url.rsplit(":", 1)[1])
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
    head = f"GET /collab/{DECK}?ticket={ticket} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    raw.send(head.encode())
    raw.send(masked(b"\x00\x00\x01\x00"))
    return raw


def masked(frame: bytes) -> bytes:
    assert len(frame) < 126
    return struct.pack("!BB4x", 0x82, 0x80 | len(frame)) + frame


def handlers() -> set[asyncio.Task[Any]]:
    """The tasks of the connections that the server has open."""
    return {task for task in asyncio.all_tasks() if "RequestHandler.start" in repr(task.get_coro())}


async def test_who_is_sent_away_is_out_although_they_do_not_read(
    school: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collab_wire, "GOODBYE_SECONDS", 0.5)
    hub = school.services.documents
    await share(school, AMIRA.id, BEN.id)
    tickets = [(await school.services.auth.issue_document_ticket(who, DECK, "write")).ticket for who in (TEACHER, BEN)]
    theirs = (await school.services.auth.issue_document_ticket(AMIRA, DECK, "write")).ticket
    async with (
        asyncio.timeout(60),
        YClient(school.url, DECK, tickets[0], "teacher") as teacher,
        YClient(school.url, DECK, tickets[1], "ben") as ben,
        YClient(school.url, DECK, theirs, "amira") as amira,
    ):
        for client in (teacher, ben, amira):
            await client.until_synced()
        for key in ("one", "two"):  # together more than a socket takes by itself
            teacher.keys[key] = "x" * 3_000_000
            await teacher.disconnect()
            await teacher.connect()
            await teacher.until_synced()
        before = handlers()
        sleeper = await sleep_on(school, theirs)
        await eventually(lambda: hub.statistics().connections == 4)
        (theirs_here,) = handlers() - before
        await share(school, BEN.id)
        await amira.until_closed()
        await share(school)
        await ben.until_closed()  # so the news before it has been acted on
        assert hub.statistics().connections == 1, "only the teacher is left"
        late: Doc[Any] = Doc()
        late.get("keys", type=Map[Any])["late"] = 1
        sleeper.send(masked(create_update_message(late.get_update())))
        await teacher.until_acked(await teacher.write())
        assert "late" not in teacher.known()
        await eventually(theirs_here.done)
        sleeper.close()
