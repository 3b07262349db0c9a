"""Who belongs, and what follows from it: the rules of access without a database.

Laws: pure functions over frozen data; no rule is written anywhere else. A school_admin reaches no content. A
scope (ticket, guest) only ever narrows. Another school's objects give nothing, whatever else is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, assert_never

from msgspec import Struct, structs

from web.school.grants import GRANTS, NOTHING
from web.school.model import (
    STAFF,
    Channel,
    ChannelRights,
    DocumentInfo,
    Folder,
    Grant,
    Group,
    LearningGroup,
    Meeting,
    MeetingRole,
    Right,
    Role,
    SharedRight,
    TicketScope,
)


class Standing(Struct, frozen=True, kw_only=True):
    """All that is true of one person now. `admitted`: the meetings that moderators let them into."""

    person: str
    school: str
    role: Role
    scope: TicketScope | None = None
    groups: frozenset[str] = frozenset()
    childrens_groups: frozenset[str] = frozenset()
    invited: frozenset[str] = frozenset()
    admitted: frozenset[str] = frozenset()

    @property
    def own_groups(self) -> frozenset[str]:
        """The classes and learning groups that the person sees as a member."""
        return self.groups if self.scope is None else frozenset()

    @property
    def sees_all_groups(self) -> bool:
        """Whether the person runs the school's classes."""
        return self.scope is None and self.role in {"head", "school_admin"}

    def keeps(self, group: Group) -> bool:
        """Whether the person says who belongs: the administration everywhere, teachers in their learning groups."""
        if group.school != self.school or self.scope is not None:
            return False
        own = isinstance(group, LearningGroup) and self.role == "teacher" and group.id in self.groups
        return own or self.sees_all_groups


class Shares(Struct, frozen=True):
    """Who one document and its folder are shared with."""

    document: tuple[SharedRight, ...] = ()
    folder: Folder | None = None
    in_folder: tuple[SharedRight, ...] = ()


def role_in_meeting(standing: Standing, meeting: Meeting) -> MeetingRole | None:
    """Return as what the person belongs to the meeting, None when they do not belong to it."""
    scope = standing.scope
    if standing.school != meeting.school:
        return None
    if scope is not None and scope.meeting != meeting.id:
        return None
    if scope is not None and scope.role is not None:
        return scope.role
    invited = meeting.id in standing.invited
    enrolled = meeting.group is not None and meeting.group in standing.groups
    if meeting.host == standing.person and _may_host(standing, meeting, enrolled or invited):
        return "host"
    match standing.role:
        case "teacher":
            whole_staff = meeting.kind == "conference" and meeting.group is None
            return "teacher" if invited or whole_staff or (enrolled and meeting.kind != "consultation") else None
        case "head":
            if enrolled and meeting.kind == "lesson":
                return "teacher"  # a head who teaches this class
            return "head" if invited or meeting.kind != "consultation" else None
        case "pupil":
            return "pupil" if invited or (enrolled and meeting.kind == "lesson") else None
        case "guardian":
            own_child = meeting.group is not None and meeting.group in standing.childrens_groups
            return "guardian" if invited or (own_child and meeting.kind == "consultation") else None
        case "school_admin":
            return "school_admin"
        case "guest":
            return None


def _may_host(standing: Standing, meeting: Meeting, belongs: bool) -> bool:
    """Hosting a class's meeting lasts as long as teaching the class: whoever left it has no way back in."""
    return standing.role == "head" or (standing.role == "teacher" and (belongs or meeting.group is None))


def meeting_grant(standing: Standing, meeting: Meeting) -> Grant:
    """Return the grant table's row, as the meeting's own lobby and the moderators at its door change it.

    What it reads of a meeting, `meeting_queries.meetings_laying_out` has to ask for.
    """
    role = role_in_meeting(standing, meeting)
    grant = NOTHING if role is None else GRANTS[meeting.kind, role]
    if grant.moderate or grant.admission == "no":
        return grant
    if meeting.id in standing.admitted:
        return structs.replace(grant, admission="yes")
    return structs.replace(grant, admission="lobby") if meeting.lobby else grant


