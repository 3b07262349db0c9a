"""What a change tells: one numbered event per change, enough to bring an older picture of the school up to date.

Laws: numbers come from the school's own counter, in the transaction of the change, without gaps. An event
carries the new state of what changed, so that applying it twice does no harm. Secrets are never in events.
"""

from __future__ import annotations

from typing import Literal, assert_never

from msgspec import Struct

from web.school.model import (
    Account,
    Admitted,
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
    School,
    SharedRight,
)


class _Body(Struct, frozen=True, tag_field="event", tag=True):
    pass


class SchoolCreated(_Body, frozen=True):
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


class EnrolmentAdded(_Body, frozen=True):
    enrolment: Enrolment


class EnrolmentRemoved(_Body, frozen=True):
    enrolment: Enrolment


class MeetingCreated(_Body, frozen=True):
    """`channel` is set when the meeting has one of its own."""

    meeting: Meeting
    channel: Channel | None


class MeetingChanged(_Body, frozen=True):
    meeting: Meeting


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
    | AccountCreated
    | AccountChanged
    | PasswordChanged
    | SessionEnded
    | TicketRevoked
    | GuardianLinked
    | GuardianUnlinked
    | GroupCreated
    | EnrolmentAdded
    | EnrolmentRemoved
    | MeetingCreated
    | MeetingChanged
    | InvitationAdded
    | InvitationRemoved
    | AdmissionSet
    | AdmissionForgotten
    | GuestLinkCreated
    | GuestLinkRevoked
    | ChannelChanged
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
    """Return whether the event can change what the person may do: when in doubt, yes."""
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
        case SchoolCreated() | AccountCreated() | GroupCreated() | GuestLinkCreated() | FolderCreated():
            return False
        case DocumentCreated():
            return False
        case MeetingCreated() | MeetingChanged() | ChannelChanged() | DocumentChanged() | RightsChanged():
            return True
        case never:
            assert_never(never)
