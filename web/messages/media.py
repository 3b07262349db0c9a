"""Media: offers and answers, who is in which slot, how the line is.

Laws: the client always offers, the server only answers; a slot is spoken of by its generation.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta, Struct

from web.messages.basics import Done, Id
from web.messages.room import PeerView

Sdp = Annotated[str, Meta(min_length=1, max_length=65536)]
Mid = Annotated[str, Meta(min_length=1, max_length=16)]
SourcePurpose = Literal["microphone", "camera", "screen", "screen-audio"]
SlotPurpose = Literal[
    "stage-audio", "stage", "screen-audio", "screen", "voice-1", "voice-2",
    "tile-1", "tile-2", "tile-3", "tile-4", "tile-5", "tile-6", "tile-7", "tile-8",
]  # fmt: skip


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


class IceServer(Struct, frozen=True):
    """A relay for media, as browsers take it (RTCIceServer); the password holds for a day."""

    urls: list[str]
    username: str
    credential: str


class SlotView(Struct, frozen=True):
    """Who is in a slot; show a frame only when its CSRC is `csrc`, speak of it only when `generation` is the newest."""

    slot: str
    mid: str
    peer: str | None
    generation: int
    csrc: int


class MediaSlots(Struct, frozen=True):
    """`epoch`: the one of `media:move`, for whoever has two connections; it rises whenever the room moves."""

    slots: list[SlotView]
    epoch: int


class MediaSpeakers(Struct, frozen=True):
    peers: list[str]


class MediaLayers(Struct, frozen=True):
    """The layers (RIDs) that somebody watches: send these and no others. None: of this picture there are no layers."""

    camera: list[str] | None
    screen: list[str] | None


class MediaPaused(Struct, frozen=True):
    """Whether my way carries not even the smallest pictures that I should see; sound goes on."""

    paused: bool


class MediaUndecodable(Struct, frozen=True):
    """Whose picture I should see now and cannot, because my browser does not know its codec."""

    peers: list[str]


class MediaLeftOut(Struct, frozen=True):
    """Whose camera I asked for and do not get now: my `line` has no room for it, or a `screen` takes its place."""

    line: list[str]
    screen: list[str]


class MediaMove(Struct, frozen=True):
    """The room is on another worker: build a second connection, and say media:moved when it carries everything."""

    epoch: int


class MediaMoved(Struct, frozen=True):
    """My connection of this epoch carries everything: the one before is not needed for me."""

    epoch: int


class MediaSettled(Struct, frozen=True):
    """Nobody needs the connection of before any more: close it."""

    epoch: int


class MediaLost(Struct, frozen=True):
    """The media connection is gone; make a new offer."""

    reason: str


REQUESTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
    {
        "room:media": (RoomMedia, PeerView),
        "media:offer": (MediaOffer, MediaAnswer),
        "media:page": (MediaPage, Done),
        "media:quality": (MediaQuality, Done),
        "media:heal": (MediaHeal, Done),
        "media:moved": (MediaMoved, Done),
    }
)

PUSHED: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "media:slots": MediaSlots,
        "media:speakers": MediaSpeakers,
        "media:layers": MediaLayers,
        "media:paused": MediaPaused,
        "media:undecodable": MediaUndecodable,
        "media:left_out": MediaLeftOut,
        "media:lost": MediaLost,
        "media:move": MediaMove,
        "media:settled": MediaSettled,
    }
)
