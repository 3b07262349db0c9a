"""Every Socket.IO message as a typed value; the client's messages.ts is generated from here.

Laws: an event has one request type and one result type, listed once in CLIENT_EVENTS; a pushed event has
one type, listed once in SERVER_EVENTS. Requests are decoded here, strictly, and bounded by their types: what
does not fit never reaches a room or a channel. Fields with a default may be left out by the sender; what the
server sends is always complete. Times are milliseconds since 1970.
`python -m web.messages` writes the TypeScript, `--check` fails when it differs. PROTOCOL.md says what each does.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=128)]
ClientKey = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(min_length=1, max_length=4000)]
Sdp = Annotated[str, Meta(min_length=1, max_length=65536)]
Mid = Annotated[str, Meta(min_length=1, max_length=16)]
PublicKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{87}\Z")]  # 65 bytes in base64url
WrappedKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{86}\Z")]  # 64 bytes
Sequence = Annotated[int, Meta(ge=0, le=2**53 - 1)]

SourcePurpose = Literal["microphone", "camera", "screen", "screen-audio"]
SlotPurpose = Literal[
    "stage-audio", "stage", "screen-audio", "screen", "voice-1", "voice-2",
    "tile-1", "tile-2", "tile-3", "tile-4", "tile-5", "tile-6", "tile-7", "tile-8",
]  # fmt: skip
MeetingKind = Literal["lesson", "consultation", "conference"]
Connection = Literal["waiting", "connected", "lost", "away"]
CloseReason = Literal["ended", "removed", "rejected", "no_right", "replaced", "moved", "restart"]
Quality = Literal["unknown", "good", "fair", "weak"]
Status = Literal["here", "unknown"]
ChannelMode = Literal["open", "moderated", "teacher_only", "off"]
HeldStatus = Literal["waiting", "approved", "declined"]
Sign = Literal["👍", "❤️", "😄", "🎉", "🤔", "👀"]
ErrorCode = Literal[
    "bad_message", "too_large", "too_fast", "not_found", "not_allowed", "not_in_room", "state", "media",
    "encrypted", "overloaded", "unavailable", "internal",
]  # fmt: skip


class ErrorBody(Struct, frozen=True):
    """Why a request failed: a stable code, and a sentence for people."""

    code: ErrorCode
    text: str


class Failure(Struct, frozen=True):
    """The ack of a request that failed."""

    error: ErrorBody


class Done(Struct, frozen=True):
    """The ack of a request that has nothing to tell."""


# --- what a room looks like ---------------------------------------------------------------------------------


class GrantView(Struct, frozen=True):
    """What I may do in this meeting; the server checks each again."""

    role: str
    publish: bool
    screen: bool
    edit: bool
    chat: bool
    moderate: bool
    present: bool


class PeerView(Struct, frozen=True):
    """One person's one device in the room.

    `muted`: a moderator muted it; it holds until the person unmutes. `connection`: "waiting" no media yet,
    "connected" media flows, "lost" media broke, "away" the device is gone and its place is kept for 30 s.
    `quality`: how a conversation over its line sounds.
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
    PeerJoined | PeerChanged | PeerLeft | HandsChanged | LobbyChanged | PresentingChanged | StageChanged | LockChanged
)


class RoomChanged(Struct, frozen=True):
    """What changed since `seq - 1`. A gap in `seq` means: ask for the state again with room:sync."""

    seq: int
    changes: list[RoomChange]


# --- requests and their results -----------------------------------------------------------------------------


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


class Empty(Struct, frozen=True):
    """A request that says nothing but its name."""


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


class SecretHello(Struct, frozen=True, tag_field="type", tag="hello"):
    """A public key (P-256, uncompressed); one that is no `answer` is answered with another, and with a key."""

    key: PublicKey
    answer: bool


class SecretKey(Struct, frozen=True, tag_field="type", tag="key"):
    """A sender's key, sealed under the secret of two people; the server cannot read it."""

    wrapped: WrappedKey


class Parcel(Struct, frozen=True):
    peer: Id
    data: SecretHello | SecretKey


class RoomSecret(Struct, frozen=True):
    """Carry these to people in the room; only in an encrypted meeting."""

    parcels: Annotated[list[Parcel], Meta(min_length=1, max_length=64)]


class RoomSecretSent(Struct, frozen=True):
    """`missed`: who is not (or not yet) there to take it."""

    missed: list[str]


class RoomCameras(Struct, frozen=True):
    """`private`: only who leads the meeting sees the others' cameras."""

    private: bool


class RoomMedia(Struct, frozen=True):
    """What I have switched on. `unmute` is true only when the person pressed the microphone after room:muted."""

    microphone: bool
    camera: bool
    screen: bool
    unmute: bool = False


class SourceOffer(Struct, frozen=True):
    mid: Mid
    purpose: SourcePurpose


