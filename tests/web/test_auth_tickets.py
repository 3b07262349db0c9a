"""Tickets against a real database: of people and of tools, taken back, of another server, in the demo school."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.school.conftest import clock, store, town
from tests.web.school.town import Clock, found_town, person
from tests.web.test_auth import auth
from web import tickets
from web.auth import Auth
from web.errors import AccessDenied, ProtocolError, Unauthenticated
from web.passwords import Passwords
from web.school.access import SchoolAccess
from web.school.actions import (
    AccountPatch,
    do_change_account,
)
from web.school.demo import seed_demo
from web.school.events import TicketRevoked
from web.school.store import SchoolStore, migrate

__all__ = ["auth", "clock", "store", "town"]


async def test_tickets_of_accounts(auth: Auth, town: SchoolStore, clock: Clock) -> None:
    access = SchoolAccess(town)
    issued = await auth.issue_meeting_ticket(person("a", "p1"), "a-lesson")
    for _ in range(2):  # one ticket serves several connections
        mia = await auth.person_of_ticket(issued.ticket)
    assert (mia.id, mia.role) == ("a-p1", "pupil")
    assert (await access.access_meeting(mia, "a-lesson"))[1].edit
    await do_change_account(town, "a", "a-p1", AccountPatch(role="teacher"))
    assert (await auth.person_of_ticket(issued.ticket)).role == "teacher", "the role is read, not remembered"
    await do_change_account(town, "a", "a-p1", AccountPatch(disabled=True))
    with pytest.raises(Unauthenticated):
        await auth.person_of_ticket(issued.ticket)
    await do_change_account(town, "a", "a-p1", AccountPatch(disabled=False))
    with pytest.raises(Unauthenticated):  # as with logins: being let in again does not bring them back
        await auth.person_of_ticket(issued.ticket)
    fresh = await auth.issue_meeting_ticket(person("a", "p1"), "a-lesson")
    assert (await auth.person_of_ticket(fresh.ticket)).id == "a-p1", "in the same second"
    await do_change_account(town, "a", "a-p1", AccountPatch(disabled=True))
    await do_change_account(town, "a", "a-p1", AccountPatch(disabled=False))
    for worthless in (issued, fresh):
        with pytest.raises(Unauthenticated):
            await auth.person_of_ticket(worthless.ticket)
    late = await auth.issue_document_ticket(person("a", "t1"), "a-deck", "write")
    clock.now += tickets.LIFE + 1000
    with pytest.raises(Unauthenticated):
        await auth.person_of_ticket(late.ticket)


async def test_tickets_of_tools(auth: Auth, town: SchoolStore) -> None:
    access = SchoolAccess(town)
    teacher = await auth.person_of_ticket((await auth.issue_role_ticket("a-lesson", "teacher", "Tool")).ticket)
    assert (teacher.name, teacher.school) == ("Tool", "a")
    assert (await access.access_meeting(teacher, "a-lesson"))[1].moderate
    issued = await auth.issue_named_document_ticket("a-deck", "read", "Reader")
    reader = await auth.person_of_ticket(issued.ticket)
    assert (await access.access_document(reader, "a-deck"))[1] == "read"
    with pytest.raises(AccessDenied):
        await access.access_document(reader, "a-table")
    heads = await town.event_heads()
    await auth.revoke_ticket(issued.ticket)
    (event,) = await town.events_after(heads)
    assert isinstance(event.body, TicketRevoked)
    with pytest.raises(Unauthenticated):
        await auth.person_of_ticket(issued.ticket)
    with pytest.raises(AccessDenied):
        await access.access_document(reader, "a-deck")
    await auth.revoke_ticket(issued.ticket)
    for wrong in (
        auth.issue_role_ticket("nowhere", "teacher", "T"),
        auth.issue_named_document_ticket("nothing", "write", "T"),
        auth.issue_named_document_ticket("scratch-1", "write", "T"),
    ):
        with pytest.raises(AccessDenied):
            await wrong
    with pytest.raises(ProtocolError):
        await auth.issue_role_ticket("a-lesson", "teacher", "")


async def test_the_key_is_the_databases(town: SchoolStore, auth: Auth) -> None:
    """Every worker and the command line find the same key; another school server has another."""
    second = await Auth.open(town, passwords=Passwords(memory_kib=64, passes=1))
    issued = await auth.issue_meeting_ticket(person("a", "p1"), "a-lesson")
    assert (await second.person_of_ticket(issued.ticket)).id == "a-p1"
    second.close()


async def test_tickets_of_another_server(auth: Auth, tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"
    migrate(url)
    store = await SchoolStore.open(url, clock=clock)
    await found_town(store)
    other = await Auth.open(store, passwords=Passwords(memory_kib=64, passes=1))
    with pytest.raises(Unauthenticated):
        await auth.person_of_ticket((await other.issue_meeting_ticket(person("a", "t1"), "a-lesson")).ticket)
    other.close()
    await store.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_scratch_tickets_in_demo(auth: Auth, town: SchoolStore) -> None:
    await seed_demo(town)
    issued = await auth.issue_named_document_ticket("scratch-1", "write", "Tool")
    town.demo = True
    tool = await auth.person_of_ticket(issued.ticket)
    assert (await SchoolAccess(town).access_document(tool, "scratch-1"))[1] == "write"
