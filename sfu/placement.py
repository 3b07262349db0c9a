"""Which picture, and which screen's sound, belongs into which slot of a viewer. Pure functions over the roster.

Laws:
- 0 means nothing. Only sources whose audience holds the viewer are placed.
- A tile that is wanted stays where it is: turning a page moves as few pictures as possible.
- A screen that stalls stays until another one flows: a still picture may send nothing for a long time.
"""

from __future__ import annotations

from sfu.roster import Peer, Roster


def place_stage(roster: Roster, viewer: Peer) -> dict[str, int]:
    """The stage's picture; for viewers who cannot choose, somebody's. Its sound is a matter of the voices."""
    if viewer.featured:
        return {"stage": _featured(roster, viewer)}
    return {"stage": roster.visible(viewer, roster.stage, "camera")}


def place_screen(roster: Roster, viewer: Peer) -> dict[str, int]:
    """The screen that flows, the newest first, with its own sound."""
    shared = [
        (source.flowing, source.since, source)
        for source in roster.of_purpose(viewer, "screen")
        if source.since is not None
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
        page = [source for source in _flowing_cameras(roster, viewer) if source != shown]
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
    cameras = _flowing_cameras(roster, viewer)
    slot = viewer.slots.get("stage")
    if slot is not None and slot.source in cameras:
        return slot.source
    return cameras[0] if cameras else 0


def _flowing_cameras(roster: Roster, viewer: Peer) -> list[int]:
    return [source.id for source in roster.of_purpose(viewer, "camera") if source.flowing]
