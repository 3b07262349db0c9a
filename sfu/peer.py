"""One peer of a room: its rights, what it sends (sources) and what it is shown in (slots).

Laws: a source belongs to one peer, a slot to one viewer. What is kept here is what the plane was told and what was
measured; who may get what is asked of the roster, and decided by nobody here.
"""

from __future__ import annotations

from math import inf
from typing import Final

from sfu.allocator import MAX_LAYERS, Allocation, Supply
from sfu.demand import Demand
from sfu.events import Slot, Source
from sfu.missing import Missing
from sfu.model import MediaRights, Purpose
from sfu.voices import Seats

STILL_SECONDS: Final = 5.0


class SourceEntry:
    """A source: what flows, who may have it, what the plane was told of that (None: nothing yet), who shows it."""

    __slots__ = (
        "codec",
        "demand",
        "flowing",
        "id",
        "layers",
        "levelled",
        "muted",
        "named",
        "open",
        "owner",
        "purpose",
        "recorded",
        "rids",
        "shown",
        "since",
        "still",
        "supply",
        "taped",
        "viewers",
        "watched",
    )

    def __init__(self, source: Source, owner: Peer) -> None:
        self.id = source.id
        self.purpose: Purpose = source.purpose
        self.levelled = source.levelled
        self.codec = source.codec
        self.owner = owner
        self.rids = source.rids
        self.layers = max(1, len(source.rids))
        self.supply = Supply(source.purpose, self.layers)
        self.demand = Demand(len(source.rids))
        self.flowing = False
        self.still: float | None = None
        self.since: float | None = None
        self.muted: bool | None = None
        self.open = owner.may_send(source.purpose)
        self.named = owner.named(source.purpose)
        self.recorded = (0, 0)
        """By which recorder, under which number; nobody records under 0."""
        self.viewers: set[int] | None = None
        self.shown: dict[Peer, int] = {}
        self.watched = [0] * self.layers
        self.taped: int | None = None
        """The layer that is recorded."""

    def decodes_in(self, slot: SlotEntry) -> bool:
        """Whether the slot's viewer knows the codec; who says nothing of codecs knows all."""
        return not self.codec or not slot.codecs or self.codec in slot.codecs

    def shared_until(self) -> float | None:
        """Until when a screen counts as shared: while it flows, and a little longer; a still one may be silent."""
        if self.flowing:
            return inf
        return None if self.still is None else self.still + STILL_SECONDS

    def spread(self, layers: int) -> None:
        """Its one stream has so many spatial layers, as its packets tell (SVC)."""
        self.layers = layers
        self.supply = Supply(self.purpose, layers)
        self.watched = [0] * layers
        for viewer in self.shown:
            for slot in viewer.slots.values():
                if slot.source == self.id:
                    self.watch(slot.layer, 1)

    def watch(self, layer: int, change: int) -> None:
        """One slot more, or one less, shows up to this layer."""
        self.watched[min(layer, self.layers - 1)] += change


class SlotEntry:
    """A slot of a viewer and the source the plane was told to put there."""

    __slots__ = ("codecs", "frozen", "generation", "halved", "id", "layer", "mid", "name", "source")

    def __init__(self, slot: Slot, generation: int) -> None:
        self.id = slot.id
        self.name = slot.name
        self.mid = slot.mid
        self.codecs = slot.codecs
        self.source = 0
        self.layer, self.halved = MAX_LAYERS - 1, False
        self.generation = generation
        self.frozen: float | None = None
        """When its viewer last said that the picture stands still."""


class Peer:
    """One peer; `session` is 0 without a connection."""

    def __init__(self, name: str, number: int, rights: MediaRights, cap_kbit: float) -> None:
        self.name = name
        self.number = number
        self.rights = rights
        self.muted = False
        self.session = 0
        self.connected = False
        self.reconnects = False
        """It had a connection before, of which its client may still be told something."""
        self.sources: dict[Purpose, SourceEntry] = {}
        self.slots: dict[str, SlotEntry] = {}
        self.generation = 0
        """The highest of the slots of its connections before."""
        self.page: tuple[str, ...] | None = None
        self.placed = 0.0
        self.seats = Seats()
        self.allocation = Allocation(cap_kbit)
        self.missing = Missing()
        self.featured = False
        self.obliging = False
        self.follow: str | None = None

    def may_send(self, purpose: Purpose) -> bool:
        """Whether its rights, and the moderator's mute, let this source out."""
        if purpose in ("screen", "screen-audio"):
            return self.rights.screen
        return self.rights.publish and not (purpose == "microphone" and self.muted)

    def named(self, purpose: Purpose) -> frozenset[str] | None:
        """Whom its rights name for this source; None for everyone."""
        audience = self.rights.audience
        narrower = self.rights.camera_audience if purpose == "camera" else None
        if audience is None or narrower is None:
            return narrower if audience is None else audience
        return audience & narrower
