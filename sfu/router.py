"""The policy of one room: who sees and hears whom. Sans-IO, time in seconds.

Laws:
- `receive(now, event)` and `tick(now)` return what has to be told to the plane and to the room, in order. An
  audience is told before the slots that depend on it.
- A source reaches a viewer only through its audience: the peer may publish it, the viewer may receive, and the
  peer's rights name the viewer. Nobody is in the audience of their own sources.
- Each change of a slot raises that slot's generation; every packet carries the participant's number (CSRC).
- Who is on stage is heard in `stage-audio` only, by viewers who have that slot.
- How much of a picture goes into a slot is the allocator's word; a tile that does not fit stays empty.
- A viewer's slots are filled only while connected; what a peer may do outlives its connections.
"""

from __future__ import annotations

from math import inf
from typing import Final, assert_never

from sfu.allocator import LEFT_OUT, MAX_LAYERS, TILES_BESIDE_SCREEN, Place, Want
from sfu.events import (
    Admitted,
    Assign,
    Attached,
    Connected,
    Detached,
    Event,
    Flow,
    Left,
    Levels,
    Muted,
    Output,
    Paged,
    Rates,
    SetAudience,
    SetLayer,
    SetMute,
    Staged,
)
from sfu.model import KIND_OF_SLOT, MAX_TILES, LayersWanted, MediaRights, SlotsChanged, SourceChanged, SpeakersChanged
from sfu.placement import place_screen, place_stage, place_tiles
from sfu.roster import Peer, Roster, SourceEntry, is_in_audience
from sfu.voices import Voices

CONTEST_SECONDS: Final = 0.06
"""How often seats are looked at while more people speak than can be heard."""

REALLOCATE_SECONDS: Final = 1.0
"""How often new rates alone change what viewers get."""

_VOICES: Final = ("voice-1", "voice-2", "voice-3")


