"""Putting what is wanted into one viewer's slots. Sans-IO.

Laws: each change of a slot's source raises that slot's generation, so that nobody is shown under another's name; those
of a new connection are above all before, so that a client knows what is newest. The layer is told before the source
that depends on it; what is as it was is not told again. The viewer hears of all of its slots once any has changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfu.events import Assign, Output, SetLayer
from sfu.model import SlotsChanged
from sfu.peer import Peer
from sfu.roster import Roster


def fill(roster: Roster, viewer: Peer, wanted: Mapping[str, int], layers: Mapping[str, int]) -> list[Output]:
    """Put these sources, up to these layers, into the slots of these names; returns what is to be told."""
    outputs: list[Output] = []
    orders: list[Output] = []
    for name, number in wanted.items():
        slot = viewer.slots.get(name)
        if slot is None:
            continue
        layer, halved = layers.get(name, slot.layer), name in viewer.allocation.halved
        if (number, layer, halved) == (slot.source, slot.layer, slot.halved):
            continue
        if (layer, halved) != (slot.layer, slot.halved):
            outputs.append(SetLayer(viewer.session, slot.id, layer, halved))
        if number != slot.source:
            slot.generation += 1
            orders.append(Assign(viewer.session, slot.id, number, slot.generation))
        roster.show(viewer, slot, number, layer)
        slot.halved = halved
    if orders:
        states = [roster.state(slot) for slot in viewer.slots.values()]
        outputs += [*orders, SlotsChanged(viewer.name, states)]
    return outputs
