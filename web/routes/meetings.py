"""Meetings: plan, change, invite, and the ways in for people (tickets) and strangers (guest links)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import select

from web.errors import AccessDenied, ProtocolError, StateError
from web.routes.edge import query_time
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import Id, MeetingView, Member, Names, TicketAnswer, Time, Title, meeting_view
from web.school import queries, tables
from web.school.access import DAY, forbidden
from web.school.actions import (
    MeetingPatch,
    do_change_meeting,
    do_create_guest_link,
    do_create_meeting,
    do_invite,
    do_revoke_guest_link,
    do_uninvite,
)
from web.school.model import GuestLink, Invitation, Meeting, MeetingKind, Person
from web.school.store import new_id
from web.services import Services
from web.sessions import new_token, token_hash

LONGEST_LIST = 100 * DAY
DocumentIds = Annotated[list[Id], Meta(max_length=50)]


class NewMeeting(Struct, frozen=True):
    """Of a class, of a learning group, or of whoever is invited. Times in milliseconds since 1970."""

    kind: MeetingKind
    title: Title
    starts_at: Time
    ends_at: Time
    school_class: Id | None = None
    learning_group: Id | None = None
    documents: DocumentIds = []
    invited: Annotated[list[Id], Meta(max_length=200)] = []
    lobby: bool = False
    encrypted: bool = False


class ChangedMeeting(Struct, frozen=True):
    """What is left out stays as it is. `encrypted` and `cancelled` change only while nobody is inside."""

    title: Title | UnsetType = UNSET
    starts_at: Time | UnsetType = UNSET
    ends_at: Time | UnsetType = UNSET
    documents: DocumentIds | UnsetType = UNSET
    lobby: bool | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    encrypted: bool | UnsetType = UNSET
    private_cameras: bool | UnsetType = UNSET
    cancelled: bool | UnsetType = UNSET


class Meetings(Struct, frozen=True):
    """`until`: until when they are all there."""

    meetings: list[MeetingView]
    until: int


class NewGuestLink(Struct, frozen=True):
    hours: Annotated[int, Meta(ge=1, le=24 * 30)] = 24


class GuestLinkAnswer(Struct, frozen=True):
    """The token is shown this once; the server keeps only its hash."""

    id: str
    token: str
    url: str
    expires_at: int


class GuestLinkView(Struct, frozen=True):
    id: str
    expires_at: int
    revoked: bool


class GuestLinks(Struct, frozen=True):
    guest_links: list[GuestLinkView]


class Invite(Struct, frozen=True):
    account: Id


class Invited(Struct, frozen=True):
    invited: list[Member]


async def names_of(services: Services, meetings: Sequence[Meeting]) -> Names:
    """Look up the names that these meetings are shown with."""
    hosts = {meeting.host for meeting in meetings}
    groups = {meeting.group for meeting in meetings if meeting.group is not None}
    async with services.school.read() as connection:
        accounts = await queries.accounts(connection, tables.account.c.id.in_(hosts))
        found = await queries.groups(connection, tables.study_group.c.id.in_(groups))
    return Names({account.id: account.name for account in accounts}, {group.id: group.title for group in found})


async def list_meetings(call: Call[Nothing]) -> Meetings:
    """The caller's meetings between ?since= and ?until= (yesterday and two weeks ahead)."""
    now = call.services.school.clock()
    since = query_time(call.request, "since", now - DAY)
    until = query_time(call.request, "until", since + 15 * DAY)
    if until - since > LONGEST_LIST:
        raise ProtocolError("bad_request", "at most 100 days at once")
    found, complete = await call.services.access.plan_of(call.person, since, until)
    names = await names_of(call.services, [meeting for meeting, _ in found])
    return Meetings([meeting_view(meeting, grant, names) for meeting, grant in found], complete)


async def create_meeting(call: Call[NewMeeting]) -> MeetingView:
    """Plan a meeting; the caller hosts it."""
    body, person = call.body, call.person
    if body.school_class is not None and body.learning_group is not None:
        raise ProtocolError("bad_request", "a meeting is of one class or one learning group")
    await call.services.access.access_new_meeting(person, body.kind, body.school_class or body.learning_group)
    await _check_documents(call.services, person, body.documents)
    meeting = Meeting(
        id=new_id(),
        school=person.school,
        kind=body.kind,
        title=body.title,
        host=person.id,
        school_class=body.school_class,
        learning_group=body.learning_group,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        channel=new_id(),
        documents=tuple(dict.fromkeys(body.documents)),
        lobby=body.lobby,
        encrypted=body.encrypted,
    )
    await do_create_meeting(call.services.school, meeting, body.invited)
    return await _shown(call.services, person, meeting.id)


async def show_meeting(call: Call[Nothing]) -> MeetingView:
    """One meeting, for everybody who may come, also from the lobby."""
    return await _shown(call.services, call.person, call.id())


async def change_meeting(call: Call[ChangedMeeting]) -> MeetingView:
    """Change a meeting that the caller runs."""
    body = call.body
    meeting = await call.services.access.access_meeting_to_run(call.person, call.id())
    settled = body.encrypted in (UNSET, meeting.encrypted) and body.cancelled in (UNSET, meeting.cancelled)
    if not settled and await call.services.rooms.occupied(meeting.id):
        raise StateError("in_use", "this is changed while nobody is in the room")
    documents: tuple[str, ...] | UnsetType = UNSET
    if body.documents is not UNSET:
        documents = tuple(dict.fromkeys(body.documents))
        added = [document for document in documents if document not in meeting.documents]
        await _check_documents(call.services, call.person, added)
    patch = MeetingPatch(
        title=body.title,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        documents=documents,
        lobby=body.lobby,
        locked=body.locked,
        encrypted=body.encrypted,
        private_cameras=body.private_cameras,
        cancelled=body.cancelled,
    )
    await do_change_meeting(call.services.school, meeting.school, meeting.id, patch)
    return await _shown(call.services, call.person, meeting.id)


