"""What people and those who lead the meeting do in a room. No I/O, no clock.

Laws: cameras and microphones are off at join, and nothing here switches one on. A moderator's mute holds until the
person unmutes. The order of hands is the order of raising, the same for all. Nobody has power over others but
moderators. `room_members` says who comes and goes, `room_assembly` who is told.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from web.errors import AccessDenied, StateError
from web.messages import (
    Connection,
    Parcel,
    PeerView,
    PleaseUnmute,
    Presenting,
    RoomMedia,
    RoomMuted,
    RoomSecretFrom,
)
from web.quality import judge
from web.room_members import Members
from web.room_outputs import Forget, Output, Say
from web.room_view import Mark, Member, sees, view_peer, viewer_of
from web.school.model import Meeting, Person

RATED_EVERY_MS = 1000


class MediaWish(Struct, frozen=True):
    """What the media plane should let a peer do."""

    publish: bool
    screen: bool
    receive: bool
    moderator: bool
    audience: frozenset[str] | None
    camera_audience: frozenset[str] | None
    muted: bool
    record: int = 0  # the number under which a recording keeps it


class Room(Members):
    """One live meeting."""

    def media_wishes(self) -> dict[str, MediaWish]:
        """Return what the media plane should allow each peer inside."""
        inside = [member for member in self.members if member.inside]
        moderators = frozenset(member.peer for member in inside if member.grant.moderate)
        wishes = {}
        private, split = self.meeting.private_cameras, any(member.group is not None for member in inside)
        for member in inside:
            audience = camera_audience = None
            if private and not member.grant.moderate:
                camera_audience = moderators | {other.peer for other in inside if other.person.id == member.person.id}
            if viewer_of(self.board, member).startswith("person:"):
                audience = moderators | {other.peer for other in inside if other.person.id == member.person.id}
            if split:
                audience = frozenset(other.peer for other in inside if other.group == member.group)
            wishes[member.peer] = MediaWish(
                publish=member.grant.publish,
                screen=member.grant.screen,
                receive=True,
                moderator=member.grant.moderate,
                audience=audience,
                camera_audience=camera_audience,
                muted=member.muted,
                record=self.board.records.get(member.peer, 0),
            )
        return wishes

    # --- what a person does for themself ---

    def hand(self, now: int, peer: str, raised: bool) -> list[Output]:
        member = self.inside(peer)
        if raised == (peer in self.board.hands):
            return []
        if raised:
            self.board.hands[peer] = now
        else:
            del self.board.hands[peer]
        return self.tell(Mark("hands", member))

    def media(self, peer: str, wanted: RoomMedia) -> tuple[PeerView, list[Output]]:
        """Say what somebody switched on; what a moderator muted stays muted unless they unmute it themself."""
        member = self.inside(peer)
        if (wanted.microphone or wanted.camera) and not member.grant.publish:
            raise AccessDenied("not_allowed", "you cannot switch on microphone or camera here")
        if wanted.screen and not member.grant.screen:
            raise AccessDenied("not_allowed", "you cannot share a screen here")
        marks = self._take_screen(member) if wanted.screen and not member.screen else []
        before = view_peer(member)
        if wanted.microphone and wanted.unmute:
            member.muted = False
        member.microphone = wanted.microphone and not member.muted
        member.camera = wanted.camera
        member.screen = wanted.screen
        after = view_peer(member)
        if after != before:
            marks.append(Mark("changed", member))
        return after, self.tell(*marks)

    def set_meeting(self, meeting: Meeting) -> list[Output]:
        """The meeting itself was changed: its title, its documents, its end."""
        if meeting == self.board.meeting:
            return []
        self.board.meeting = meeting
        if not self.occupied:
            self.board.encrypted = meeting.encrypted
        return self.close("ended") if meeting.cancelled else self.show(self.members)

    def media_state(self, peer: str, state: Connection) -> list[Output]:
        """The media plane says how a peer's media connection fares."""
        member = self.board.members.get(peer)
        if member is None or not member.inside or member.media == state:
            return []
        member.media, member.quality = state, "unknown"
        return self.tell(Mark("changed", member))

    def rate(self, now: int, peer: str, score: int) -> tuple[bool, list[Output]]:
        """A client has measured its line: whether that counts (once a second), and who is told."""
        member = self.inside(peer)
        if now < member.rated_at + RATED_EVERY_MS:
            return False, []
        member.rated_at = now
        before, member.quality = view_peer(member), judge(score, member.quality)
        return True, self.tell(Mark("changed", member)) if view_peer(member) != before else []

    def present(self, peer: str, document: str | None, slide: str | None) -> list[Output]:
        """Put a document on the stage, turn its slide, or clear it."""
        member = self.inside(peer)
        if not member.grant.present:
            raise AccessDenied("not_allowed", "you cannot present here")
        if member.group is not None:
            raise StateError("state", "a group sees its own document")
        shown = self.board.presenting
        if shown is not None and shown.peer != peer and not member.grant.moderate:
            raise StateError("state", "somebody else is presenting")
        new = None if document is None else Presenting(peer, document, slide)
        if new == shown:
            return []
        self.board.presenting = new
        return self.tell(Mark("presenting", member))

    def carry(self, peer: str, parcels: Sequence[Parcel]) -> tuple[list[str], list[Output]]:
        """Hand keys to others inside who see the sender and whom the sender sees; return who was not reached."""
        sender = self.inside(peer)
        if not self.board.encrypted:
            raise StateError("state", "this meeting is not end-to-end encrypted")
        missed: list[str] = []
        outputs: list[Output] = []
        for parcel in parcels:
            member = self.find(parcel.peer)
            if member is None or member.connection is None or not self._know_each_other(sender, member):
                missed.append(parcel.peer)
            else:
                outputs.append(Say((member.connection,), "room:secret", RoomSecretFrom(peer, parcel.data)))
        return missed, outputs

    # --- what a moderator does ---

    def lower(self, by: str, peer: str | None) -> list[Output]:
        self._moderator(by)
        if peer is not None:
            return self.hand(0, peer, False)
        if not self.board.hands:
            return []
        self.board.hands.clear()
        return self.tell(Mark("hands"))

    def check_moderator(self, by: str) -> None:
        """Raise AccessDenied unless this peer leads the meeting."""
        self._moderator(by)

    def waiting(self, by: str, peer: str) -> Person:
        """Return who waits under this id, for a moderator."""
        self._moderator(by)
        return self.waiting_at(peer).person

    def admit(self, by: str, peer: str) -> list[Output]:
        """Let somebody in from the lobby, here and whenever they come again."""
        self._moderator(by)
        member = self.waiting_at(peer)
        self.sent_away.discard(member.person.id)
        self.welcome.add(member.person.id)
        outputs: list[Output] = []
        for other in [other for other in self.members if other.person.id == member.person.id and not other.inside]:
            outputs += self.let_in(other)
        return outputs

    def reject(self, by: str, peer: str) -> list[Output]:
        self._moderator(by)
        return self.leave(self.waiting_at(peer).peer, "rejected")

    def remove(self, by: str, peer: str) -> list[Output]:
        """Send a person away with all their devices; if they come again they wait in the lobby."""
        self._moderator(by)
        member = self.inside(peer)
        if member.person.id == self.inside(by).person.id:
            raise StateError("state", "you cannot remove yourself")
        self.sent_away.add(member.person.id)
        self.welcome.discard(member.person.id)
        outputs: list[Output] = [Forget(member.person.id)]
        for other in [other.peer for other in self.members if other.person.id == member.person.id]:
            outputs += self.leave(other, "removed")
        return outputs

    def mute(self, by: str, peer: str | None) -> list[Output]:
        """Mute one person, or everybody but the moderators. It holds until each unmutes."""
        moderator = self._moderator(by)
        chosen = [self.inside(peer)] if peer is not None else [m for m in self.members if not m.grant.moderate]
        affected = [member for member in chosen if member.inside and not member.muted]
        for member in affected:
            member.muted, member.microphone = True, False
        told = tuple(member.connection for member in affected if member.connection is not None)
        outputs: list[Output] = [Say(told, "room:muted", RoomMuted(moderator.person.name))] if told else []
        return outputs + self.tell(*(Mark("changed", member) for member in affected))

    def ask_unmute(self, by: str, peer: str) -> list[Output]:
        moderator, member = self._moderator(by), self.inside(peer)
        if member.connection is None:
            return []
        return [Say((member.connection,), "room:please_unmute", PleaseUnmute(moderator.person.name))]

    def set_stage(self, by: str, peer: str | None) -> list[Output]:
        self._moderator(by)
        before = self.board.stage
        self.board.stage = self.inside(peer).peer if peer is not None else None
        return self.tell(Mark("stage")) if before != peer else []

    def lock(self, by: str, locked: bool) -> list[Output]:
        """While locked, newcomers wait in the lobby."""
        self._moderator(by)
        before, self.board.locked = self.board.locked, locked
        return self.tell(Mark("lock")) if before != locked else []

    # --- inner workings ---

    def _moderator(self, peer: str) -> Member:
        member = self.inside(peer)
        if not member.grant.moderate:
            raise AccessDenied("not_allowed", "only who leads the meeting can do this")
        return member

    def _know_each_other(self, one: Member, other: Member) -> bool:
        if one is other or not other.inside:
            return False
        return sees(viewer_of(self.board, one), other) and sees(viewer_of(self.board, other), one)

    def _take_screen(self, member: Member) -> list[Mark]:
        """One screen at a time: a moderator takes over, others wait."""
        marks = []
        for other in self.members:
            if other.screen and other is not member:
                if not member.grant.moderate:
                    raise StateError("state", "somebody else is sharing a screen")
                other.screen = False
                marks.append(Mark("changed", other))
        return marks
