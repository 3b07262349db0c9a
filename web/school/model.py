"""What a school consists of: frozen data, no behaviour.

Laws: every object belongs to exactly one school and says which. Ids are unique over all schools. Times are
whole milliseconds since 1970, UTC. `name` is what others see (a pupil's first name and initial), `full_name`
is for staff. A Person is whoever stands behind a connection; what they may do is never written on them, it is
read by `access` each time.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sfu.codecs import VideoCodec

Role = Literal["teacher", "pupil", "guardian", "head", "school_admin", "guest"]
AccountRole = Literal["teacher", "pupil", "guardian", "head", "school_admin"]
MeetingRole = Literal["host", "teacher", "pupil", "guardian", "head", "school_admin", "guest"]
MeetingKind = Literal["lesson", "consultation", "conference"]
DocumentKind = Literal["deck", "table", "scratch"]
Right = Literal["read", "write"]
Admission = Literal["yes", "lobby", "no"]
ChannelMode = Literal["open", "moderated", "teacher_only", "off"]
DirectPolicy = Literal["staff", "teachers", "everyone"]
Closed = Literal["gone", "blocking", "blocked", "school"]

STAFF: frozenset[str] = frozenset({"teacher", "head"})
ENROLLED_ROLES: frozenset[str] = frozenset({"teacher", "head", "pupil"})  # who can belong to a class


class School(Struct, frozen=True):
    """A tenant. `direct`: who writes to whom in private; `direct_keep_days`: how long that is kept, None for ever.

    `history_days`: how long the single changes of documents are kept, `video_codec`: what cameras are asked for,
    `downlink_cap`: kbit/s of pictures and voices for each person; where they are None, as the server is told.
    """

    id: str
    title: str
    direct: DirectPolicy = "teachers"
    direct_keep_days: int | None = None
    time_zone: str = "Europe/Berlin"
    history_days: int | None = None
    video_codec: VideoCodec | None = None
    downlink_cap: int | None = None


class Account(Struct, frozen=True):
    """Somebody who can log in. `login` is unique within the school."""

    id: str
    school: str
    login: str
    role: AccountRole
    name: str
    full_name: str
    disabled: bool = False


class SchoolClass(Struct, frozen=True, tag_field="type", tag="school_class"):
    """Eine Klasse: those who learn together all year, with a channel of its own."""

    id: str
    school: str
    title: str
    channel: str


class LearningGroup(Struct, frozen=True, tag_field="type", tag="learning_group"):
    """Eine Lerngruppe: a course, a club; like a class, but its members come from several."""

    id: str
    school: str
    title: str
    channel: str
    dissolved: bool = False


Group = SchoolClass | LearningGroup


class Enrolment(Struct, frozen=True):
    """An account that belongs to a class or learning group, as teacher or as pupil: its own role says which."""

    school: str
    group: str
    account: str


class GuardianLink(Struct, frozen=True):
    """A guardian answers for a pupil."""

    school: str
    guardian: str
    pupil: str


class Meeting(Struct, frozen=True):
    """A lesson, consultation or conference. `group` in neither field: only host and invited accounts belong.

    `private_cameras`: only who leads the meeting sees the others' cameras. `cancelled`: it does not take place, and
    stays in everybody's plan as that. `moved_from`: when it was to begin before it was moved. `ended`: it was ended for
    all, and nobody who leads it has opened it again.
    """

    id: str
    school: str
    kind: MeetingKind
    title: str
    host: str
    school_class: str | None
    starts_at: int
    ends_at: int
    channel: str
    documents: tuple[str, ...] = ()
    lobby: bool = False
    locked: bool = False
    learning_group: str | None = None
    encrypted: bool = False  # media end to end: settled before anybody is inside
    private_cameras: bool = False
    cancelled: bool = False
    moved_from: int | None = None
    ended: bool = False

    @property
    def group(self) -> str | None:
        """The class or learning group that meets, if any."""
        return self.school_class or self.learning_group


class Invitation(Struct, frozen=True):
    """An account that belongs to a meeting although no class, role or child makes it belong."""

    school: str
    meeting: str
    account: str


class Admitted(Struct, frozen=True):
    """Somebody whom a moderator let into a meeting. `admitted` is true: workers of earlier versions read it."""

    school: str
    meeting: str
    person: str
    admitted: bool = True


class GuestLink(Struct, frozen=True):
    """A link that lets a stranger ask for admission to one meeting. Its token is stored only as a hash."""

    id: str
    school: str
    meeting: str
    expires_at: int
    revoked: bool = False


class Folder(Struct, frozen=True):
    """A place for documents; its rights hold for everything in it."""

    id: str
    school: str
    title: str
    owner: str


class DocumentInfo(Struct, frozen=True):
    """What the school knows of a document; the content belongs to the document engine."""

    id: str
    school: str
    kind: DocumentKind
    title: str
    folder: str | None
    owner: str | None


class SharedRight(Struct, frozen=True):
    """What one account, or everybody in one class or learning group, may do with a folder or document."""

    subject_kind: Literal["account", "group"]
    subject: str
    right: Right


class Channel(Struct, frozen=True):
    """A place for messages: of a class or learning group, of one meeting, or of the two in `people`.

    `mode`: who may write; in a "moderated" one what others write waits until it is approved. `keep_days`: messages that
    are older are deleted; None keeps them.
    """

    id: str
    school: str
    title: str
    meeting: str | None
    school_class: str | None
    learning_group: str | None = None
    mode: ChannelMode = "open"
    keep_days: int | None = None
    people: tuple[str, ...] = ()


class Partner(Struct, frozen=True):
    """The other one of a direct channel; `closed` says why nothing can be written to them now."""

    id: str
    name: str
    role: AccountRole
    closed: Closed | None = None


class Block(Struct, frozen=True):
    """An account that wants no direct messages from another."""

    school: str
    account: str
    other: str


class QuietHours(Struct, frozen=True):
    """Ruhezeit: from one minute of the day to another (over midnight where it ends earlier), and whole weekends."""

    start: int
    end: int
    weekends: bool


class Personal(Struct, frozen=True):
    """What an account has set for itself. `away`: says so whatever its devices do. `typing`: others see it write."""

    account: str
    away: bool = False
    typing: bool = True
    quiet: QuietHours | None = None


class Grant(Struct, frozen=True):
    """What somebody may do in one meeting. `admission`: walk in, wait to be let in, or stay out."""

    admission: Admission
    publish: bool
    screen: bool
    edit: bool
    chat: bool
    moderate: bool
    present: bool
    record: bool = False


class ChannelRights(Struct, frozen=True):
    """What somebody may do in one channel; `held`: what they write waits until it is approved.

    `partner`: who the other one is, where there are but two.
    """

    read: bool
    write: bool
    moderate: bool
    held: bool = False
    partner: Partner | None = None


class TicketScope(Struct, frozen=True):
    """The one thing a ticket or guest session opens.

    `role` is set when nobody's account stands behind it (a tool's role ticket, a guest); `right` caps a
    document ticket. `id` is what revocation names: a ticket's id, or a guest link's. `shut_outs`: how often the
    account had been shut out when the ticket was made; those of before are worthless.
    """

    id: str
    expires_at: int
    meeting: str | None = None
    document: str | None = None
    right: Right | None = None
    role: Role | None = None
    shut_outs: int = 0


class Person(Struct, frozen=True):
    """Who a connection is: an account, a guest, or the holder of a ticket.

    `ticket` narrows what can be reached; `session` names the login behind it. `role` and `name` are for
    showing: access reads the account anew each time.
    """

    id: str
    school: str
    role: Role
    name: str
    ticket: TicketScope | None = None
    session: str | None = None