async def make_ticket(call: Call[Nothing]) -> TicketAnswer:
    """A ticket for the caller and this meeting."""
    meeting, _ = await call.services.access.access_meeting(call.person, call.id())
    issued = await call.services.auth.issue_meeting_ticket(call.person, meeting.id)
    return TicketAnswer(issued.ticket, issued.expires_at)


async def list_guest_links(call: Call[Nothing]) -> GuestLinks:
    """The guest links of a meeting that the caller runs."""
    meeting = await call.services.access.access_meeting_to_run(call.person, call.id())
    async with call.services.school.read() as connection:
        links = await queries.guest_links(connection, tables.guest_link.c.meeting == meeting.id)
    return GuestLinks([GuestLinkView(link.id, link.expires_at, link.revoked) for link in links])


async def create_guest_link(call: Call[NewGuestLink]) -> GuestLinkAnswer:
    """Open a door for guests of a meeting that the caller runs."""
    meeting = await call.services.access.access_meeting_to_run(call.person, call.id())
    token = new_token()
    expires_at = call.services.school.clock() + call.body.hours * 3600 * 1000
    link = GuestLink(new_id(), meeting.school, meeting.id, expires_at)
    await do_create_guest_link(call.services.school, link, token_hash(token))
    return GuestLinkAnswer(link.id, token, f"{_page_origin(call.request)}/guest/{token}", expires_at)


async def delete_guest_link(call: Call[Nothing]) -> None:
    """Close a door for guests; who came through it is out at once."""
    meeting = await call.services.access.access_meeting_to_run(call.person, call.id())
    async with call.services.school.read() as connection:
        where = (tables.guest_link.c.id == call.id("link"), tables.guest_link.c.meeting == meeting.id)
        if not await queries.guest_links(connection, *where):
            raise AccessDenied()
    await do_revoke_guest_link(call.services.school, meeting.school, call.id("link"))


async def list_invitations(call: Call[Nothing]) -> Invited:
    """Who is invited to a meeting that the caller runs, beside its class or the staff."""
    meeting = await call.services.access.access_meeting_to_run(call.person, call.id())
    asked = select(tables.invitation.c.account).where(tables.invitation.c.meeting == meeting.id)
    async with call.services.school.read() as connection:
        found = await queries.accounts(connection, tables.account.c.id.in_(asked))
    return Invited([Member(one.id, one.role, one.name, one.full_name) for one in found])


async def invite(call: Call[Invite]) -> None:
    """Make an account belong to a meeting that the caller runs."""
    meeting = await call.services.access.access_meeting_to_run(call.person, call.id())
    await do_invite(call.services.school, Invitation(meeting.school, meeting.id, call.body.account))


async def uninvite(call: Call[Nothing]) -> None:
    """Take an invitation back."""
    meeting = await call.services.access.access_meeting_to_run(call.person, call.id())
    await do_uninvite(call.services.school, Invitation(meeting.school, meeting.id, call.id("account")))


async def _shown(services: Services, person: Person, meeting_id: str) -> MeetingView:
    meeting, grant = await services.access.access_meeting(person, meeting_id)
    return meeting_view(meeting, grant, await names_of(services, [meeting]))


async def _check_documents(services: Services, person: Person, documents: Sequence[str]) -> None:
    """Laying a document out lets others write it: only who may write it may do that."""
    for document in documents:
        _, right = await services.access.access_document(person, document)
        if right != "write":
            raise forbidden("only who may write a document can lay it out")


def _page_origin(request: web.Request) -> str:
    return request.headers.get("Origin") or str(request.url.origin())


ROUTES: tuple[Route, ...] = (
    endpoint("GET", "/api/v1/meetings", list_meetings, "My meetings (?since= &until= in ms)", response=Meetings),
    endpoint("POST", "/api/v1/meetings", create_meeting, "Plan a meeting", request=NewMeeting,
             response=MeetingView, status=201, errors=(400, 403, 404, 409)),
    endpoint("GET", "/api/v1/meetings/{id}", show_meeting, "One meeting", response=MeetingView, errors=(404,)),
    endpoint("PATCH", "/api/v1/meetings/{id}", change_meeting, "Change a meeting", request=ChangedMeeting,
             response=MeetingView, errors=(400, 403, 404, 409)),
    endpoint("POST", "/api/v1/meetings/{id}/ticket", make_ticket, "A ticket for me", response=TicketAnswer,
             errors=(403, 404)),
    endpoint("GET", "/api/v1/meetings/{id}/guest-links", list_guest_links, "Guest links", response=GuestLinks,
             errors=(403, 404)),
    endpoint("POST", "/api/v1/meetings/{id}/guest-links", create_guest_link, "Make a guest link",
             request=NewGuestLink, response=GuestLinkAnswer, status=201, errors=(400, 403, 404)),
    endpoint("DELETE", "/api/v1/meetings/{id}/guest-links/{link}", delete_guest_link, "Close a guest link",
             status=204, errors=(403, 404)),
    endpoint("GET", "/api/v1/meetings/{id}/invitations", list_invitations, "Who is invited", response=Invited,
             errors=(403, 404)),
    endpoint("POST", "/api/v1/meetings/{id}/invitations", invite, "Invite an account", request=Invite,
             status=204, errors=(400, 403, 404, 409)),
    endpoint("DELETE", "/api/v1/meetings/{id}/invitations/{account}", uninvite, "Take an invitation back",
             status=204, errors=(403, 404)),
)  # fmt: skip
