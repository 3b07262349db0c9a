"""Which picture, and which screen's sound, belongs into which slot of a viewer. Pure functions over the roster.

Laws:
- 0 means nothing. Only sources whose audience holds the viewer are placed.
- A tile that is wanted stays where it is: turning a page moves as few pictures as possible.
- A screen that stalls stays until another one flows: a still picture may send nothing for a long time.
- What is looked at is what flows or is asked for, never everybody in the room.
"""

from __future__ import annotations

from itertools import islice

from sfu.peer import Peer
from sfu.roster import Roster, may_get


def place_stage(roster: Roster, viewer: Peer) -> dict[str, int]:
    """The stage's picture; for viewers who cannot choose, somebody's. Its sound is a matter of the voices."""
    if viewer.featured:
        return {"stage": _featured(roster, viewer)}
    return {"stage": roster.visible(viewer, roster.stage, "camera")}


def place_screen(roster: Roster, viewer: Peer) -> dict[str, int]:
    """The screen that flows, the newest first, with its own sound."""
    shared = [
        (source.flowing, source.since or 0.0, source) for source in roster.screens.values() if may_get(viewer, source)
    ]
    if not shared:
        return {"screen": 0, "screen-audio": 0}
    chosen = max(shared, key=lambda item: item[:2])[2]
    return {"screen": chosen.id, "screen-audio": roster.visible(viewer, chosen.owner.name, "screen-audio")}


def place_tiles(roster: Roster, viewer: Peer, shown: int, most: int) -> dict[str, int]:
    """The first `most` of the viewer's page, or else of the cameras that flow but for the one `shown` on the stage."""
    tiles = [slot for slot in viewer.slots.values() if slot.name.startswith("tile-")]
    if viewer.page is not None:
        page = [roster.visible(viewer, name, "camera") for name in viewer.page]
    else:
        others = (source for source in roster.flowing_cameras(viewer) if source != shown)
        page = list(islice(others, len(tiles)))
    wanted = list(dict.fromkeys(source for source in page if source))[: min(len(tiles), most)]
    placed = {slot.name: slot.source for slot in tiles if slot.source in wanted}
    missing = iter([source for source in wanted if source not in placed.values()])
    return {slot.name: placed[slot.name] if slot.name in placed else next(missing, 0) for slot in tiles}


def _featured(roster: Roster, viewer: Peer) -> int:
    """Whom it follows, or the stage, or one camera that flows and then stays."""
    if viewer.follow is not None:
        return roster.visible(viewer, viewer.follow, "camera")
    on_stage = roster.visible(viewer, roster.stage, "camera")
    if on_stage:
        return on_stage
    slot = viewer.slots.get("stage")
    shown = roster.sources.get(slot.source) if slot is not None else None
    if shown is not None and shown.flowing and may_get(viewer, shown):
        return shown.id
    return next(roster.flowing_cameras(viewer), 0)
