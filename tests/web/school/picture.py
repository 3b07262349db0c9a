"""A picture of a whole school, read from its tables or brought up to date by its events."""

from __future__ import annotations

from typing import Any, assert_never

from msgspec import structs
from sqlalchemy import select

from web.school import contact_tables, queries, tables
from web.school.actions.group_rooms import CHAT_DAYS
from web.school.contact_queries import personal_of
from web.school.events import (
    AccountChanged,
    AccountCreated,
    AdmissionForgotten,
    AdmissionSet,
    ChannelChanged,
    ContactBlocked,
    ContactUnblocked,
    DirectOpened,
    DocumentChanged,
    DocumentCreated,
    EnrolmentAdded,
    EnrolmentRemoved,
    EventBody,
    FolderCreated,
    GroupChanged,
    GroupCreated,
    GroupRoomsChanged,
    GuardianLinked,
    GuardianUnlinked,
    GuestLinkCreated,
    GuestLinkRevoked,
    InvitationAdded,
    InvitationRemoved,
    MeetingChanged,
    MeetingCreated,
    PasswordChanged,
    PersonalChanged,
    RightsChanged,
    SchoolChanged,
    SchoolCreated,
    SessionEnded,
    TicketRevoked,
)
from web.school.group_queries import plan_of
from web.school.model import Admitted, Block, Channel, Enrolment, GuardianLink, Invitation
from web.school.store import SchoolStore

Picture = dict[tuple[str, ...], Any]


async def take_picture(store: SchoolStore, school: str) -> Picture:
    """Read everything of a school that events tell about."""
    picture: Picture = {}
    async with store.read() as connection:
        for found in await queries.schools(connection, tables.school.c.id == school):
            picture["school", found.id] = found
        objects = {
            "account": await queries.accounts(connection, tables.account.c.school == school),
            "group": await queries.groups(connection, tables.study_group.c.school == school),
            "channel": await queries.channels(connection, tables.channel.c.school == school),
            "meeting": await queries.meetings(connection, tables.meeting.c.school == school),
            "guest_link": await queries.guest_links(connection, tables.guest_link.c.school == school),
            "folder": await queries.folders(connection, tables.folder.c.school == school),
            "document": await queries.documents(connection, tables.document.c.school == school),
        }
        for kind, rows in objects.items():
            picture |= {(kind, row.id): row for row in rows}  # type: ignore[attr-defined]
        for kind, table, struct in (
            ("guardian_link", tables.guardian_link, GuardianLink),
            ("enrolment", tables.enrolment, Enrolment),
            ("invitation", tables.invitation, Invitation),
            ("admission", tables.admission, Admitted),
            ("block", contact_tables.contact_block, Block),
        ):
            for row in await connection.execute(select(table).where(table.c.school == school)):
                value = struct(*row)
                picture[(kind, *_key(value))] = value
        told = (await connection.execute(select(contact_tables.personal.c.account))).scalars()
        for account, personal in (await personal_of(connection, school, list(told))).items():
            picture["personal", account] = personal
        for of in [key[1] for key in picture if key[0] == "meeting"]:
            plan = await plan_of(connection, of)
            if plan is not None:
                picture["groups", of] = plan
        for row in await connection.execute(
            select(tables.revoked_ticket.c.id).where(tables.revoked_ticket.c.school == school)
        ):
            picture["revoked_ticket", row.id] = True
        for kind in ("folder", "document"):
            ids = [key[1] for key in picture if key[0] == kind]
            for object_id, rights in (await queries.shares(connection, kind, ids)).items():  # type: ignore[arg-type]
                if rights:
                    picture["rights", kind, object_id] = rights
    return picture


def _key(value: Any) -> tuple[str, ...]:
    return tuple(part for part in structs.astuple(value)[1:] if isinstance(part, str))


def develop(picture: Picture, body: EventBody) -> Picture:
    """Return the picture after an event."""
    after = dict(picture)
    match body:
        case SchoolCreated(school):
            after["school", school.id] = school
        case SchoolChanged(school):
            after["school", school.id] = school
            after |= {
                key: structs.replace(found, keep_days=school.direct_keep_days)
                for key, found in picture.items()
                if key[0] == "channel" and found.people
            }
        case DirectOpened(direct):
            after["channel", direct.id] = direct
        case ContactBlocked(block):
            after[("block", *_key(block))] = block
        case ContactUnblocked(block):
            del after[("block", *_key(block))]
        case PersonalChanged(personal):
            after["personal", personal.account] = personal
        case AccountCreated(account) | AccountChanged(account):
            after["account", account.id] = account
        case GuardianLinked(link):
            after[("guardian_link", *_key(link))] = link
        case GuardianUnlinked(link):
            del after[("guardian_link", *_key(link))]
        case GroupCreated(group, channel):
            after["group", group.id] = group
            after["channel", channel.id] = channel
        case GroupChanged(group):
            after["group", group.id] = group
        case EnrolmentAdded(enrolment):
            after[("enrolment", *_key(enrolment))] = enrolment
        case EnrolmentRemoved(enrolment):
            del after[("enrolment", *_key(enrolment))]
        case MeetingCreated(meeting, own):
            after["meeting", meeting.id] = meeting
            if own is not None:
                after["channel", own.id] = own
        case MeetingChanged(meeting):
            after["meeting", meeting.id] = meeting
        case GroupRoomsChanged(of, plan):
            after.pop(("groups", of), None)
            if plan is not None:
                after["groups", of] = plan
                school = after["meeting", of].school
                for room in plan.rooms:
                    channel = Channel(room.channel, school, room.title, None, None, keep_days=CHAT_DAYS)
                    after.setdefault(("channel", room.channel), channel)
        case InvitationAdded(invitation):
            after[("invitation", *_key(invitation))] = invitation
        case InvitationRemoved(invitation):
            del after[("invitation", *_key(invitation))]
        case AdmissionSet(admission):
            after[("admission", *_key(admission))] = admission
        case AdmissionForgotten(meeting_id, person):
            after.pop(("admission", meeting_id, person), None)
        case GuestLinkCreated(door) | GuestLinkRevoked(door):
            after["guest_link", door.id] = door
        case ChannelChanged(channel):
            after["channel", channel.id] = channel
        case FolderCreated(folder):
            after["folder", folder.id] = folder
        case DocumentCreated(document) | DocumentChanged(document):
            after["document", document.id] = document
        case RightsChanged(kind, object_id, rights):
            after["rights", kind, object_id] = rights
            if not rights:
                del after["rights", kind, object_id]
        case TicketRevoked(ticket):
            after["revoked_ticket", ticket] = True
        case PasswordChanged() | SessionEnded():
            pass
        case never:
            assert_never(never)
    return after