class Router:
    """The policy of one room."""

    def __init__(self, cap_kbit: float) -> None:
        self._roster = Roster(cap_kbit)
        self._voices = Voices()
        self._contested = False
        self._seated = 0.0
        self._placed = 0.0
        self._pictures_due: float | None = None
        self._speakers: list[str] = []

    def number(self, name: str) -> int:
        """The participant's number, which its packets carry as CSRC; 0 for a stranger."""
        peer = self._roster.peers.get(name)
        return peer.number if peer else 0

    def rights(self, name: str) -> MediaRights | None:
        """What a peer may do; None for a stranger."""
        peer = self._roster.peers.get(name)
        return peer.rights if peer else None

    def counts(self) -> dict[str, int]:
        """How much the room remembers; all zero once everybody has left."""
        peers = self._roster.peers
        slots = sum(len(peer.slots) for peer in peers.values())
        return {"peers": len(peers), "sources": len(self._roster.sources), "slots": slots}

    def receive(self, now: float, event: Event) -> list[Output]:
        """Take one event; what names somebody unknown changes nothing."""
        if isinstance(event, Levels):
            return self._receive_levels(now, event)
        if isinstance(event, Flow):
            return self._receive_flow(now, event)
        if isinstance(event, Rates):
            return self._receive_rates(now, event)
        if isinstance(event, Admitted):
            self._roster.admit(event.peer, event.rights)
        elif isinstance(event, Staged):
            self._roster.stage = event.peer
        else:
            peer = self._roster.peers.get(event.peer)
            if peer is None:
                return []
            self._change(peer, event)
        return self._reconcile(now)

    def tick(self, now: float) -> list[Output]:
        """Let time act: speakers who fell quiet give up their seats, pictures get what they had to wait for."""
        changed = self._voices.expire(now)
        pictures = self._pictures_due is not None and self._pictures_due <= now
        outputs = self._assign(now, pictures=pictures) if changed or pictures else []
        return [*outputs, *self._tell_speakers(now)]

    def next_deadline(self, now: float) -> float | None:
        """When `tick` wants to be called at the latest."""
        deadlines = [self._voices.next_deadline(now), self._pictures_due]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def _change(self, peer: Peer, event: Left | Attached | Detached | Connected | Paged | Muted) -> None:
        match event:
            case Attached():
                come, gone = self._roster.attach(peer, event)
                self._forget_voices(gone)
                for source in come:
                    if source.purpose == "microphone" and source.levelled:
                        self._voices.add(source.id)
            case Detached():
                self._forget_voices(self._roster.detach(peer))
            case Left():
                self._forget_voices(self._roster.detach(peer))
                del self._roster.peers[peer.name]
                if self._roster.stage == peer.name:
                    self._roster.stage = None
            case Connected():
                peer.connected = peer.session != 0
            case Paged():
                peer.page = event.tiles
            case Muted():
                peer.muted = event.muted
            case _:
                assert_never(event)

    def _forget_voices(self, sources: list[SourceEntry]) -> None:
        for source in sources:
            self._voices.remove(source.id)

    def _receive_levels(self, now: float, event: Levels) -> list[Output]:
        changed = self._voices.report(now, event.levels)
        changed = self._voices.expire(now) or changed
        due = self._contested and now - self._seated >= CONTEST_SECONDS
        outputs = self._assign(now, pictures=False) if changed or due else []
        return [*outputs, *self._tell_speakers(now)]

    def _receive_flow(self, now: float, event: Flow) -> list[Output]:
        source = self._roster.sources.get(event.source)
        if source is None or source.flowing == event.flowing:
            return []
        source.flowing = event.flowing
        if event.flowing:
            source.since = now
        source.still = None if event.flowing else now
        told = SourceChanged(source.owner.name, source.purpose, event.flowing)
        return [told, *self._assign(now, pictures=True)]

    def _receive_rates(self, now: float, event: Rates) -> list[Output]:
        for number, rates in event.rates:
            source = self._roster.sources.get(number)
            if source is not None and len(rates) == source.supply.layers:
                source.supply.measure(now, rates)
        self._due(max(now, self._placed + REALLOCATE_SECONDS))
        return self.tick(now)

    def _reconcile(self, now: float) -> list[Output]:
        """Tell the plane every audience and mute that changed, then every slot."""
        outputs: list[Output] = []
        peers = self._roster.peers.values()
        receivers = {peer.name: peer.session for peer in peers if peer.session and peer.rights.receive}
        everyone = frozenset(receivers.values())
        for source in self._roster.sources.values():
            owner = source.owner
            muted = not owner.may_send(source.purpose)
            viewers = frozenset() if muted else _audience(source, receivers, everyone) - {owner.session}
            if source.purpose == "microphone":
                self._voices.set_moderator(source.id, owner.rights.moderator)
            if source.muted != muted:
                source.muted = muted
                outputs.append(SetMute(source.id, muted))
            if source.viewers != viewers:
                source.viewers = viewers
                outputs.append(SetAudience(source.id, tuple(sorted(viewers))))
        return [*outputs, *self._assign(now, pictures=True), *self._tell_speakers(now)]

    def _assign(self, now: float, *, pictures: bool) -> list[Output]:
        """Fill every viewer's slots; only voices many times a second while people compete for a seat."""
        self._contested, self._seated = False, now
        unlevelled = self._roster.unlevelled()
        outputs: list[Output] = []
        if pictures:
            self._placed, self._pictures_due = now, None
        for viewer in self._roster.peers.values():
            if viewer.connected and viewer.slots:
                wanted = self._place_voices(now, viewer, unlevelled)
                if pictures:
                    placed, layers = self._place_pictures(now, viewer)
                    wanted |= placed
                    outputs += layers
                outputs += self._settle(viewer, wanted)
        return outputs + self._tell_layers(now) if pictures else outputs

    def _place_pictures(self, now: float, viewer: Peer) -> tuple[dict[str, int], list[Output]]:
        """What belongs into the slots for pictures, and how much of it may go out."""
        placed = place_stage(self._roster, viewer) | place_screen(self._roster, viewer)
        shared = self._roster.sources.get(placed["screen"])
        until = shared.shared_until() if shared else None
        is_shared = until is not None and now < until
        most = TILES_BESIDE_SCREEN if is_shared else MAX_TILES
        placed |= place_tiles(self._roster, viewer, placed["stage"], most)
        if until is not None and now < until < inf:
            self._due(until)
        layers = self._allocate(now, viewer, placed, sparing=not is_shared)
        self._due(viewer.allocation.retry)
        outputs: list[Output] = []
        for name, layer in layers.items():
            slot = viewer.slots[name]
            if layer == LEFT_OUT:
                placed[name] = 0
            elif layer != slot.layer:
                slot.layer = layer
                outputs.append(SetLayer(viewer.session, slot.id, layer))
        return placed, outputs

    def _allocate(self, now: float, viewer: Peer, placed: dict[str, int], *, sparing: bool) -> dict[str, int]:
        """The layers for the slots of a viewer; what does not flow costs nothing, a screen that is `still` neither."""
        wants: list[Want] = []
        layers: dict[str, int] = {}
        for name, number in placed.items():
            source = self._roster.sources.get(number)
            if source is None or name not in viewer.slots or KIND_OF_SLOT[name] == "audio":
                continue
            place = _place(name)
            if source.flowing or (place == "screen" and not sparing):
                wants.append(Want(name, place, number, source.supply))
            else:
                layers[name] = 0 if place == "tile" else MAX_LAYERS - 1
        return layers | viewer.allocation.decide(now, wants, grid=self._roster.stage is None)

    def _tell_layers(self, now: float) -> list[Output]:
        """Ask the clients that oblige for the layers that somebody watches."""
        watched: dict[int, set[int]] = {}
        for viewer in self._roster.peers.values():
            for slot in viewer.slots.values():
                source = self._roster.sources.get(slot.source)
                if source is not None and len(source.rids) > 1:
                    watched.setdefault(slot.source, set()).add(min(slot.layer, len(source.rids) - 1))
        outputs: list[Output] = []
        for peer in self._roster.peers.values():
            layered = [source for source in peer.sources.values() if peer.obliging and len(source.rids) > 1]
            changed = [source.demand.update(now, frozenset(watched.get(source.id, ()))) for source in layered]
            for source in layered:
                self._due(source.demand.deadline)
            if any(changed):
                wanted = {
                    source.purpose: [source.rids[layer] for layer in sorted(source.demand.told)] for source in layered
                }
                outputs.append(LayersWanted(peer.name, wanted))
        return outputs

    def _due(self, moment: float | None) -> None:
        """Look at the pictures again at this moment, or before."""
        if moment is not None and (self._pictures_due is None or moment < self._pictures_due):
            self._pictures_due = moment

    def _settle(self, viewer: Peer, wanted: dict[str, int]) -> list[Output]:
        """Put what is wanted into the slots it names, and tell what changed."""
        outputs: list[Output] = []
        for name, source in wanted.items():
            slot = viewer.slots.get(name)
            if slot is not None and source != slot.source:
                slot.source = source
                slot.generation += 1
                outputs.append(Assign(viewer.session, slot.id, source, slot.generation))
        if outputs:
            outputs.append(SlotsChanged(viewer.name, [self._roster.state(slot) for slot in viewer.slots.values()]))
        return outputs

    def _place_voices(self, now: float, viewer: Peer, unlevelled: list[int]) -> dict[str, int]:
        has_stage = "stage-audio" in viewer.slots
        on_stage = self._roster.visible(viewer, self._roster.stage, "microphone") if has_stage else 0
        # A stage without sound is a seat like the others.
        names = _VOICES if on_stage else (*_VOICES, "stage-audio")
        pool = [name for name in names if name in viewer.slots]

        def audible(source_id: int) -> bool:
            source = self._roster.sources.get(source_id)
            return source is not None and source_id != on_stage and is_in_audience(viewer, source)

        if self._voices.seat(now, viewer.seats, pool, audible, unlevelled):
            self._contested = True
        placed = {name: viewer.seats.taken.get(name, 0) for name in pool}
        return placed | ({"stage-audio": on_stage} if on_stage else {})

    def _tell_speakers(self, now: float) -> list[Output]:
        speaking = [self._roster.sources[source] for source in self._voices.speaking(now)]
        names = [source.owner.name for source in speaking if not source.muted]
        if set(names) == set(self._speakers):
            return []
        self._speakers = names
        return [SpeakersChanged(names)]


def _place(slot: str) -> Place:
    match slot:
        case "screen" | "stage":
            return slot
        case _:
            return "tile"


def _audience(source: SourceEntry, receivers: dict[str, int], everyone: frozenset[int]) -> frozenset[int]:
    """The sessions that this source's owner lets have it."""
    rights = source.owner.rights
    audiences = [rights.audience, rights.camera_audience if source.purpose == "camera" else None]
    for audience in audiences:
        if audience is not None:
            everyone &= {receivers[name] for name in audience if name in receivers}
    return everyone
