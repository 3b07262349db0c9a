"""Which picture, and how much of it, goes into each slot of one viewer; and which layers that asks of the senders.

Laws: a slot is told its layer before its source; a tile that does not fit stays empty; what time alone will change is
planned in the agenda, for that viewer or that source. Only clients that oblige are asked for layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Final

from sfu.agenda import Agenda
from sfu.allocator import LEFT_OUT, MAX_LAYERS, TILES_BESIDE_SCREEN, Place, Want
from sfu.events import AskKeyframe, Assign, Estimates, Output, Rates
from sfu.model import KIND_OF_SLOT, MAX_TILES, LayersWanted, Purpose, SlotsChanged
from sfu.peer import Peer, SourceEntry
from sfu.placement import place_screen, place_stage, place_tiles
from sfu.roster import Roster

KEYFRAME_SECONDS: Final = 1.5
"""How long a keyframe has time to help a frozen picture before it begins anew."""
REALLOCATE_SECONDS: Final = 1.0
"""How often new rates alone change what a viewer gets."""
FORGET_SECONDS: Final = 15.0
"""A picture that freezes after this long is frozen for another reason."""


class Pictures:
    """The pictures of one room's viewers."""

    def __init__(self, roster: Roster, agenda: Agenda[Peer | SourceEntry]) -> None:
        self._roster = roster
        self._agenda = agenda

    def judge(self, now: float, event: Estimates) -> list[Peer]:
        """Take what ways carry; returns who is sent more than that and is to be looked at now. More can wait."""
        found = []
        for name, kbit, probed in event.rates:
            peer = self._roster.peers.get(name)
            if peer is None or not peer.connected:
                continue
            if peer.allocation.estimate(kbit, probed=probed):
                found.append(peer)
            elif peer.allocation.retry is not None:
                self._agenda.plan(peer, max(now, peer.placed + REALLOCATE_SECONDS))
        return found

    def measure(self, now: float, event: Rates) -> list[SourceEntry]:
        """Note what pictures cost now; return those that are known here. Their viewers are looked at soon."""
        measured: list[SourceEntry] = []
        concerned: dict[Peer, None] = {}
        for number, rates in event.rates:
            source = self._roster.sources.get(number)
            if source is not None and len(rates) > source.layers and len(source.rids) <= 1:
                source.spread(len(rates))
            if source is not None and len(rates) == source.layers:
                source.supply.measure(now, rates, event.halves.get(number, ()))
                measured.append(source)
                concerned |= dict.fromkeys(source.shown)
                if source.purpose == "camera":
                    concerned |= dict.fromkeys(self._roster.wanting(source.owner.name))
        for viewer in concerned:
            self._agenda.plan(viewer, max(now, viewer.placed + REALLOCATE_SECONDS))
        return measured

    def place(self, now: float, viewer: Peer) -> tuple[dict[str, int], dict[str, int]]:
        """The sources for the slots of pictures (and of a screen's sound), and the highest layers of them."""
        viewer.placed = now
        placed = place_stage(self._roster, viewer) | place_screen(self._roster, viewer)
        shared = self._roster.sources.get(placed["screen"])
        until = shared.shared_until() if shared else None
        is_shared = until is not None and now < until
        most = TILES_BESIDE_SCREEN if is_shared else MAX_TILES
        placed |= place_tiles(self._roster, viewer, placed["stage"], most)
        crowded = self._crowded_out(viewer, placed) if is_shared else ()
        if until is not None and now < until < inf:
            self._agenda.plan(viewer, until)
        undecodable = self._leave_undecodable(viewer, placed)
        layers = self._allocate(now, viewer, placed, sparing=not is_shared)
        self._agenda.plan(viewer, viewer.allocation.retry)
        left_out = [name for name, layer in layers.items() if layer == LEFT_OUT]
        missing = viewer.missing
        missing.paused, missing.undecodable, missing.screen = viewer.allocation.paused, undecodable, crowded
        missing.line = self._owners(placed[name] for name in left_out if name != "screen")
        for name in left_out:
            placed[name] = 0
            del layers[name]
        return placed, layers

    def foresee(self, viewer: Peer) -> list[Output]:
        """Ask for keyframes of what a viewer will see once it is connected: they come while it shakes hands."""
        stage = place_stage(self._roster, viewer)
        placed = stage | place_screen(self._roster, viewer)
        placed |= place_tiles(self._roster, viewer, stage["stage"], MAX_TILES)
        asked: list[Output] = []
        for name, number in placed.items():
            source, slot = self._roster.sources.get(number), viewer.slots.get(name)
            if source is None or slot is None or KIND_OF_SLOT[name] == "audio":
                continue
            if source.flowing and source.decodes_in(slot):
                asked.append(AskKeyframe(number))
        return asked

    def ask(self, now: float) -> list[Output]:
        """Ask the clients for the layers that somebody watches, where that has changed."""
        touched = list(self._roster.touched)
        self._roster.touched.clear()
        changed: dict[Peer, None] = {}
        for source in touched:
            watched = frozenset(layer for layer, slots in enumerate(source.watched) if slots)
            watched |= frozenset(() if source.taped is None else (source.taped,))
            if source.demand.update(now, watched):
                changed[source.owner] = None
            self._agenda.plan(source, source.demand.deadline)
        return [LayersWanted(peer.name, _wanted(peer)) for peer in changed]

    def heal(self, now: float, viewer: Peer, name: str) -> list[Output]:
        """For a picture that stands still: a keyframe, and if that was no help, the picture anew from nothing."""
        slot = viewer.slots.get(name)
        source = self._roster.sources.get(slot.source) if slot is not None else None
        if slot is None or source is None or not source.flowing or KIND_OF_SLOT[name] == "audio":
            return []
        since = now - slot.frozen if slot.frozen is not None else FORGET_SECONDS
        if since >= FORGET_SECONDS:
            slot.frozen = now
            return [AskKeyframe(source.id)]
        if since < KEYFRAME_SECONDS:
            return []
        slot.frozen = None
        slot.generation += 2
        empty = Assign(viewer.session, slot.id, 0, slot.generation - 1)
        anew = Assign(viewer.session, slot.id, source.id, slot.generation)
        return [empty, anew, SlotsChanged(viewer.name, [self._roster.state(other) for other in viewer.slots.values()])]

    def _owners(self, sources: Iterable[int]) -> tuple[str, ...]:
        """Whose they are, each once."""
        return tuple(dict.fromkeys(self._roster.sources[number].owner.name for number in sources))

    def _crowded_out(self, viewer: Peer, placed: dict[str, int]) -> tuple[str, ...]:
        """Whose flowing cameras would be in tiles if no screen were shared."""
        shown = set(placed.values())
        wanted = place_tiles(self._roster, viewer, placed["stage"], MAX_TILES).values()
        return self._owners(
            number for number in wanted if number not in shown and number and self._roster.sources[number].flowing
        )

    def _leave_undecodable(self, viewer: Peer, placed: dict[str, int]) -> tuple[str, ...]:
        """Empty the slots of pictures in codecs that the viewer does not know; whose they are."""
        peers = []
        for name, number in placed.items():
            source, slot = self._roster.sources.get(number), viewer.slots.get(name)
            if source is None or slot is None or KIND_OF_SLOT[name] == "audio" or source.decodes_in(slot):
                continue
            placed[name] = 0
            peers.append(source.owner.name)
        return tuple(dict.fromkeys(peers))

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


def _wanted(peer: Peer) -> dict[Purpose, list[str]]:
    layered = (source for source in peer.sources.values() if len(source.rids) > 1)
    return {source.purpose: [source.rids[layer] for layer in sorted(source.demand.told)] for source in layered}


def _place(slot: str) -> Place:
    match slot:
        case "screen" | "stage":
            return slot
        case _:
            return "tile"
