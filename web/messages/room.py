"""The room: who is in it, what they may do there, and what moderators ask for.

Laws: a client sees the room as numbered changes of one state; a gap in the numbers means: ask again.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from web.messages.basics import ClientKey, Done, Empty, Id, Quality
from web.messages.groups import GroupsChanged, GroupsView
from web.messages.recording import RecordingChanged, RecordingView

MeetingKind = Literal["lesson", "consultation", "conference"]
Connection = Literal["waiting", "connected", "lost", "away"]
CloseReason = Literal["ended", "removed", "rejected", "no_right", "replaced", "moved", "restart"]


class GrantView(Struct, frozen=True):
    """What I may do in this meeting; the server checks each again."""

    role: str
    publish: bool
    screen: bool
    edit: bool
    chat: bool
    moderate: bool
    present: bool
    record: bool


class PeerView(Struct, frozen=True):
    """One person's one device in the room.

    `muted`: a moderator muted it; it holds until the person unmutes. `connection`: "waiting" no media yet,
    "connected" media flows, "lost" media broke, "away" the device is gone and its place is kept for 30 s.
    `quality`: how a conversation over its line sounds. `group`: the group room where it is, null with all.
    """

    peer: str
    person: str
    name: str
    role: str
    colour: int
    moderator: bool
    microphone: bool
    camera: bool
    screen: bool
    muted: bool
    connection: Connection
    quality: Quality
    joined_at: int
    group: str | None


class HandView(Struct, frozen=True):
    """A raised hand; the place in the list is the place in the queue."""

    peer: str
    at: int


class LobbyView(Struct, frozen=True):
    """Somebody who waits; only moderators are told."""

    peer: str
    person: str
    name: str
    role: str
    since: int


class Presenting(Struct, frozen=True):
    """Which document is on the stage, on which slide, and who put it there."""

    peer: str
    document: str
    slide: str | None


class RoomState(Struct, frozen=True):
    """The whole room as one peer may see it, after the change numbered `seq`.

    `private_cameras`: only who leads the meeting sees the others' cameras.
    """

    meeting: str
    kind: MeetingKind
    title: str
    channel: str | None
    documents: list[str]
    started_at: int
    seq: int
    peers: list[PeerView]
    hands: list[HandView]
    lobby: list[LobbyView]
    presenting: Presenting | None
    stage: str | None
    locked: bool
    encrypted: bool
    private_cameras: bool
    recording: RecordingView | None
    groups: GroupsView | None


class PeerJoined(Struct, frozen=True, tag_field="type", tag="peer_joined"):
    peer: PeerView


class PeerChanged(Struct, frozen=True, tag_field="type", tag="peer_changed"):
    peer: PeerView


class PeerLeft(Struct, frozen=True, tag_field="type", tag="peer_left"):
    peer: str


class HandsChanged(Struct, frozen=True, tag_field="type", tag="hands_changed"):
    hands: list[HandView]


class LobbyChanged(Struct, frozen=True, tag_field="type", tag="lobby_changed"):
    lobby: list[LobbyView]


class PresentingChanged(Struct, frozen=True, tag_field="type", tag="presenting_changed"):
    presenting: Presenting | None


class StageChanged(Struct, frozen=True, tag_field="type", tag="stage_changed"):
    stage: str | None


class LockChanged(Struct, frozen=True, tag_field="type", tag="lock_changed"):
    locked: bool


RoomChange = (
    PeerJoined
    | PeerChanged
    | PeerLeft
    | HandsChanged
    | LobbyChanged
    | PresentingChanged
    | StageChanged
    | LockChanged
    | RecordingChanged
    | GroupsChanged
)


class RoomChanged(Struct, frozen=True):
    """What changed since `seq - 1`. A gap in `seq` means: ask for the state again with room:sync."""

    seq: int
    changes: list[RoomChange]


class RoomJoin(Struct, frozen=True):
    """`client`: a random key of this tab; with it a lost connection finds its place again for 30 s.

    `encrypts`: this client can seal and open media; without that nobody enters an encrypted meeting.
    """

    meeting: Id
    client: ClientKey = ""
    encrypts: bool = False


class RoomJoined(Struct, frozen=True):
    """In the lobby there is no room to see: only the meeting's title."""

    state: Literal["joined", "lobby"]
    peer: str
    meeting: str
    title: str
    grant: GrantView
    room: RoomState | None


class RoomHand(Struct, frozen=True):
    raised: bool


class PeerTarget(Struct, frozen=True):
    peer: Id


class PeerOrAll(Struct, frozen=True):
    """`peer: null` means everybody (or nobody, for the stage)."""

    peer: Id | None


class RoomPresent(Struct, frozen=True):
    """`document: null` clears the stage."""

    document: Id | None
    slide: Id | None = None


class RoomLock(Struct, frozen=True):
    locked: bool


class RoomCameras(Struct, frozen=True):
    """`private`: only who leads the meeting sees the others' cameras."""

    private: bool


class RoomGrant(Struct, frozen=True):
    """What I may do in the room changed while I am in it."""

    grant: GrantView


class RoomClosed(Struct, frozen=True):
    reason: CloseReason


class RoomMuted(Struct, frozen=True):
    by: str


class PleaseUnmute(Struct, frozen=True):
    by: str


REQUESTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
    {
        "room:join": (RoomJoin, RoomJoined),
        "room:leave": (Empty, Done),
        "room:sync": (Empty, RoomState),
        "room:hand": (RoomHand, Done),
        "room:lower": (PeerOrAll, Done),
        "room:admit": (PeerTarget, Done),
        "room:reject": (PeerTarget, Done),
        "room:remove": (PeerTarget, Done),
        "room:mute": (PeerOrAll, Done),
        "room:ask_unmute": (PeerTarget, Done),
        "room:stage": (PeerOrAll, Done),
        "room:present": (RoomPresent, Done),
        "room:lock": (RoomLock, Done),
        "room:cameras": (RoomCameras, Done),
        "room:end": (Empty, Done),
    }
)

PUSHED: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "room:admitted": RoomJoined,
        "room:grant": RoomGrant,
        "room:state": RoomState,
        "room:changed": RoomChanged,
        "room:closed": RoomClosed,
        "room:muted": RoomMuted,
        "room:please_unmute": PleaseUnmute,
    }
)
