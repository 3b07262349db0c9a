"""Who is in one room, and who is concerned by whom.

Laws: a peer's number (CSRC) is never given twice in a room; a source belongs to one peer, a slot to one viewer;
`may_get` is the only question that decides whether a viewer may get a source. What can be asked of many (who shows a
source, who wants a peer's picture, which cameras flow) is kept as an index and never searched for. No policy here.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator

from sfu.allocator import Allocation
from sfu.events import Attached
from sfu.missing import Missing
from sfu.model import MediaRights, Purpose, SlotState
from sfu.peer import Peer, SlotEntry, SourceEntry
from sfu.voices import Seats


class Roster:
    """The peers of a room and their sources."""

    def __init__(self, cap_kbit: float) -> None:
        self._cap_kbit = cap_kbit
        self.peers: dict[str, Peer] = {}
        self.sources: dict[int, SourceEntry] = {}
        self.stage: str | None = None
        self.viewers: dict[Peer, None] = {}
        """Who is connected and has slots to fill."""
        self.live: dict[int, SourceEntry] = {}
        """The sources whose audience the plane knows."""
        self.screens: dict[int, SourceEntry] = {}
        """Screens that flow or did."""
        self.unlevelled: dict[int, SourceEntry] = {}
        """Microphones that flow without telling how loud they are."""
        self.touched: dict[SourceEntry, None] = {}
        """Sources of which other layers are watched than before; for whoever asks their clients."""
        self._cameras: list[tuple[int, int]] = []
        self._wanted: dict[str, dict[Peer, None]] = {}
        self._roaming: dict[Peer, None] = {}
        self._numbers = 0

    def admit(self, name: str, rights: MediaRights) -> Peer:
        """Take in a peer, or change its rights."""
        peer = self.peers.get(name)
        if peer is None:
            self._numbers += 1
            peer = self.peers[name] = Peer(name, self._numbers, rights, self._cap_kbit)
            self._roaming[peer] = None
        peer.rights = rights
        return peer

    def limit(self, cap_kbit: float) -> None:
        """Everybody may be sent this much from now on."""
        self._cap_kbit = cap_kbit
        for peer in self.peers.values():
            peer.allocation.limit(cap_kbit)

    def attach(self, peer: Peer, event: Attached) -> list[SourceEntry]:
        """Take over what was negotiated, after `detach` if it is another connection; returns the sources that came."""
        peer.session, peer.featured, peer.obliging = event.session, event.featured, event.obliging
        self._want(peer, peer.page, event.follow)
        come = [SourceEntry(source, peer) for source in event.sources if source.id not in self.sources]
        for source in come:
            self.sources[source.id] = peer.sources[source.purpose] = source
            if source.layers > 1 and peer.obliging:
                self.touched[source] = None
        if come and peer.reconnects:
            self.tell_layers(peer)
        known = {slot.id: slot for slot in peer.slots.values()}
        peer.slots = {slot.name: known.get(slot.id) or SlotEntry(slot, peer.generation) for slot in event.slots}
        for gone in [slot for slot in known.values() if peer.slots.get(slot.name) is not slot]:
            self.show(peer, gone, 0, gone.layer)
        return come

    def detach(self, peer: Peer) -> None:
        """Forget the peer's connection; its sources have been forgotten before."""
        for slot in peer.slots.values():
            self.show(peer, slot, 0, slot.layer)
        peer.generation = max((slot.generation for slot in peer.slots.values()), default=peer.generation)
        peer.slots = {}
        peer.seats = Seats()
        peer.reconnects = peer.reconnects or peer.session != 0
        peer.session, peer.connected = 0, False
        peer.allocation, peer.missing = Allocation(self._cap_kbit), Missing()
        if peer.reconnects:
            peer.missing.again()
        self.viewers.pop(peer, None)

    def tell_layers(self, peer: Peer) -> None:
        """Have its client told of the layers that are watched, whether it knows them or not."""
        for source in peer.sources.values():
            if source.layers > 1 and peer.obliging:
                source.demand.again()
                self.touched[source] = None

    def leave(self, peer: Peer) -> None:
        """Forget a peer without a connection."""
        self._want(peer, (), None)
        self._roaming.pop(peer, None)
        del self.peers[peer.name]

    def forget(self, source: SourceEntry) -> None:
        """The source is gone; who showed it is asked before."""
        self.sources.pop(source.id, None)
        source.owner.sources.pop(source.purpose, None)
        for index in (self.live, self.screens, self.unlevelled):
            index.pop(source.id, None)
        self.touched.pop(source, None)
        if source.flowing and source.purpose == "camera":
            self._cameras.remove((source.owner.number, source.id))

    def flow(self, source: SourceEntry, now: float, flowing: bool) -> None:
        """Packets of a source flow, or do not any more; it is a change."""
        source.flowing = flowing
        source.still = None if flowing else now
        if flowing:
            source.since = now
        if source.purpose == "screen":
            self.screens[source.id] = source
        elif source.purpose == "camera":
            place = (source.owner.number, source.id)
            insort(self._cameras, place) if flowing else self._cameras.remove(place)
        elif source.purpose == "microphone" and not source.levelled:
            if flowing:
                self.unlevelled[source.id] = source
            else:
                self.unlevelled.pop(source.id, None)

    def turn(self, viewer: Peer, page: tuple[str, ...]) -> None:
        """This viewer wants these in its tiles."""
        self._want(viewer, page, viewer.follow)

    def show(self, viewer: Peer, slot: SlotEntry, source: int, layer: int) -> None:
        """Note what a slot shows from now on: up to this layer of this source (0: nothing)."""
        old = self.sources.get(slot.source)
        for entry in (old, self.sources.get(source)):
            if entry is not None and entry.layers > 1 and entry.owner.obliging:
                self.touched[entry] = None
        if old is not None:
            old.watch(slot.layer, -1)
            old.shown[viewer] -= 1
            if not old.shown[viewer]:
                del old.shown[viewer]
        new = self.sources.get(source)
        if new is not None:
            new.watch(layer, 1)
            new.shown[viewer] = new.shown.get(viewer, 0) + 1
        slot.source, slot.layer = source, layer

    def visible(self, viewer: Peer, name: str | None, purpose: Purpose) -> int:
        """That peer's source if this viewer may get it, otherwise 0."""
        peer = self.peers.get(name) if name is not None else None
        source = peer.sources.get(purpose) if peer else None
        return source.id if source and may_get(viewer, source) else 0

    def flowing_cameras(self, viewer: Peer) -> Iterator[int]:
        """Cameras that flow and that the viewer may get, in the order of the participants."""
        return (number for _, number in self._cameras if may_get(viewer, self.sources[number]))

    def asking(self, name: str) -> Iterable[Peer]:
        """Who asks for this peer's camera, whether it flows or not."""
        return self.viewers if self.stage == name else self._wanted.get(name, {})

    def wanting(self, name: str) -> Iterable[Peer]:
        """Who is concerned when this peer's flowing camera comes, goes or costs something else."""
        return self.viewers if self.stage == name else {**self._roaming, **self._wanted.get(name, {})}

    def state(self, slot: SlotEntry) -> SlotState:
        """What the viewer is told about a slot."""
        source = self.sources.get(slot.source)
        if source is None:
            return SlotState(slot.name, slot.mid, None, slot.generation, 0)
        return SlotState(slot.name, slot.mid, source.owner.name, slot.generation, source.owner.number)

    def _want(self, viewer: Peer, page: tuple[str, ...] | None, follow: str | None) -> None:
        for name in _names(viewer.page, viewer.follow):
            wanting = self._wanted[name]
            del wanting[viewer]
            if not wanting:
                del self._wanted[name]
        viewer.page, viewer.follow = page, follow
        for name in _names(page, follow):
            self._wanted.setdefault(name, {})[viewer] = None
        if page is None or viewer.featured:
            self._roaming[viewer] = None
        else:
            self._roaming.pop(viewer, None)


def may_get(viewer: Peer, source: SourceEntry) -> bool:
    """Whether this viewer's connection may have the source: the one rule that audiences are made of."""
    return (
        viewer.session != 0
        and viewer.rights.receive
        and viewer is not source.owner
        and source.open
        and (source.named is None or viewer.name in source.named)
    )


def _names(page: tuple[str, ...] | None, follow: str | None) -> set[str]:
    return {*(page or ()), *(() if follow is None else (follow,))}
