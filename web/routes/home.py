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
    """`meetings`: from yesterday to two weeks ahead. `now`: the server's clock in milliseconds."""

    person: PersonView
    school: SchoolView
    classes: list[GroupView]
    learning_groups: list[GroupView]
    meetings: list[MeetingView]
    folders: list[FolderView]
    documents: list[DocumentView]
    channels: list[ChannelView]
    now: int


async def home(call: Call[Nothing]) -> Home:
    """Everything the start page shows."""
    access, person = call.services.access, call.person
    now = call.services.school.clock()
    meetings = await access.meetings_of(person, now - DAY, now + 14 * DAY)
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
        folders=[folder_view(folder, right) for folder, right in await access.folders_of(person)],
        documents=[document_view(document, right) for document, right in await access.documents_of(person)],
        channels=await channels_of(call.services, person),
        now=now,
    )


ROUTES: tuple[Route, ...] = (endpoint("GET", "/api/v1/home", home, "Everything the start page shows", response=Home),)