class SlotOffer(Struct, frozen=True):
    mid: Mid
    purpose: SlotPurpose


class MediaOffer(Struct, frozen=True):
    sdp: Sdp
    sources: Annotated[list[SourceOffer], Meta(max_length=4)]
    slots: Annotated[list[SlotOffer], Meta(max_length=16)]


class MediaAnswer(Struct, frozen=True):
    sdp: str


class MediaPage(Struct, frozen=True):
    """The peers I want to see in tile-1, tile-2, ..., in this order."""

    tiles: Annotated[list[Id], Meta(max_length=8)]


class MediaQuality(Struct, frozen=True):
    """How my line is, measured both ways: the E-model's rating (ITU-T G.107), loss 0 to 1, times in milliseconds."""

    score: Annotated[int, Meta(ge=0, le=100)]
    loss: Annotated[float, Meta(ge=0, le=1)]
    jitter: Annotated[int, Meta(ge=0, le=60_000)]
    round_trip: Annotated[int, Meta(ge=0, le=60_000)]


class MediaHeal(Struct, frozen=True):
    """My picture in this slot stands still although packets come."""

    slot: SlotPurpose


class ChatSend(Struct, frozen=True):
    """`client_id` makes a repeat harmless: the same id of the same author gets the same seq.

    `reply_to` is the number of the message that this one answers, `mentions` the person ids it names.
    """

    channel: Id
    text: Text
    client_id: Annotated[str, Meta(min_length=1, max_length=64)]
    reply_to: Sequence | None = None
    mentions: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()


class ChatSent(Struct, frozen=True):
    """`held`: it waits for approval and has no number yet (`seq` is 0)."""

    seq: int
    at: int
    held: bool = False


class ChatHistory(Struct, frozen=True):
    """Messages after `after`, oldest first; with `before`, the last ones before it (still oldest first)."""

    channel: Id
    after: Sequence = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    before: Sequence | None = None


class ChatDelete(Struct, frozen=True):
    channel: Id
    seq: Sequence


class ChatEdit(Struct, frozen=True):
    channel: Id
    seq: Sequence
    text: Text
    mentions: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()


class ChatReact(Struct, frozen=True):
    """Give a sign under a message, or take it back."""

    channel: Id
    seq: Sequence
    sign: Sign
    given: bool


class ChatWaiting(Struct, frozen=True):
    channel: Id


class ChatDecide(Struct, frozen=True):
    """`id` is that of a held message."""

    channel: Id
    id: Id
    approve: bool


class ChatRead(Struct, frozen=True):
    """I have read everything up to this message."""

    channel: Id
    seq: Sequence


class ChatSearch(Struct, frozen=True):
    """Messages in which every word of `text` begins a word; `channel: null` searches all I may read."""

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    channel: Id | None = None


class ChatChanges(Struct, frozen=True):
    """What happened to messages after the change `after`."""

    channel: Id
    after: Sequence


class Author(Struct, frozen=True):
    id: str
    name: str
    role: str


class Reaction(Struct, frozen=True):
    """One sign under a message, and who gave it, in that order."""

    sign: Sign
    people: tuple[str, ...]


class ChatMessage(Struct, frozen=True):
    """One message; a deleted one keeps its number and loses its text."""

    channel: str
    seq: int
    client_id: str
    author: Author
    text: str
    at: int
    deleted: bool
    edited: bool
    reply_to: int | None
    mentions: tuple[str, ...]
    reactions: list[Reaction]


class ChatPage(Struct, frozen=True):
    """`head` is the number of the channel's last message, `changed` that of its last change."""

    messages: list[ChatMessage]
    head: int
    changed: int


class ChatFound(Struct, frozen=True):
    """The newest first, at most 50."""

    messages: list[ChatMessage]


class ChatHeld(Struct, frozen=True):
    """A message that waits for approval, or what was decided. Told to the channel's moderators and its author."""

    channel: str
    id: str
    client_id: str
    author: Author
    text: str
    at: int
    status: HeldStatus
    change: int


class ChatHeldList(Struct, frozen=True):
    messages: list[ChatHeld]


class ChatChanged(Struct, frozen=True):
    """Change `change` of a channel: the new state of one message."""

    change: int
    message: ChatMessage


class ChatChangeList(Struct, frozen=True):
    """The newest state of every message that changed; ask again until `changed` is reached."""

    messages: list[ChatMessage]
    changed: int
    more: bool


# --- pushed by the server -----------------------------------------------------------------------------------


class PersonView(Struct, frozen=True):
    id: str
    school: str
    name: str
    role: str


class ChannelView(Struct, frozen=True):
    """A channel this connection hears, and what it may do there.

    `held`: what I write waits for approval. `unread`: how many messages came after the last I read.
    `keep_days`: messages that are older are deleted; None keeps them.
    """

    channel: str
    title: str
    read: bool
    write: bool
    moderate: bool
    mode: ChannelMode
    held: bool
    unread: int
    keep_days: int | None


