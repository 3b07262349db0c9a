"""What the router takes and gives: events in, orders for the plane and events for the room out. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from sfu.model import MediaEvent, MediaRights, Purpose


class Source(Struct, frozen=True):
    """A source of a connection, in one `codec`. `levelled`: its packets carry audio levels; `rids`: its layers, lowest
    first."""

    id: int
    purpose: Purpose
    levelled: bool = False
    rids: tuple[str, ...] = ()
    codec: str = ""


class Slot(Struct, frozen=True):
    """A slot of a connection; `id` is the plane's, `name` is one of KIND_OF_SLOT, `codecs` what its viewer decodes."""

    id: int
    name: str
    mid: str
    codecs: frozenset[str] = frozenset()


class Admitted(Struct, frozen=True):
    """The peer is known to the room; again with other rights to change them."""

    peer: str
    rights: MediaRights


class Left(Struct, frozen=True):
    """The peer is gone for good."""

    peer: str


class Attached(Struct, frozen=True):
    """A connection was negotiated, or negotiated anew; its wishes as in `purposes.Ask`."""

    peer: str
    session: int
    sources: tuple[Source, ...]
    slots: tuple[Slot, ...]
    featured: bool = False
    follow: str | None = None
    obliging: bool = False


class Connected(Struct, frozen=True):
    """The keys of the peer's connection are in the plane."""

    peer: str


class Detached(Struct, frozen=True):
    """The peer's connection is gone."""

    peer: str


class Flow(Struct, frozen=True):
    """Packets of a source flow, or have stopped."""

    source: int
    flowing: bool


class Rates(Struct, frozen=True):
    """Layers of pictures in kbit/s, lowest first: 0 nothing flows, 1 not measured yet. Only what changed is told.

    `halves`: what half of the frames of these sources' layers are; 0 where there is no half.
    """

    rates: tuple[tuple[int, tuple[int, ...]], ...]
    halves: Mapping[int, tuple[int, ...]] = {}

    @classmethod
    def of(cls, measured: Sequence[tuple[int, list[int], list[int]]]) -> Rates:
        """As the plane tells them: source, layers, halves."""
        halves = {source: tuple(half) for source, _, half in measured}
        return cls(tuple((source, tuple(layers)) for source, layers, _ in measured), halves)


class Estimates(Struct, frozen=True):
    """What the ways to these peers carry, in kbit/s; and whether it will be found out when that is more."""

    rates: tuple[tuple[str, float, bool], ...]


class Capped(Struct, frozen=True):
    """What one viewer's pictures and voices may take, in kbit/s."""

    kbit: float


class Levels(Struct, frozen=True):
    """Loudness of the sources that are above the threshold (0 loudest, 127 silence), `ago` seconds before."""

    levels: tuple[tuple[int, int], ...]
    ago: float = 0.0


class Staged(Struct, frozen=True):
    """Who is on stage."""

    peer: str | None


class Returned(Struct, frozen=True):
    """The peer's client is back, and may have missed what it was told."""

    peer: str


class Paged(Struct, frozen=True):
    """Whom a viewer wants in its tiles."""

    peer: str
    tiles: tuple[str, ...]


class Frozen(Struct, frozen=True):
    """A viewer's picture in this slot stands still although packets come."""

    peer: str
    slot: str


class Muted(Struct, frozen=True):
    """A moderator's mute of a microphone."""

    peer: str
    muted: bool


class Recorded(Struct, frozen=True):
    """A recorder is there, known to audiences by this number; 0: no more."""

    recorder: int


PeerEvent = Left | Attached | Connected | Detached | Returned | Paged | Frozen | Muted
Event = Recorded | Admitted | Flow | Rates | Estimates | Capped | Levels | Staged | PeerEvent


class Assign(Struct, frozen=True):
    """Plane: put a source (0: none) into a slot."""

    session: int
    slot: int
    source: int
    generation: int


class AskKeyframe(Struct, frozen=True):
    """Plane: ask the source for a keyframe, when its authority lets it be asked."""

    source: int


class SetLayer(Struct, frozen=True):
    """Plane: the highest layer that a slot may show, and whether half of its frames are enough."""

    session: int
    slot: int
    layer: int
    halved: bool = False


class SetAudience(Struct, frozen=True):
    """Plane: exactly these sessions may receive the source."""

    source: int
    viewers: tuple[int, ...]


class SetMute(Struct, frozen=True):
    """Plane: forward the source or not."""

    source: int
    muted: bool


class Tap(Struct, frozen=True):
    """Recorder: take this source, for who is recorded under this number, aiming at a layer."""

    source: int
    purpose: Purpose
    record: int
    layer: int


Output = Tap | Assign | AskKeyframe | SetLayer | SetAudience | SetMute | MediaEvent
