"""Who is in one room: peers with their rights, their sources and their slots. State without policy.

Laws: a peer's number (CSRC) is never given twice in a room; a source belongs to one peer, a slot to one viewer;
`is_in_audience` is the only question that decides whether a viewer may get a source.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Final

from sfu.allocator import MAX_LAYERS, Allocation, Supply
from sfu.demand import Demand
from sfu.events import Attached, Slot, Source
from sfu.model import MediaRights, Purpose, SlotState
from sfu.voices import Seats

STILL_SECONDS: Final = 5.0


class SourceEntry:
    """A source: what flows, and what the plane was told about it (None: nothing yet)."""

    __slots__ = (
        "demand",
        "flowing",
        "id",
        "levelled",
        "muted",
        "owner",
        "purpose",
        "rids",
        "since",
        "still",
        "supply",
        "viewers",
    )

    def __init__(self, source: Source, owner: Peer) -> None:
        self.id = source.id
        self.purpose: Purpose = source.purpose
        self.levelled = source.levelled
        self.owner = owner
        self.rids = source.rids
        self.supply = Supply(source.purpose, max(1, len(source.rids)))
        self.demand = Demand(len(source.rids))
        self.flowing = False
        self.still: float | None = None
        self.since: float | None = None
        self.viewers: frozenset[int] | None = None
        self.muted: bool | None = None

    def wanted_rids(self) -> list[str]:
        """The layers that its client is asked for."""
        return [self.rids[layer] for layer in sorted(self.demand.told)]

    def shared_until(self) -> float | None:
        """Until when a screen counts as shared: while it flows, and a little longer; a still one may be silent."""
        if self.flowing:
            return inf
        return None if self.still is None else self.still + STILL_SECONDS


class SlotEntry:
    """A slot of a viewer and the source the plane was told to put there."""

    __slots__ = ("generation", "id", "layer", "mid", "name", "source")

    def __init__(self, slot: Slot) -> None:
        self.id = slot.id
        self.name = slot.name
        self.mid = slot.mid
        self.source = 0
        self.layer = MAX_LAYERS - 1
        self.generation = 0


class Peer:
    """One peer; `session` is 0 without a connection."""

    def __init__(self, name: str, number: int, rights: MediaRights, cap_kbit: float) -> None:
        self.name = name
        self.number = number
        self.rights = rights
        self.muted = False
        self.session = 0
        self.connected = False
        self.sources: dict[Purpose, SourceEntry] = {}
        self.slots: dict[str, SlotEntry] = {}
        self.page: tuple[str, ...] | None = None
        self.seats = Seats()
        self.allocation = Allocation(cap_kbit)
        self.featured = False
        self.obliging = False
        self.follow: str | None = None

    def may_send(self, purpose: Purpose) -> bool:
        """Whether its rights, and the moderator's mute, let this source out."""
        if purpose in ("screen", "screen-audio"):
            return self.rights.screen
        return self.rights.publish and not (purpose == "microphone" and self.muted)


class Roster:
    """The peers of a room and their sources."""

    def __init__(self, cap_kbit: float) -> None:
        self._cap_kbit = cap_kbit
        self.peers: dict[str, Peer] = {}
        self.sources: dict[int, SourceEntry] = {}
        self.stage: str | None = None
        self._numbers = 0

    def admit(self, name: str, rights: MediaRights) -> None:
        """Take in a peer, or change its rights."""
        peer = self.peers.get(name)
        if peer is None:
            self._numbers += 1
            self.peers[name] = Peer(name, self._numbers, rights, self._cap_kbit)
        else:
            peer.rights = rights

    def attach(self, peer: Peer, event: Attached) -> tuple[list[SourceEntry], list[SourceEntry]]:
        """Take over what was negotiated; returns the sources that came and that went."""
        gone = self.detach(peer) if peer.session != event.session else []
        peer.session, peer.featured, peer.follow = event.session, event.featured, event.follow
        peer.obliging = event.obliging
        wanted = {source.id for source in event.sources}
        gone += [self._forget(source) for source in list(peer.sources.values()) if source.id not in wanted]
        come = [SourceEntry(source, peer) for source in event.sources if source.id not in self.sources]
        for source in come:
            self.sources[source.id] = peer.sources[source.purpose] = source
        known = {slot.id: slot for slot in peer.slots.values()}
        peer.slots = {slot.name: known.get(slot.id) or SlotEntry(slot) for slot in event.slots}
        return come, gone

    def detach(self, peer: Peer) -> list[SourceEntry]:
        """Forget the peer's connection; returns its sources."""
        gone = [self._forget(source) for source in list(peer.sources.values())]
        peer.slots = {}
        peer.seats = Seats()
        peer.session, peer.connected = 0, False
        return gone

    def visible(self, viewer: Peer, name: str | None, purpose: Purpose) -> int:
        """That peer's source if this viewer may get it, otherwise 0."""
        peer = self.peers.get(name) if name is not None else None
        source = peer.sources.get(purpose) if peer else None
        return source.id if source and is_in_audience(viewer, source) else 0

    def of_purpose(self, viewer: Peer, purpose: Purpose) -> Iterable[SourceEntry]:
        """The sources of this purpose that the viewer may get, in the order of the participants."""
        found = (peer.sources.get(purpose) for peer in self.peers.values())
        return (source for source in found if source and is_in_audience(viewer, source))

    def unlevelled(self) -> list[int]:
        """Microphones that flow without telling how loud they are."""
        sources = self.sources.values()
        return [s.id for s in sources if s.purpose == "microphone" and s.flowing and not s.levelled]

    def state(self, slot: SlotEntry) -> SlotState:
        """What the viewer is told about a slot."""
        source = self.sources.get(slot.source)
        if source is None:
            return SlotState(slot.name, slot.mid, None, slot.generation, 0)
        return SlotState(slot.name, slot.mid, source.owner.name, slot.generation, source.owner.number)

    def _forget(self, source: SourceEntry) -> SourceEntry:
        self.sources.pop(source.id, None)
        source.owner.sources.pop(source.purpose, None)
        return source


def is_in_audience(viewer: Peer, source: SourceEntry) -> bool:
    """Whether the plane lets this viewer's session have the source."""
    return source.viewers is not None and viewer.session in source.viewers
