"""What the API shows and takes, shared by several nouns. Each handler's own bodies stand beside it.

Laws: a view holds what this one person may see of an object, made from the object and their rights; ids of
what they cannot open are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from collab.chat_positions import Position
from web.school.model import (
    Channel,
    ChannelMode,
    ChannelRights,
    DocumentInfo,
    DocumentKind,
    Folder,
    Grant,
    Group,
    Meeting,
    MeetingKind,
    Partner,
    Person,
    Right,
    Role,
)

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Password = Annotated[str, Meta(min_length=1, max_length=256)]
NewPassword = Annotated[str, Meta(min_length=8, max_length=256)]
Time = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class PersonView(Struct, frozen=True):
    id: str
    school: str
    role: Role
    name: str


class PersonAnswer(Struct, frozen=True):
    person: PersonView


class SchoolView(Struct, frozen=True):
    id: str
    title: str


class GroupView(Struct, frozen=True):
    """A class or learning group."""

    id: str
    title: str
    channel: str


class Member(Struct, frozen=True):
    """`full_name` is for staff and administration; others see what everybody sees."""

    id: str
    role: Role
    name: str
    full_name: str | None


class GrantView(Struct, frozen=True):
    """What the caller may do in the meeting."""

    admission: str
    publish: bool
    screen: bool
    edit: bool
    chat: bool
    moderate: bool
    present: bool


class MeetingView(Struct, frozen=True):
    """Times in milliseconds since 1970. `channel` and `documents` are empty for who waits in the lobby.

    `cancelled`: it does not take place; nobody comes in. `moved_from`: when it was to begin before it was moved.
    """

    id: str
    kind: MeetingKind
    title: str
    host: str
    host_name: str
    school_class: str | None
    learning_group: str | None
    group_title: str | None
    starts_at: int
    ends_at: int
    channel: str | None
    documents: list[str]
    lobby: bool
    locked: bool
    encrypted: bool
    private_cameras: bool
    cancelled: bool
    moved_from: int | None
    grant: GrantView


class FolderView(Struct, frozen=True):
    id: str
    title: str
    owner: str
    right: Right


class DocumentView(Struct, frozen=True):
    id: str
    kind: DocumentKind
    title: str
    folder: str | None
    owner: str | None
    right: Right


class ChannelView(Struct, frozen=True):
    """`meeting`, `school_class` or `learning_group` says whose channel it is.

    `held`: what the caller writes waits until it is approved. `unread`: how many messages that others
    wrote, and that are not deleted, came after the last they read; 100 for as many or more. `partner`: the other one
    where there are but two; `head`: the number of the last message.
    """

    id: str
    title: str
    meeting: str | None
    school_class: str | None
    learning_group: str | None
    read: bool
    write: bool
    moderate: bool
    mode: ChannelMode
    held: bool
    keep_days: int | None
    unread: int
    head: int
    partner: Partner | None


class TicketAnswer(Struct, frozen=True):
    """`expires_at` in milliseconds since 1970."""

    ticket: str
    expires_at: int


class Names(Struct, frozen=True):
    """The names that meetings are shown with, by id."""

    accounts: Mapping[str, str] = {}
    groups: Mapping[str, str] = {}


def person_view(person: Person) -> PersonView:
    """Show a person."""
    return PersonView(person.id, person.school, person.role, person.name)


def group_view(group: Group) -> GroupView:
    """Show a class or learning group."""
    return GroupView(group.id, group.title, group.channel)


def grant_view(grant: Grant) -> GrantView:
    """Show a grant."""
    return GrantView(
        grant.admission, grant.publish, grant.screen, grant.edit, grant.chat, grant.moderate, grant.present
    )


def meeting_view(meeting: Meeting, grant: Grant, names: Names) -> MeetingView:
    """Show a meeting to somebody with this grant."""
    inside = grant.admission == "yes"
    return MeetingView(
        id=meeting.id,
        kind=meeting.kind,
        title=meeting.title,
        host=meeting.host,
        host_name=names.accounts.get(meeting.host, ""),
        school_class=meeting.school_class,
        learning_group=meeting.learning_group,
        group_title=names.groups.get(meeting.group or ""),
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        channel=meeting.channel if inside and grant.chat else None,
        documents=list(meeting.documents) if inside else [],
        lobby=meeting.lobby,
        locked=meeting.locked,
        encrypted=meeting.encrypted,
        private_cameras=meeting.private_cameras,
        cancelled=meeting.cancelled,
        moved_from=meeting.moved_from,
        grant=grant_view(grant),
    )


def folder_view(folder: Folder, right: Right) -> FolderView:
    """Show a folder."""
    return FolderView(folder.id, folder.title, folder.owner, right)


def document_view(document: DocumentInfo, right: Right) -> DocumentView:
    """Show a document; its folder only by id, opening it is asked anew."""
    return DocumentView(document.id, document.kind, document.title, document.folder, document.owner, right)


def channel_view(channel: Channel, rights: ChannelRights, position: Position) -> ChannelView:
    """Show a channel."""
    return ChannelView(
        channel.id,
        channel.title,
        channel.meeting,
        channel.school_class,
        channel.learning_group,
        rights.read,
        rights.write,
        rights.moderate,
        channel.mode,
        rights.held,
        channel.keep_days,
        position.unread,
        position.head,
        rights.partner,
    )