class IceServer(Struct, frozen=True):
    """A relay for media, as browsers take it (RTCIceServer); the password holds for a day."""

    urls: list[str]
    username: str
    credential: str


class Hello(Struct, frozen=True):
    """First message on every connection: who I am to the server, which channels I hear, and relays for media."""

    person: PersonView
    channels: list[ChannelView]
    ice_servers: list[IceServer]


class RightsChanged(Struct, frozen=True):
    """The channels I hear, or what I may do there, changed while connected: this is the whole list."""

    channels: list[ChannelView]


class RoomGrant(Struct, frozen=True):
    """What I may do in the room changed while I am in it."""

    grant: GrantView


class RoomSecretFrom(Struct, frozen=True):
    """What `peer` sent me for our encryption."""

    peer: str
    data: SecretHello | SecretKey


class RoomClosed(Struct, frozen=True):
    reason: CloseReason


class RoomMuted(Struct, frozen=True):
    by: str


class PleaseUnmute(Struct, frozen=True):
    by: str


class SlotView(Struct, frozen=True):
    """Who is in a slot; show a frame only when its CSRC is `csrc`, speak of it only when `generation` is the newest."""

    slot: str
    mid: str
    peer: str | None
    generation: int
    csrc: int


class MediaSlots(Struct, frozen=True):
    slots: list[SlotView]


class MediaSpeakers(Struct, frozen=True):
    peers: list[str]


class MediaLayers(Struct, frozen=True):
    """The layers (RIDs) that somebody watches: send these and no others. None: of this picture there are no layers."""

    camera: list[str] | None
    screen: list[str] | None


class MediaPaused(Struct, frozen=True):
    """Whether my way carries not even the smallest pictures that I should see; sound goes on."""

    paused: bool


class MediaLost(Struct, frozen=True):
    """The media connection is gone; make a new offer."""

    reason: str


class PresencePerson(Struct, frozen=True):
    """`unknown`: the server cannot hear the other workers now; it is not "left"."""

    person: str
    name: str
    role: str
    status: Status


class PresenceState(Struct, frozen=True):
    channel: str
    people: list[PresencePerson]


class PresenceChanged(Struct, frozen=True):
    """`people` came or changed, `gone` (person ids) left."""

    channel: str
    people: list[PresencePerson]
    gone: list[str]


class ChatDeleted(Struct, frozen=True):
    channel: str
    seq: int
    change: int


CLIENT_EVENTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
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
        "room:media": (RoomMedia, PeerView),
        "room:secret": (RoomSecret, RoomSecretSent),
        "media:offer": (MediaOffer, MediaAnswer),
        "media:page": (MediaPage, Done),
        "media:quality": (MediaQuality, Done),
        "media:heal": (MediaHeal, Done),
        "chat:send": (ChatSend, ChatSent),
        "chat:history": (ChatHistory, ChatPage),
        "chat:delete": (ChatDelete, Done),
        "chat:edit": (ChatEdit, Done),
        "chat:react": (ChatReact, Done),
        "chat:changes": (ChatChanges, ChatChangeList),
        "chat:waiting": (ChatWaiting, ChatHeldList),
        "chat:decide": (ChatDecide, Done),
        "chat:read": (ChatRead, Done),
        "chat:search": (ChatSearch, ChatFound),
    }
)

SERVER_EVENTS: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "session:hello": Hello,
        "rights:changed": RightsChanged,
        "room:admitted": RoomJoined,
        "room:grant": RoomGrant,
        "room:state": RoomState,
        "room:changed": RoomChanged,
        "room:closed": RoomClosed,
        "room:muted": RoomMuted,
        "room:secret": RoomSecretFrom,
        "room:please_unmute": PleaseUnmute,
        "media:slots": MediaSlots,
        "media:speakers": MediaSpeakers,
        "media:layers": MediaLayers,
        "media:paused": MediaPaused,
        "media:lost": MediaLost,
        "presence:state": PresenceState,
        "presence:changed": PresenceChanged,
        "chat:message": ChatMessage,
        "chat:deleted": ChatDeleted,
        "chat:changed": ChatChanged,
        "chat:held": ChatHeld,
        "chat:read": ChatRead,
    }
)


def main(arguments: list[str]) -> int:
    """Write the client's messages.ts, or with --check compare it. Returns the exit code."""
    from web.typescript import build_typescript

    target = Path(__file__).parent / "client" / "src" / "protocol" / "messages.ts"
    text = build_typescript(CLIENT_EVENTS, SERVER_EVENTS, Failure)
    if "--check" in arguments:
        if target.is_file() and target.read_text() == text:
            return 0
        sys.stderr.write(f"{target} differs from web/messages.py: run `python -m web.messages`\n")
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
