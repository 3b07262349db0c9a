"""The policy of one room: who sees and hears whom. Sans-IO, time in seconds.

Laws:
- `receive(now, event)` and `tick(now)` return what has to be told to the plane and to the room, in order. An
  audience is told before the slots that depend on it.
- A source reaches a viewer only through its audience: the peer may publish it, the viewer may receive, and the
  peer's rights name the viewer. Nobody is in the audience of their own sources.
- Every packet carries the participant's number (CSRC).
- Who is on stage is heard in `stage-audio` only, by viewers who have that slot.
- How much of a picture goes into a slot is the allocator's word; a tile that does not fit stays empty.
- A viewer's slots are filled only while connected; what a peer may do outlives its connections.
- An event costs what it changes: only the viewers that it may concern are looked at, found by the roster's indexes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from sfu.agenda import Agenda
from sfu.audiences import Audiences
from sfu.contest import Contest
from sfu.events import (
    Admitted,
    Attached,
    Capped,
    Connected,
    Detached,
    Estimates,
    Event,
    Flow,
    Frozen,
    Left,
    Levels,
    Muted,
    Output,
    Paged,
    PeerEvent,
    Rates,
    Recorded,
    Returned,
    Staged,
)
from sfu.filling import fill
from sfu.floor import Floor
from sfu.model import MediaRights, SlotsChanged, SourceChanged
from sfu.peer import Peer, SourceEntry
from sfu.pictures import Pictures
from sfu.roster import Roster
from sfu.seating import Seating
from sfu.voices import Voices


class Router:
    """The policy of one room."""

    def __init__(self, cap_kbit: float) -> None:
        self._roster = Roster(cap_kbit)
        self._voices = Voices()
        self._agenda: Agenda[Peer | SourceEntry] = Agenda()
        self._outputs: list[Output] = []
        self._audiences = Audiences(self._roster, self._outputs)
        self._pictures = Pictures(self._roster, self._agenda)
        self._views: dict[Peer, None] = {}
        self._ears: dict[Peer, None] = {}
        self._contest = Contest(self._roster, self._voices)
        self._floor = Floor(self._roster, self._voices)

    def number(self, name: str) -> int:
        """The participant's number, which its packets carry as CSRC; 0 for a stranger."""
        peer = self._roster.peers.get(name)
        return peer.number if peer else 0

    def rights(self, name: str) -> MediaRights | None:
        """What a peer may do; None for a stranger."""
        peer = self._roster.peers.get(name)
        return peer.rights if peer else None

    def __len__(self) -> int:
        """How many peers there are."""
        return len(self._roster.peers)

    def counts(self) -> dict[str, int]:
        """How much the room remembers; all zero once everybody has left."""
        peers = self._roster.peers
        slots = sum(len(peer.slots) for peer in peers.values())
        return {"peers": len(peers), "sources": len(self._roster.sources), "slots": slots}

    def receive(self, now: float, event: Event) -> list[Output]:
        """Take one event; what names somebody unknown changes nothing."""
        if not isinstance(event, Levels):
            self._contest.forget()
        match event:
            case Levels():
                if not self.hear(now, event):
                    return []
            case Flow():
                self._receive_flow(now, event)
            case Rates():
                for source in self._pictures.measure(now, event):
                    self._audiences.open(source)
            case Estimates():
                self._views |= dict.fromkeys(self._pictures.judge(now, event))
            case Admitted():
                self._admit(event)
            case Staged():
                self._roster.stage = event.peer
                self._look_at_all()
            case Capped():
                self._roster.limit(event.kbit)
                self._look_at_all()
            case Recorded():
                self._audiences.record(event.recorder)
            case _:
                peer = self._roster.peers.get(event.peer)
                if peer is not None:
                    self._change(now, peer, event)
        return self._settle(now)

    def hear(self, now: float, *reports: Levels) -> bool:
        """Take reports of levels, the oldest first; True if something follows and `tick` is to be called now.

        There are fifty a second. A voice that goes on changes nothing, and only puts deadlines off.
        """
        entered = False
        for report in reports:
            entered = self._voices.report(now - report.ago, report.levels) or entered
        if not entered and self._voices.calm(now):
            self._ears |= self._contest.stirred(now)
            return bool(self._ears)
        if entered:
            for number in self._voices.active():
                self._audiences.open(self._roster.sources[number])
        entered = self._voices.expire(now) or entered
        self._ears |= self._roster.viewers if entered else self._contest.stirred(now)
        return bool(self._ears) or self._voices.turned(now)

    def tick(self, now: float) -> list[Output]:
        """Let time act: speakers who fell quiet give up their seats, pictures get what they had to wait for."""
        if self._voices.expire(now):
            self._ears |= self._roster.viewers
        return self._settle(now)

    def next_deadline(self, now: float) -> float | None:
        """When `tick` wants to be called at the latest."""
        deadlines = [self._voices.next_deadline(now), self._agenda.next()]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    # --- what an event changes ---

    def _admit(self, event: Admitted) -> None:
        known = self._roster.peers.get(event.peer)
        before = known.rights if known else event.rights
        peer = self._roster.admit(event.peer, event.rights)
        if peer.session and before.receive != peer.rights.receive:
            if peer.rights.receive:
                self._audiences.viewer_came(peer)
            else:
                self._audiences.viewer_left(peer.session)
            self._look_at(peer)
        if before.moderator != peer.rights.moderator and "microphone" in peer.sources:
            self._voices.set_moderator(peer.sources["microphone"].id, peer.rights.moderator)
            self._ears |= self._roster.viewers
        for source in peer.sources.values():
            self._review(source)

    def _change(self, now: float, peer: Peer, event: PeerEvent) -> None:
        match event:
            case Attached():
                self._attach(peer, event)
            case Detached():
                self._part(peer)
            case Left():
                self._part(peer)
                self._roster.leave(peer)
                if self._roster.stage == peer.name:
                    self._roster.stage = None
                    self._look_at_all()
            case Connected():
                peer.connected = peer.session != 0
                self._look_at(peer)
            case Returned():
                self._return(peer)
            case Paged():
                self._roster.turn(peer, event.tiles)
                self._look_at(peer)
            case Frozen():
                self._outputs += self._pictures.heal(now, peer, event.slot)
            case Muted():
                peer.muted = event.muted
                if "microphone" in peer.sources:
                    self._review(peer.sources["microphone"])
            case _:
                assert_never(event)

    def _attach(self, peer: Peer, event: Attached) -> None:
        if peer.session != event.session:
            self._part(peer)
        kept = {source.id for source in event.sources}
        for source in [source for source in peer.sources.values() if source.id not in kept]:
            self._forget(source)
        come = self._roster.attach(peer, event)
        self._audiences.viewer_came(peer)
        for source in come:
            if source.purpose == "microphone" and source.levelled:
                self._voices.add(source.id)
            if source.purpose == "microphone":
                self._voices.set_moderator(source.id, peer.rights.moderator)
            self._audiences.review(source)
        if come:
            self._concern(self._roster.asking(peer.name))
        if not peer.connected:
            self._outputs += self._pictures.foresee(peer)
        self._look_at(peer)

    def _return(self, peer: Peer) -> None:
        """Its client may not know what it was told of its connection."""
        if peer.slots:
            states = [self._roster.state(slot) for slot in peer.slots.values()]
            self._outputs.append(SlotsChanged(peer.name, states))
        peer.missing.again()
        self._roster.tell_layers(peer)
        self._look_at(peer)

    def _part(self, peer: Peer) -> None:
        """The peer's connection is gone, and with it its sources."""
        for source in list(peer.sources.values()):
            self._forget(source)
        session = peer.session
        self._roster.detach(peer)
        self._audiences.viewer_left(session)
        self._agenda.drop(peer)
        self._views.pop(peer, None)
        self._ears.pop(peer, None)

    def _forget(self, source: SourceEntry) -> None:
        self._concern(source.shown)
        if source.flowing and source.purpose == "camera":
            self._concern(self._roster.wanting(source.owner.name))
        self._voices.remove(source.id)
        self._agenda.drop(source)
        self._roster.forget(source)

    def _review(self, source: SourceEntry) -> None:
        """Its owner's rights or mute may have changed."""
        before = source.open, source.named
        self._concern(self._audiences.review(source))
        if before != (source.open, source.named):
            self._concern(self._roster.wanting(source.owner.name))

    def _receive_flow(self, now: float, event: Flow) -> None:
        source = self._roster.sources.get(event.source)
        if source is None or source.flowing == event.flowing:
            return
        self._roster.flow(source, now, event.flowing)
        self._outputs.append(SourceChanged(source.owner.name, source.purpose, event.flowing))
        if event.flowing:
            self._audiences.open(source)
        if source.purpose == "screen":
            self._views |= self._roster.viewers
        elif source.purpose == "camera":
            self._views |= dict.fromkeys(self._roster.wanting(source.owner.name)) | dict.fromkeys(source.shown)
        elif not source.levelled:
            self._ears |= self._roster.viewers

    def _look_at(self, viewer: Peer) -> None:
        if viewer.connected and viewer.slots:
            self._roster.viewers[viewer] = None
            self._concern((viewer,))

    def _look_at_all(self) -> None:
        self._concern(self._roster.viewers)

    def _concern(self, viewers: Iterable[Peer]) -> None:
        found = dict.fromkeys(viewers)
        self._views |= found
        self._ears |= found

    # --- what follows from it ---

    def _settle(self, now: float) -> list[Output]:
        """Bring the slots of all who were concerned, or are due, up to date."""
        for key in self._agenda.due(now):
            if isinstance(key, Peer):
                self._views[key] = None
            else:
                self._roster.touched[key] = None
        viewers, ears, views = self._roster.viewers, self._ears, self._views
        self._ears, self._views = {}, {}
        seating = Seating(now, self._roster, self._voices)
        for viewer in {**ears, **views}:
            if viewer in viewers:
                wanted = seating.place(viewer) if viewer in ears else {}
                layers: dict[str, int] = {}
                if viewer in views:
                    pictures, layers = self._pictures.place(now, viewer)
                    wanted |= pictures
                self._outputs += fill(self._roster, viewer, wanted, layers)
                self._outputs += viewer.missing.news(viewer.name)
        if ears or not viewers:
            self._contest.seated(now, seating, everybody=len(ears) >= len(viewers))
        if self._roster.touched:
            self._outputs += self._pictures.ask(now)
        self._outputs += self._floor.news(now)
        outputs = self._outputs.copy()
        self._outputs.clear()
        return outputs
