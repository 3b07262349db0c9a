"""Rights in documents change on one worker and act on the sockets that are open on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from tests.services import RedisServer
from tests.web.house import House, open_house
from tests.wire import YClient
from web.school.actions import AccountPatch, do_change_account, do_create_document, do_share
from web.school.model import DocumentInfo, Person, SharedRight

pytestmark = pytest.mark.edge
SCHOOL, DECK = "demo", "the-deck"
AMIRA = Person("pupil1", SCHOOL, "pupil", "Amira")


@pytest.fixture
async def pair(demo_data: Path, short_path: Path, redis_server: RedisServer) -> AsyncIterator[tuple[House, House]]:
    """Two workers of one server."""
    options = {"redis": redis_server.url, "runtime": short_path}
    async with open_house(demo_data, index=0, **options) as one, open_house(demo_data, index=1, **options) as two:
        deck = DocumentInfo(DECK, SCHOOL, "deck", "Parabeln", None, "teacher")
        await do_create_document(one.services.school, deck)
        await one.services.documents.create(DECK, "deck")
        yield one, two


async def share(house: House, access: Literal["read", "write"] | None) -> None:
    rights = [] if access is None else [SharedRight("account", AMIRA.id, access)]
    await do_share(house.services.school, SCHOOL, ("document", DECK), rights)


async def enter(house: House, ticket: str) -> YClient:
    client = YClient(house.url, DECK, ticket, "amira")
    await client.connect()
    return client


async def test_what_is_taken_away_ends_on_the_other_worker_and_old_tickets_bring_nothing_back(
    pair: tuple[House, House],
) -> None:
    here, there = pair
    await share(here, "write")
    ticket = (await here.services.auth.issue_document_ticket(AMIRA, DECK, "write")).ticket
    async with asyncio.timeout(20):
        amira = await enter(there, ticket)
        await amira.until_synced()
        await amira.until_acked(await amira.write())

        await share(here, "read")
        await amira.until_closed()
        assert amira.close_code == 4509, "asked to come again: the right is another one now"
        await amira.disconnect()
        amira = await enter(there, ticket)
        await amira.until_synced()
        assert "amira-0" in amira.known()
        await amira.write()
        await amira.until_closed()
        assert amira.close_code == 4403, "the ticket still says write"
        await amira.disconnect()

        amira = await enter(there, ticket)
        await amira.until_synced()
        await share(here, None)
        await amira.until_closed()
        assert amira.close_code == 4403
        await amira.disconnect()
        amira = await enter(there, ticket)
        await amira.until_closed()
        assert amira.close_code == 4403
        await amira.disconnect()

        await share(here, "write")
        amira = await enter(there, ticket)
        await amira.until_synced()
        for disabled in (True, False):
            await do_change_account(here.services.school, SCHOOL, AMIRA.id, AccountPatch(disabled=disabled))
        await amira.until_closed()
        assert amira.close_code in (4401, 4403)
        await amira.disconnect()
        amira = await enter(there, ticket)
        await amira.until_closed()
        assert amira.close_code == 4401, "a ticket of before"
        await amira.disconnect()
        fresh = (await here.services.auth.issue_document_ticket(AMIRA, DECK, "write")).ticket
        amira = await enter(there, fresh)
        await amira.until_synced()
        await amira.until_acked(await amira.write())
        await amira.disconnect()
