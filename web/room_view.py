"""Who sees what of a room.

Laws: everybody of a viewer class sees the same, so a change is rendered and encoded once per class. Moderators
see everything. Members see everything but the lobby. In a consultation a family sees the moderators and itself and
gets no message about anybody else, not even an empty one: each class counts its changes on its own.
People in the lobby see nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

from web.messages import (
    Connection,
    GrantView,
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
from web.school.model import Grant, Meeting, Person

Viewer = str  # "moderator", "member", or "person:" and the id of the person
Aspect = Literal["joined", "changed", "left", "hands", "lobby", "presenting", "stage", "lock", "recording"]


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

    @property
    def viewer(self) -> Viewer:
        return "moderator" if self.grant.moderate else "member"


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
    recording: RecordingView | None = None
    recording_ended: RecordingEnd | None = None  # why the last one did
    records: dict[str, int] = field(default_factory=dict)  # peers that are recorded, and under which number


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
    if member.grant.moderate:
        return "moderator"
    return f"person:{member.person.id}" if board.meeting.kind == "consultation" else "member"


def sees(viewer: Viewer, member: Member) -> bool:
    """Whether this class of viewers may know of the member."""
    return not viewer.startswith("person:") or member.grant.moderate or viewer == f"person:{member.person.id}"


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
        lobby=_lobby(board) if viewer == "moderator" else [],
        presenting=_presenting(board, viewer),
        stage=_stage(board, viewer),
        locked=board.locked,
        encrypted=board.encrypted,
        private_cameras=meeting.private_cameras,
        recording=board.recording,
    )


def render(board: Board, viewer: Viewer, marks: Iterable[Mark]) -> list[RoomChange]:
    """Return what these marks mean to this class of viewers; nothing when they concern others only."""
    changes: list[RoomChange] = []
    for mark in marks:
        if mark.member is not None and not sees(viewer, mark.member):
            continue
        if mark.aspect == "lobby" and viewer != "moderator":
            continue
        changes.append(_render(board, viewer, mark))
    return changes


def _render(board: Board, viewer: Viewer, mark: Mark) -> RoomChange:
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
    shown = board.presenting
    return shown if shown is not None and sees(viewer, board.members[shown.peer]) else None


def _stage(board: Board, viewer: Viewer) -> str | None:
    shown = board.stage
    return shown if shown is not None and sees(viewer, board.members[shown]) else None
