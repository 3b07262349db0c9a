"""Who may receive a source, as the plane is told. Sans-IO.

Laws:
- An audience is who `may_get` allows, no more and no less. It is told as soon as anything is heard of the source, and
  from then on at every change within the same call; until then the plane holds nobody, so nothing can go out. In a room
  of 200 most of the 800 sources never send a packet: of who comes and goes only those are told that do.
- A recorder is in the audience of those whose rights say so, and of nobody else; the tap is ordered before. It keeps
  one layer alive: the best of a screen and of who leads, the middle one of the others.
- A source that may not be sent is muted and has nobody.
- The orders for the plane gather in the router's outputs, in the order in which they hold.
"""

from __future__ import annotations

from collections.abc import Iterable

from sfu.events import Output, SetAudience, SetMute, Tap
from sfu.peer import Peer, SourceEntry
from sfu.roster import Roster, may_get


class Audiences:
    """The audiences of one room."""

    def __init__(self, roster: Roster, outputs: list[Output]) -> None:
        self._roster = roster
        self._outputs = outputs
        self._recorder = 0

    def record(self, recorder: int) -> None:
        """This recorder is there (0: none) from now on."""
        self._recorder = recorder
        for source in self._roster.sources.values():
            self.review(source)

    def review(self, source: SourceEntry) -> list[Peer]:
        """The owner's rights or mute may have changed; returns whose right to this source did."""
        now = source.owner.may_send(source.purpose), source.owner.named(source.purpose)
        record = source.owner.rights.record
        recorded = (self._recorder, record) if self._recorder and record else (0, 0)
        if (source.open, source.named, source.recorded) == (*now, recorded) and source.muted is not None:
            return []
        source.open, source.named = now
        self._tap(source, recorded)
        if source.muted == source.open or source.muted is None:
            source.muted = not source.open
            self._outputs.append(SetMute(source.id, source.muted))
        before = source.viewers
        if before is None:
            return []
        self._tell(source, self._allowed(source))
        changed = before ^ (source.viewers or set())
        return [viewer for viewer in self._roster.viewers if viewer.session in changed] if changed else []

    def open(self, source: SourceEntry) -> None:
        """The source flows: the plane has to know."""
        if source.viewers is None:
            self._roster.live[source.id] = source
            self._tell(source, self._allowed(source))

    def viewer_came(self, viewer: Peer) -> None:
        """A viewer has a connection, or may receive again."""
        for source in self._roster.live.values():
            if may_get(viewer, source) and source.viewers is not None and viewer.session not in source.viewers:
                self._tell(source, source.viewers | {viewer.session})

    def viewer_left(self, session: int) -> None:
        """This connection receives nothing any more."""
        for source in self._roster.live.values():
            if source.viewers is not None and session in source.viewers:
                self._tell(source, source.viewers - {session})

    def _allowed(self, source: SourceEntry) -> set[int]:
        peers: Iterable[Peer] = self._roster.peers.values()
        if source.named is not None:
            found = (self._roster.peers.get(name) for name in source.named)
            peers = [peer for peer in found if peer is not None]
        recorder = {source.recorded[0]} if source.recorded[0] and source.open else set()
        return {viewer.session for viewer in peers if may_get(viewer, source)} | recorder

    def _tap(self, source: SourceEntry, recorded: tuple[int, int]) -> None:
        """Note who records the source; a screen, or who leads, in the best layer."""
        before, source.recorded = source.recorded, recorded
        if before == recorded:
            return
        best = source.purpose != "camera" or source.owner.rights.moderator
        layer = source.layers - 1 if best else (source.layers - 1) // 2
        if recorded[0]:
            self._outputs.append(Tap(source.id, source.purpose, recorded[1], layer))
        source.taped = layer if recorded[0] else None
        if source.layers > 1 and source.owner.obliging:
            self._roster.touched[source] = None

    def _tell(self, source: SourceEntry, viewers: set[int]) -> None:
        if viewers != source.viewers:
            source.viewers = viewers
            self._outputs.append(SetAudience(source.id, tuple(sorted(viewers))))
