"""Who sees what of a room.

Laws: everybody of a viewer class sees the same, so a change is rendered and encoded once per class. Moderators
see everything. Members see everything but the lobby. Who is in a group room sees only who is there, too, and who is
with all sees nobody who is in a group. In a consultation a family sees the moderators and itself and
gets no message about anybody else, not even an empty one: each class counts its changes on its own.
People in the lobby see nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

from sfu.codecs import VideoCodec
from web.messages import (
    Connection,
    GrantView,
    GroupsChanged,
    GroupsView,
    GroupView,
    HandsChanged,
    HandView,
    LobbyChanged,
    LobbyView,
    LockChanged,
    PeerChanged,
    PeerJoined,
    PeerLeft,
    PeerView,
    Presenting,
    PresentingChanged,
    Quality,
    RecordingChanged,
    RecordingEnd,
    RecordingView,
    RoomChange,
    RoomState,
    StageChanged,
)
from web.school.group_rooms import GroupPlan
from web.school.model import Grant, Meeting, Person

# "moderator" or "member", in a group room with "@" and its id; in a consultation "person:" and the id of the person.
Viewer = str
Aspect = Literal["joined", "changed", "left", "hands", "lobby", "presenting", "stage", "lock", "recording", "groups"]


@dataclass(slots=True)
class Member:
    """One peer: in the room, or (not yet `inside`) in the lobby."""

    peer: str
    person: Person
    grant: Grant
    client: str
    connection: str | None
    since: int
    inside: bool = False
    away_since: int | None = None
    media: Connection = "waiting"
    quality: Quality = "unknown"
    rated_at: int = 0
    microphone: bool = False
    camera: bool = False
    screen: bool = False
    muted: bool = False
    visiting: str | None = None  # the group room where somebody who leads has gone
    group: str | None = None  # the group room where they are


@dataclass(slots=True)
class Board:
    """Everything a room shows."""

    meeting: Meeting
    started_at: int
    members: dict[str, Member]
    hands: dict[str, int]
    presenting: Presenting | None = None
    stage: str | None = None
    locked: bool = False
    encrypted: bool = False  # as it was when the first came in
    codec: VideoCodec | None = None  # of pictures, as it was when the first came in; None: the server's
    downlink_cap: int | None = None  # kbit/s for each person, likewise
    recording: RecordingView | None = None
    recording_ended: RecordingEnd | None = None  # why the last one did
    records: dict[str, int] = field(default_factory=dict)  # peers that are recorded, and under which number
    groups: GroupPlan | None = None


class Mark:
    """One aspect of the board changed; `member` when it is about one person."""

    def __init__(self, aspect: Aspect, member: Member | None = None) -> None:
        self.aspect: Aspect = aspect
        self.member = member


def colour_of(person: str) -> int:
    """Return the person's colour, 0..7, the same everywhere and always."""
    return crc32(person.encode()) % 8


def build_grant(person: Person, grant: Grant) -> GrantView:
    return GrantView(
        role=person.role,
        publish=grant.publish,
        screen=grant.screen,
        edit=grant.edit,
        chat=grant.chat,
        moderate=grant.moderate,
        present=grant.present,
        record=grant.record,
    )


def viewer_of(board: Board, member: Member) -> Viewer:
    """Return the class of viewers that a member inside belongs to."""
    place = "" if member.group is None else f"@{member.group}"
    if member.grant.moderate:
        return f"moderator{place}"
    return f"person:{member.person.id}" if board.meeting.kind == "consultation" else f"member{place}"


def leads(viewer: Viewer) -> bool:
    """Whether this class of viewers leads the meeting."""
    return viewer.startswith("moderator")


def _place(viewer: Viewer) -> str | None:
    return viewer.partition("@")[2] or None


def sees(viewer: Viewer, member: Member) -> bool:
    """Whether this class of viewers may know of the member."""
    if viewer.startswith("person:"):
        return member.grant.moderate or viewer == f"person:{member.person.id}"
    return leads(viewer) or _place(viewer) == member.group


