"""What is said of many people at once is what is said of each alone, whatever has happened in the school."""

from __future__ import annotations

from sqlalchemy import event

from tests.web.school.script import STEPS
from tests.web.school.town import HOUR, NOW, ROLES, person
from web.errors import AccessDenied
from web.school.access import SchoolAccess
from web.school.actions import do_create_document, do_share
from web.school.document_rights import Asked, Opened
from web.school.model import DocumentInfo, Person, Role, SharedRight, TicketScope
from web.school.store import SchoolStore


def holder(name: str, ticket: TicketScope, role: Role = "pupil") -> Person:
    return Person(name, "a", role, "Holder", ticket)


def everybody() -> list[Person]:
    """Of two schools, with and without a login, a ticket of their own, a tool's, a guest's, and nobody at all."""
    later = NOW + HOUR
    by_link = TicketScope("a-link", later, meeting="a-lesson", role="guest")
    return [
        *(person("a", name) for name in ROLES),
        *(person("b", name) for name in ("t1", "h")),
        Person("a-p1", "a", "pupil", "P", session="0" * 64),
        Person("a-p1", "b", "pupil", "P"),
        Person("a-nobody", "a", "teacher", "N"),
        holder("ticket:1", TicketScope("ticket-1", later, meeting="a-lesson", role="teacher"), "teacher"),
        holder("ticket:2", TicketScope("ticket-2", later, document="a-deck", right="write", role="pupil")),
        holder("a-p2", TicketScope("ticket-3", later, document="a-deck", right="read")),
        holder("a-p2", TicketScope("ticket-4", later, document="a-notes", right="write")),
        holder("a-p2", TicketScope("ticket-5", later, document="a-notes", right="write", shut_outs=1)),
        holder("a-p1", TicketScope("ticket-6", later, meeting="a-lesson")),
        holder("a-p1", TicketScope("ticket-7", NOW, meeting="a-lesson")),
        holder("guest:1", by_link, "guest"),
    ]


async def one_by_one(access: SchoolAccess, asked: list[Asked]) -> dict[Asked, Opened]:
    found: dict[Asked, Opened] = {}
    for who, document in asked:
        try:
            found[who, document] = await access.access_document(who, document)
        except AccessDenied:
            continue
    return found


async def check_meetings(access: SchoolAccess, after: str) -> None:
    for meeting in ("a-lesson", "a-talk", "none"):
        alone = {}
        for who in everybody():
            try:
                alone[who] = (await access.access_meeting(who, meeting))[1]
            except AccessDenied:
                continue
        assert (await access.access_meeting_for(everybody(), meeting))[1] == alone, after


TELLING = {"do_change_meeting", "do_admit", "do_keep_group_rooms", "do_invite", "do_create_guest_link", "do_share"}
TELLING |= {"do_revoke_guest_link", "do_revoke_ticket", "do_end_session", "do_unenrol", "do_change_account"}


async def test_many_are_answered_like_each_of_them(town: SchoolStore) -> None:
    access, answers = SchoolAccess(town), set[int]()
    asked = [(who, document) for who in everybody() for document in ("a-deck", "a-notes", "a-table", "a-doc", "none")]
    for name, act in STEPS:
        await act(town)
        if name in TELLING:
            await check_meetings(access, name)
            alone = await one_by_one(access, asked)
            assert await access.access_documents(asked) == alone, name
            answers.add(len(alone))
    assert len(answers) > 5, "the script moves rights"


async def test_a_thousand_people_cost_as_many_questions_as_ten(town: SchoolStore) -> None:
    await do_create_document(town, DocumentInfo("a-all", "a", "deck", "All", None, "a-t1"))
    await do_share(town, "a", ("document", "a-all"), [SharedRight("group", "a-1", "write")])
    access, questions = SchoolAccess(town), list[int]()
    for count in (10, 1000):
        tickets = (TicketScope(f"ticket-{n}", NOW + HOUR + n, document="a-all", right="write") for n in range(count))
        asked = [(holder("a-p1", ticket), "a-all") for ticket in tickets]
        asked.append((person("a", "p3"), "a-all"))
        engines = [town._engine.sync_engine, *([town._reader._engine] if town._reader else [])]
        said: list[str] = []

        def note(_: object, __: object, statement: str, *___: object, said: list[str] = said) -> None:
            said.append(statement)

        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        found = await access.access_documents(asked)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
        assert set(found) == set(asked[:-1])
        questions.append(sum("SELECT" in statement for statement in said))
    assert questions[0] == questions[1] < 20
