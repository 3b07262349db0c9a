"""What a change tells: one numbered event per change, enough to bring an older picture of the school up to date.

Laws: numbers come from the school's own counter, in the transaction of the change, without gaps. An event
carries the new state of what changed, so that applying it twice does no harm. Secrets are never in events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, assert_never

from msgspec import Struct

from web.school.group_rooms import GroupPlan
from web.school.model import (
    STAFF,
    Account,
    AccountRole,
    Admitted,
    Block,
    Channel,
    DocumentInfo,
    Enrolment,
    Folder,
    Group,
    GuardianLink,
    GuestLink,
    Invitation,
    Meeting,
    Person,
    Personal,
    School,
    SharedRight,
)


class _Body(Struct, frozen=True, tag_field="event", tag=True):
    pass


class SchoolCreated(_Body, frozen=True):
    school: School


class SchoolChanged(_Body, frozen=True):
    """Who writes to whom in private, the time zone, or how long every direct channel keeps what is written."""

    school: School


class AccountCreated(_Body, frozen=True):
    account: Account


class AccountChanged(_Body, frozen=True):
    """Name, role or being disabled changed; `role_changed` says whether rights may have."""

    account: Account
    role_changed: bool


class PasswordChanged(_Body, frozen=True):
    """All sessions of the account ended with it."""

    account: str


class SessionEnded(_Body, frozen=True):
    """A person logged out somewhere."""

    person: str


class TicketRevoked(_Body, frozen=True):
    ticket: str


class GuardianLinked(_Body, frozen=True):
    link: GuardianLink


class GuardianUnlinked(_Body, frozen=True):
    link: GuardianLink


class GroupCreated(_Body, frozen=True):
    group: Group
    channel: Channel


class GroupChanged(_Body, frozen=True):
    """It has another title; that of its channel changes in an event of its own."""

    group: Group


class EnrolmentAdded(_Body, frozen=True):
    enrolment: Enrolment


class EnrolmentRemoved(_Body, frozen=True):
    enrolment: Enrolment


class MeetingCreated(_Body, frozen=True):
    """`channel` is set when the meeting has one of its own."""

    meeting: Meeting
    channel: Channel | None


class Touched(Struct, frozen=True):
    """Whose rights a change of a meeting may move: of all who may hear its channel, and at these documents."""

    channel: bool
    documents: tuple[str, ...]


class MeetingChanged(_Body, frozen=True):
    """`touched` is None in what an earlier version has written: then anybody's rights may have moved."""

    meeting: Meeting
    touched: Touched | None = None


class GroupRoomsChanged(_Body, frozen=True):
    """How a meeting is split. `people`: whose rights that changes; `leaders`: also those of who leads it."""

    meeting: str
    plan: GroupPlan | None
    people: frozenset[str]
    leaders: bool


class InvitationAdded(_Body, frozen=True):
    invitation: Invitation


class InvitationRemoved(_Body, frozen=True):
    invitation: Invitation


class AdmissionSet(_Body, frozen=True):
    admission: Admitted


class AdmissionForgotten(_Body, frozen=True):
    meeting: str
    person: str


class GuestLinkCreated(_Body, frozen=True):
    link: GuestLink


class GuestLinkRevoked(_Body, frozen=True):
    link: GuestLink


class ChannelChanged(_Body, frozen=True):
    channel: Channel


class DirectOpened(_Body, frozen=True):
    """Two accounts have a channel of their own."""

    channel: Channel


class ContactBlocked(_Body, frozen=True):
    block: Block


class ContactUnblocked(_Body, frozen=True):
    block: Block


class PersonalChanged(_Body, frozen=True):
    personal: Personal


class FolderCreated(_Body, frozen=True):
    folder: Folder


class DocumentCreated(_Body, frozen=True):
    document: DocumentInfo


class DocumentChanged(_Body, frozen=True):
    document: DocumentInfo


class RightsChanged(_Body, frozen=True):
    """The full list of who a folder or document is shared with."""

    object_kind: Literal["folder", "document"]
    object: str
    rights: tuple[SharedRight, ...]


EventBody = (
    SchoolCreated
    | SchoolChanged
    | AccountCreated
    | AccountChanged
    | PasswordChanged
    | SessionEnded
    | TicketRevoked
    | GuardianLinked
    | GuardianUnlinked
    | GroupCreated
    | GroupChanged
    | EnrolmentAdded
    | EnrolmentRemoved
    | MeetingCreated
    | MeetingChanged
    | GroupRoomsChanged
    | InvitationAdded
    | InvitationRemoved
    | AdmissionSet
    | AdmissionForgotten
    | GuestLinkCreated
    | GuestLinkRevoked
    | ChannelChanged
    | DirectOpened
    | ContactBlocked
    | ContactUnblocked
    | PersonalChanged
    | FolderCreated
    | DocumentCreated
    | DocumentChanged
    | RightsChanged
)


class SchoolEvent(Struct, frozen=True):
    """Event number `seq` of a school."""

    school: str
    seq: int
    at: int
    body: EventBody


def affects(event: SchoolEvent, person: Person) -> bool:
    """Return whether the event can change what the person may do: when in doubt, yes.

    Direct channels are apart: what moves there hangs on the other one, too (`affects_contacts`).
    """
    if event.school != person.school:
        return False
    match event.body:
        case AccountChanged(account, role_changed):
            return role_changed and account.id == person.id
        case PasswordChanged(subject) | SessionEnded(subject) | AdmissionForgotten(_, subject):
            return subject == person.id
        case AdmissionSet(admission):
            return admission.person == person.id
        case TicketRevoked(ticket):
            return person.ticket is not None and person.ticket.id == ticket
        case GuestLinkRevoked(link):
            return person.ticket is not None and person.ticket.id == link.id
        case GuardianLinked(family) | GuardianUnlinked(family):
            return family.guardian == person.id
        case EnrolmentAdded(enrolment) | EnrolmentRemoved(enrolment):
            return enrolment.account == person.id or person.role == "guardian"
        case InvitationAdded(invitation) | InvitationRemoved(invitation):
            return invitation.account == person.id
        case GroupRoomsChanged(meeting, _, people, leaders):
            scoped = person.ticket is not None and person.ticket.meeting == meeting
            return person.id in people or (leaders and (scoped or person.role in STAFF))
        case SchoolCreated() | AccountCreated() | GroupCreated() | GuestLinkCreated() | FolderCreated():
            return False
        case DocumentCreated() | SchoolChanged() | DirectOpened() | ContactBlocked() | ContactUnblocked():
            return False
        case PersonalChanged() | GroupChanged():
            return False
        case MeetingCreated() | MeetingChanged() | ChannelChanged() | DocumentChanged() | RightsChanged():
            return True
        case never:
            assert_never(never)


def affects_contacts(event: SchoolEvent, person: str, partners: Mapping[str, AccountRole]) -> bool:
    """Return whether the event can change what a person may do in direct channels; `partners`: the other ones' roles.

    The school of both is the event's.
    """
    match event.body:
        case DirectOpened(channel):
            return person in channel.people
        case ContactBlocked(block) | ContactUnblocked(block):
            return person in (block.account, block.other)
        case SchoolChanged():
            return bool(partners)
        case AccountChanged(account, _):  # the name, too
            return account.id in partners or (account.id == person and bool(partners))
        case GuardianLinked(family) | GuardianUnlinked(family):
            return family.guardian in partners or (family.guardian == person and bool(partners))
        case EnrolmentAdded(enrolment) | EnrolmentRemoved(enrolment):  # of the other one, or of a child of theirs
            return enrolment.account in (person, *partners) or "guardian" in partners.values()
        case _:
            return False
