"""The first page after login, in one request: my classes, meetings, documents, channels."""

from __future__ import annotations

from msgspec import Struct

from web.routes.channels import channels_of
from web.routes.meetings import names_of
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import (
    ChannelView,
    DocumentView,
    FolderView,
    GroupView,
    MeetingView,
    PersonView,
    SchoolView,
    document_view,
    folder_view,
    group_view,
    meeting_view,
    person_view,
)
from web.school import queries, tables
from web.school.access import DAY
from web.school.model import SchoolClass


class Home(Struct, frozen=True):
    """`meetings`: from yesterday to two weeks ahead. `now`: the server's clock in milliseconds.

    `meetings_until`: until when they are all there; `documents_next`: how many to skip for those that follow, null at
    the end.
    """

    person: PersonView
    school: SchoolView
    classes: list[GroupView]
    learning_groups: list[GroupView]
    meetings: list[MeetingView]
    meetings_until: int
    folders: list[FolderView]
    documents: list[DocumentView]
    documents_next: int | None
    channels: list[ChannelView]
    now: int


async def home(call: Call[Nothing]) -> Home:
    """Everything the start page shows."""
    access, person = call.services.access, call.person
    now = call.services.school.clock()
    meetings, until = await access.plan_of(person, now - DAY, now + 14 * DAY)
    documents, following = await access.documents_of(person)
    names = await names_of(call.services, [meeting for meeting, _ in meetings])
    groups = await access.groups_of(person)
    async with call.services.school.read() as connection:
        (school,) = await queries.schools(connection, tables.school.c.id == person.school)
    return Home(
        person=person_view(person),
        school=SchoolView(school.id, school.title),
        classes=[group_view(group) for group in groups if isinstance(group, SchoolClass)],
        learning_groups=[group_view(group) for group in groups if not isinstance(group, SchoolClass)],
        meetings=[meeting_view(meeting, grant, names) for meeting, grant in meetings],
        meetings_until=until,
        folders=[folder_view(folder, right) for folder, right in await access.folders_of(person)],
        documents=[document_view(document, right) for document, right in documents],
        documents_next=following,
        channels=await channels_of(call.services, person),
        now=now,
    )


ROUTES: tuple[Route, ...] = (endpoint("GET", "/api/v1/home", home, "Everything the start page shows", response=Home),)