def document_right(
    standing: Standing, document: DocumentInfo, shares: Shares, meetings: Iterable[Meeting]
) -> Right | None:
    """Return what the person may do with a document; `meetings` are those it is laid out in."""
    if standing.school != document.school or standing.role == "school_admin":
        return None
    scope = standing.scope
    in_meetings = [_through_meeting(standing, meeting) for meeting in meetings if document.id in meeting.documents]
    if scope is None:
        return best([*in_meetings, _own_right(standing, document, shares)])
    if scope.meeting is not None:
        return best(in_meetings)
    if scope.document != document.id:
        return None
    if scope.role is not None:
        return scope.right
    unscoped = structs.replace(standing, scope=None)
    return _lesser(scope.right, document_right(unscoped, document, shares, meetings))


def folder_right(standing: Standing, folder: Folder, shared: tuple[SharedRight, ...]) -> Right | None:
    """Return what the person may do with a folder and everything in it."""
    if standing.school != folder.school or standing.role == "school_admin" or standing.scope is not None:
        return None
    return "write" if folder.owner == standing.person else best(_shared(standing, shared))


def channel_rights(standing: Standing, channel: Channel, meetings: Iterable[Meeting]) -> ChannelRights | None:
    """Return what the person may do in a channel; `meetings` are those that use it."""
    if standing.school != channel.school or standing.role == "school_admin":
        return None
    if is_of_own_group(standing, channel):
        return in_mode(channel, standing.role in STAFF)
    grants = [meeting_grant(standing, meeting) for meeting in meetings if meeting.channel == channel.id]
    heard = [grant for grant in grants if grant.admission == "yes" and grant.chat]
    if not heard:
        return None
    return in_mode(channel, any(grant.moderate for grant in heard))


def is_of_own_group(standing: Standing, channel: Channel) -> bool:
    """Tell whether it is the channel of a class or learning group that the person is in: no meeting adds to that."""
    group = channel.school_class or channel.learning_group
    return standing.scope is None and group is not None and group in standing.groups


def in_mode(channel: Channel, moderate: bool) -> ChannelRights:
    """Who reads also writes, except where the channel's mode says otherwise."""
    match channel.mode:
        case "open":
            return ChannelRights(read=True, write=True, moderate=moderate)
        case "moderated":
            return ChannelRights(read=True, write=True, moderate=moderate, held=not moderate)
        case "teacher_only":
            return ChannelRights(read=True, write=moderate, moderate=moderate)
        case "off":
            return ChannelRights(read=True, write=False, moderate=moderate)
        case never:
            assert_never(never)


def _through_meeting(standing: Standing, meeting: Meeting) -> Right | None:
    grant = meeting_grant(standing, meeting)
    if grant.admission != "yes":
        return None
    return "write" if grant.edit else "read"


def _own_right(standing: Standing, document: DocumentInfo, shares: Shares) -> Right | None:
    if document.owner is not None and document.owner == standing.person:
        return "write"
    folder = None if shares.folder is None else folder_right(standing, shares.folder, shares.in_folder)
    return best([folder, *_shared(standing, shares.document)])


def _shared(standing: Standing, shares: tuple[SharedRight, ...]) -> list[Right]:
    mine: Mapping[Literal["account", "group"], frozenset[str]] = {
        "account": frozenset({standing.person}),
        "group": standing.groups,
    }
    return [share.right for share in shares if share.subject in mine[share.subject_kind]]


def best(rights: Iterable[Right | None]) -> Right | None:
    """Return the widest of these."""
    found = set(rights)
    return "write" if "write" in found else "read" if "read" in found else None


def _lesser(cap: Right | None, right: Right | None) -> Right | None:
    if cap is None or right is None:
        return None
    return "write" if cap == right == "write" else "read"