def view_peer(member: Member) -> PeerView:
    return PeerView(
        peer=member.peer,
        person=member.person.id,
        name=member.person.name,
        role=member.person.role,
        colour=colour_of(member.person.id),
        moderator=member.grant.moderate,
        microphone=member.microphone,
        camera=member.camera,
        screen=member.screen,
        muted=member.muted,
        connection="away" if member.connection is None else member.media,
        quality=member.quality if member.connection is not None and member.media == "connected" else "unknown",
        joined_at=member.since,
        group=member.group,
    )


def view_room(board: Board, viewer: Viewer, seq: int) -> RoomState:
    """Return the whole room as this class of viewers may see it."""
    meeting = board.meeting
    return RoomState(
        meeting=meeting.id,
        kind=meeting.kind,
        title=meeting.title,
        channel=meeting.channel,
        documents=list(meeting.documents),
        started_at=board.started_at,
        seq=seq,
        peers=[view_peer(member) for member in _inside(board) if sees(viewer, member)],
        hands=_hands(board, viewer),
        lobby=_lobby(board) if leads(viewer) else [],
        presenting=_presenting(board, viewer),
        stage=_stage(board, viewer),
        locked=board.locked,
        encrypted=board.encrypted,
        private_cameras=meeting.private_cameras,
        recording=board.recording,
        groups=_groups(board, viewer),
    )


def concerns(viewer: Viewer, mark: Mark) -> bool:
    """Whether this class of viewers may know of the change."""
    if mark.member is not None and not sees(viewer, mark.member):
        return False
    return mark.aspect != "lobby" or leads(viewer)


def render(board: Board, viewer: Viewer, mark: Mark) -> RoomChange:
    """Return what this mark means to a class of viewers that it concerns."""
    match mark.aspect, mark.member:
        case "joined", Member() as member:
            return PeerJoined(view_peer(member))
        case "changed", Member() as member:
            return PeerChanged(view_peer(member))
        case "left", Member() as member:
            return PeerLeft(member.peer)
        case "hands", _:
            return HandsChanged(_hands(board, viewer))
        case "lobby", _:
            return LobbyChanged(_lobby(board))
        case "presenting", _:
            return PresentingChanged(_presenting(board, viewer))
        case "stage", _:
            return StageChanged(_stage(board, viewer))
        case "lock", _:
            return LockChanged(board.locked)
        case "groups", _:
            return GroupsChanged(_groups(board, viewer))
        case "recording", _:
            return RecordingChanged(board.recording, None if board.recording else board.recording_ended)
        case aspect, _:
            raise AssertionError(f"{aspect} is about a member")


def _inside(board: Board) -> list[Member]:
    return [member for member in board.members.values() if member.inside]


def _hands(board: Board, viewer: Viewer) -> list[HandView]:
    return [HandView(peer, at) for peer, at in board.hands.items() if sees(viewer, board.members[peer])]


def _lobby(board: Board) -> list[LobbyView]:
    return [
        LobbyView(member.peer, member.person.id, member.person.name, member.person.role, member.since)
        for member in board.members.values()
        if not member.inside
    ]


def _presenting(board: Board, viewer: Viewer) -> Presenting | None:
    """What is on the stage: a group's own document, else what somebody shows to all (who may be visiting a group)."""
    place, shown = _place(viewer), board.presenting
    if place is not None and board.groups is not None:
        document = board.groups.room(place).document
        return None if document is None else Presenting("", document, None)
    if shown is None or (viewer.startswith("person:") and not sees(viewer, board.members[shown.peer])):
        return None
    return shown


def _groups(board: Board, viewer: Viewer) -> GroupsView | None:
    """The plan; who does not lead sees it where they choose, and as soon as the groups work."""
    plan = board.groups
    if plan is None or not (leads(viewer) or plan.working or plan.how == "choice"):
        return None
    people: dict[str, list[str]] = {room.id: [] for room in plan.rooms}
    for person, room in plan.seats.items():
        people[room].append(person)
    rooms = [GroupView(room.id, room.title, room.channel, room.document, people[room.id]) for room in plan.rooms]
    return GroupsView(plan.how, plan.phase, plan.ends_at, rooms, plan.source if leads(viewer) else None)


def _stage(board: Board, viewer: Viewer) -> str | None:
    shown = board.stage
    return shown if shown is not None and sees(viewer, board.members[shown]) else None
