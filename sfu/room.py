"""One room's media: joins the router's policy to connections, the plane and the room's callback.

Laws:
- What a call changes is in the plane's queue when the call returns; only `offer`, `publish` and `play` are async,
  and they too answer without waiting for the remote.
- A peer has one connection. A new one replaces the old; the old one's numbers are given back first, and it does not
  come back: a restart would find no keys here.
- The plane is told first, then the room's callback, so that a callback may call back.
- Errors of one connection end that connection and nobody else's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, Protocol

from sfu.alarm import Alarm
from sfu.codecs import VideoCodec, preference
from sfu.errors import AccessDenied, MediaError, Overloaded, StateError
from sfu.events import (
    Admitted,
    AskKeyframe,
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
    Rates,
    Recorded,
    Returned,
    Staged,
)
from sfu.model import (
    MAX_TILES,
    MediaEvent,
    MediaRights,
    PeerConnected,
    PeerLost,
    SlotOffer,
    SlotsChanged,
    SourceOffer,
)
from sfu.orders import carry_out
from sfu.purposes import Ask, named, played, published
from sfu.recorder import RecorderEvent, Recording
from sfu.router import Router
from sfu.sdp import Remote, parse_offer
from sfu.session import Port, Session

MAX_PEERS: Final = 512
"""Peers a room admits; DOMAIN plans for 200 in the largest conference, recorders and rejoins come on top."""

logger = logging.getLogger(__name__)


class Sessions(Protocol):
    """Where a room registers its connections: the server, which hands their events back."""

    def opened(self, session: Session, room: MediaRoom, peer: str) -> None:
        """A connection was made; Overloaded if there may be no more."""

    def attached(self, session: Session, room: MediaRoom) -> None:
        """Its sources have changed."""

    def closed(self, session: Session) -> None:
        """It is over; forget it."""

    def recording(self, recording: Recording, *, runs: bool) -> None:
        """A recording began, or is over."""

    def spawn(self, session: Session, room: MediaRoom, peer: str) -> None:
        """Run `room.serve(session, peer)` until it ends."""


class MediaRoom:
    """The media of one meeting. Made by `MediaServer.room`."""

    def __init__(
        self,
        port: Port,
        sessions: Sessions,
        on_event: Callable[[MediaEvent], None],
        cap_kbit: float,
        codec: VideoCodec = "vp8",
    ) -> None:
        self._port = port
        self._codecs = preference(codec)
        self._server = sessions
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._cap_kbit = cap_kbit
        self._router = Router(cap_kbit)
        self._sessions: dict[str, Session] = {}
        self._over: dict[str, Remote] = {}
        self._alarm = Alarm(self._loop, self._on_alarm)
        self._recording: Recording | None = None
        self._closed = False

    def admit(self, peer: str, rights: MediaRights) -> None:
        """Make a peer known, without a connection yet; again to change its rights."""
        if self._closed:
            raise StateError("closed", "the room is closed")
        if self._router.rights(peer) is None and len(self._router) >= MAX_PEERS:
            raise Overloaded("room_full", f"a room holds at most {MAX_PEERS} peers")
        self._tell(Admitted(peer, rights))

    def set_rights(self, peer: str, rights: MediaRights) -> None:
        """Change what a peer may do; a source without a right is silent when this returns."""
        self._known(peer)
        self._tell(Admitted(peer, rights))

    def set_stage(self, peer: str | None) -> None:
        """Put somebody on stage, or nobody."""
        self._tell(Staged(peer))

    def set_cap(self, kbit: int | None) -> None:
        """Send nobody more than this in all, nor more than the server gives; None is what the server gives."""
        self._tell(Capped(self._cap_kbit if kbit is None else min(kbit, self._cap_kbit)))

    def set_page(self, peer: str, tiles: list[str]) -> None:
        """Whom this viewer wants in its tiles."""
        self._tell(Paged(peer, tuple(tiles[:MAX_TILES])))

    def returned(self, peer: str) -> None:
        """The peer's client was away and may have missed what it was told: tell it again."""
        self._tell(Returned(peer))

    def mute(self, peer: str, muted: bool) -> None:
        """A moderator's mute of the microphone; it holds in the plane, over reconnects too."""
        self._tell(Muted(peer, muted))

    def heal(self, peer: str, slot: str) -> Literal["keyframe", "again"] | None:
        """A viewer's picture stands still: ask for a keyframe, and if that was no help begin anew; what was done."""
        self._known(peer)
        outputs = self._router.receive(self._loop.time(), Frozen(peer, slot))
        self._carry_out(outputs)
        if any(isinstance(output, AskKeyframe) for output in outputs):
            return "keyframe"
        return "again" if any(isinstance(output, SlotsChanged) for output in outputs) else None

    async def offer(self, peer: str, sdp: str, sources: list[SourceOffer], slots: list[SlotOffer]) -> str:
        """Answer a peer's offer. A second one of the same RTCPeerConnection renegotiates it."""
        self._known(peer)
        return self._negotiate(peer, named(parse_offer(sdp), sources, slots))

    async def publish(self, peer: str, sdp: str) -> str:
        """WHIP: the first audio m-line is the microphone, the first video m-line the camera."""
        if not self._known(peer).publish:
            raise AccessDenied("not_allowed", "this peer may not publish")
        return self._negotiate(peer, published(parse_offer(sdp)))

    async def play(self, peer: str, sdp: str, of: str | None) -> str:
        """WHEP: up to three voices, the stage (or the camera `of` a peer), then tiles."""
        if not self._known(peer).receive:
            raise AccessDenied("not_allowed", "this peer may not watch")
        return self._negotiate(peer, played(parse_offer(sdp), of))

    async def record(self, folder: Path, reserve: int, on_event: Callable[[RecorderEvent], None]) -> Recording:
        """Begin to record those whose rights say so; StateError `recording` if it runs, Overloaded `recorder`."""
        if self._recording is not None or self._closed:
            raise StateError("recording", "the room is being recorded")
        self._recording = recording = Recording(self._port, on_event)
        try:
            await recording.start(folder, reserve)
        except BaseException:
            self._recording = None
            raise
        if self._recording is not recording:  # the room was closed meanwhile
            recording.close()
            raise StateError("closed", "the room is closed")
        self._server.recording(recording, runs=True)
        self._tell(Recorded(recording.id))
        return recording

    def stop_recording(self) -> None:
        """Record nobody any more; the files end by themselves."""
        recording, self._recording = self._recording, None
        if recording is not None:
            self._tell(Recorded(0))
            self._server.recording(recording, runs=False)
            recording.close()

    def restart(self, peer: str, fragment: str) -> str:
        """A WHIP or WHEP client's PATCH: the answer to an ICE restart; empty for candidates."""
        session = self._sessions.get(peer)
        if session is None:
            raise AccessDenied("not_found", "there is no such connection")
        return session.restart(fragment)

    def has_connection(self, peer: str) -> bool:
        """Whether a peer has offered, and its connection is not over."""
        return peer in self._sessions

    def disconnect(self, peer: str) -> None:
        """End a peer's connection; the peer stays admitted."""
        session = self._sessions.pop(peer, None)
        if session is not None:
            self._drop(peer, session)

    def leave(self, peer: str) -> None:
        """Forget a peer."""
        self.disconnect(peer)
        self._over.pop(peer, None)
        self._tell(Left(peer))

    def close(self) -> None:
        """End every connection. The room is of no use afterwards."""
        self.stop_recording()
        for peer in list(self._sessions):
            self.disconnect(peer)
        self._closed = True
        self._alarm.cancel()

    def counts(self) -> dict[str, int]:
        """Peers, sources, slots and connections that the room remembers."""
        return {**self._router.counts(), "sessions": len(self._sessions)}

    def on_measured(self, event: Flow | Rates | Estimates) -> None:
        """The plane measured something of this room's sources, or of the ways to its peers."""
        self._tell(event)

    def on_levels(self, reports: Sequence[Levels]) -> None:
        """The plane measured voices of this room; the oldest report first."""
        now = self._loop.time()
        if not self._closed and self._router.hear(now, *reports):
            self._carry_out(self._router.tick(now))

    def on_lost(self, peer: str, session: Session, reason: str) -> None:
        """A connection ended by itself."""
        if self._sessions.get(peer) is session:
            del self._sessions[peer]
            self._drop(peer, session)
            self._on_event(PeerLost(peer, reason))

    async def serve(self, session: Session, peer: str) -> None:
        """Lead one connection from its first datagram to its end. Errors end this peer and nobody else."""
        try:
            await session.connect()
            self._tell(Connected(peer))
            self._on_event(PeerConnected(peer))
            await session.closed()
            self.on_lost(peer, session, "closed")
        except MediaError as error:
            logger.info("a connection failed", extra={"peer": peer, "session": session.id, "code": error.code})
            self.on_lost(peer, session, "timeout" if error.code == "dtls_timeout" else "failed")
        except Exception:  # the top of a connection's task: its trouble stays its own, and is told
            logger.exception("a connection broke", extra={"peer": peer, "session": session.id})
            self.on_lost(peer, session, "failed")

    def _known(self, peer: str) -> MediaRights:
        rights = self._router.rights(peer)
        if self._closed or rights is None:
            raise AccessDenied("not_found", "there is no such peer in this room")
        return rights

    def _negotiate(self, peer: str, ask: Ask) -> str:
        session = self._sessions.get(peer)
        if session is None or not session.continues(ask.offer):
            if ask.offer.remote == self._over.get(peer):
                raise StateError("over", "this connection is over, and no restart brings it back: make a new one")
            session = Session(self._port, self._router.number(peer), self._codecs)
            answer = session.negotiate(ask.offer, ask.sources, ask.slots)
            self.disconnect(peer)
            try:
                self._server.opened(session, self, peer)
            except Overloaded:
                session.close()
                raise
            self._sessions[peer] = session
            self._server.spawn(session, self, peer)
        else:
            answer = session.negotiate(ask.offer, ask.sources, ask.slots)
        self._server.attached(session, self)
        attached = Attached(peer, session.id, session.sources, session.slots, ask.featured, ask.follow, ask.obliging)
        self._tell(attached)
        return answer

    def _drop(self, peer: str, session: Session) -> None:
        self._server.closed(session)
        if session.shaken is not None:
            self._over[peer] = session.shaken
        self._tell(Detached(peer))
        session.close()

    def _tell(self, event: Event) -> None:
        """Give the router an event and carry out what it says; a closed room has nobody to tell."""
        if not self._closed:
            self._carry_out(self._router.receive(self._loop.time(), event))

    def _on_alarm(self) -> None:
        self._carry_out(self._router.tick(self._loop.time()))

    def _carry_out(self, outputs: list[Output]) -> None:
        events = carry_out(self._port.plane, self._recording, outputs)
        self._alarm.set(self._router.next_deadline(self._loop.time()))
        for event in events:
            self._on_event(event)
