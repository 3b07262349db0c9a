"""What the engine is told and what it tells: rights, purposes, slots and events, as frozen data.

Laws: nothing here knows a name or a role of a person; a peer is an opaque text. Whoever composes the engine maps
its own grants to `MediaRights` and carries `MediaEvent`s to the peers.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from msgspec import Struct

Purpose = Literal["microphone", "camera", "screen", "screen-audio"]
"""What a source shows or says."""

PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
KIND_OF_PURPOSE: Final[dict[str, Literal["audio", "video"]]] = {
    "microphone": "audio",
    "camera": "video",
    "screen": "video",
    "screen-audio": "audio",
}
MAX_TILES: Final = 8
KIND_OF_SLOT: Final[dict[str, Literal["audio", "video"]]] = {
    "stage-audio": "audio",
    "stage": "video",
    "screen-audio": "audio",
    "screen": "video",
    "voice-1": "audio",
    "voice-2": "audio",
    "voice-3": "audio",
    **{f"tile-{number}": "video" for number in range(1, MAX_TILES + 1)},
}
"""Every slot a viewer may have. `voice-3` is for viewers without a stage-audio slot (WHEP)."""
STREAM_OF_SLOT: Final = {"stage-audio": "stage", "screen-audio": "screen"}
"""The msid stream of a slot, where it is not its own name: browsers lip-sync only within a stream."""


class MediaRights(Struct, frozen=True):
    """What a peer may do. `audience`: the peers that may see and hear this one; None means everyone in the room.

    `camera_audience` narrows the camera alone ("camera to the teacher only"). `record`: the number under which a
    recording keeps what this peer sends; 0: it is not recorded.
    """

    publish: bool
    screen: bool
    receive: bool
    moderator: bool
    audience: frozenset[str] | None = None
    camera_audience: frozenset[str] | None = None
    record: int = 0


class SourceOffer(Struct, frozen=True):
    """The remote's word for one m-line that it sends."""

    mid: str
    purpose: Purpose


class SlotOffer(Struct, frozen=True):
    """The remote's word for one m-line that it receives; `purpose` is a slot's name."""

    mid: str
    purpose: str


class SlotState(Struct, frozen=True):
    """Who is in a slot now. A frame belongs to `peer` only if its packets carry this `csrc`."""

    slot: str
    mid: str
    peer: str | None
    generation: int
    csrc: int


class SlotsChanged(Struct, frozen=True, tag=True):
    """All slots of one viewer, whenever one of them changed."""

    peer: str
    slots: list[SlotState]


class SpeakersChanged(Struct, frozen=True, tag=True):
    """Who speaks now, loudest first."""

    peers: list[str]


class PeerConnected(Struct, frozen=True, tag=True):
    """Keys are agreed on: media flows."""

    peer: str


class PeerLost(Struct, frozen=True, tag=True):
    """The connection is gone, the peer is still admitted. Reasons: expired, timeout, failed, closed."""

    peer: str
    reason: str


class SourceChanged(Struct, frozen=True, tag=True):
    """Packets of a source began to flow, or have been missing for 2 s."""

    peer: str
    purpose: Purpose
    flowing: bool


class LayersWanted(Struct, frozen=True, tag=True):
    """The RIDs that a peer's client should send: of all of its pictures that have layers, lowest first."""

    peer: str
    layers: dict[Purpose, list[str]]


class VideoPaused(Struct, frozen=True, tag=True):
    """A peer's way carries not even the lowest layer of what it should see; or it does again. Sound goes on."""

    peer: str
    paused: bool


class Undecodable(Struct, frozen=True, tag=True):
    """The peers whose picture a peer should see now and cannot: its browser does not know their codec."""

    peer: str
    peers: list[str]


class LeftOut(Struct, frozen=True, tag=True):
    """The peers whose camera a peer asked for and does not get now: its `line` has no room, or a `screen` takes it."""

    peer: str
    line: list[str]
    screen: list[str]


MediaEvent = (
    SlotsChanged
    | SpeakersChanged
    | PeerConnected
    | PeerLost
    | SourceChanged
    | LayersWanted
    | VideoPaused
    | Undecodable
    | LeftOut
)
