"""The state of one room: who is in it, who waits, and what each may do. No I/O, no clock.

Laws: every change is told to those who may know of it as a numbered delta, so that a snapshot and the deltas
after it equal a fresh snapshot. Cameras and microphones are off at join, and nothing here switches one on. A
moderator's mute holds until the person unmutes. The order of hands is the order of raising, the same for all.
Who loses the connection keeps the place for 30 s: the same person with the same client key takes it again.
Times are milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from msgspec import Struct, structs

from web.errors import AccessDenied, Overloaded, StateError
from web.messages import (
    CloseReason,
    Connection,
    PeerView,
    PleaseUnmute,
    Presenting,
    RoomChanged,
    RoomClosed,
    RoomGrant,
    RoomJoined,
    RoomMedia,
    RoomMuted,
    RoomState,
)
from web.room_view import Board, Mark, Member, Viewer, build_grant, render, view_peer, view_room, viewer_of
from web.school.model import Grant, Meeting, Person

KEEP_PLACE_MS = 30_000
MAX_MEMBERS = 300
MAX_DEVICES = 6


class Say(Struct, frozen=True):
    """Send one message to these connections."""

    connections: tuple[str, ...]
    event: str
    message: Struct


class Left(Struct, frozen=True):
    """A peer's place is gone; its connection (if it still has one) is in no room any more."""

    peer: str
    connection: str | None


class Forget(Struct, frozen=True):
    """What a moderator said of this person's admission does not hold any longer: let them ask again."""

    person: str


Output = Say | Left | Forget


class MediaWish(Struct, frozen=True):
    """What the media plane should let a peer do."""

    publish: bool
    screen: bool
    receive: bool
    moderator: bool
    audience: frozenset[str] | None
    muted: bool


class Arrival(Struct, frozen=True):
    """Somebody at the door, on one connection of one device."""

    peer: str  # the id to use if there is no place to take again
    connection: str
    client: str
    person: Person


class Room:
    """One live meeting."""

    def __init__(self, meeting: Meeting, now: int) -> None:
        self.board = Board(meeting=meeting, started_at=now, members={}, hands={}, locked=meeting.locked)
        self._seqs: dict[Viewer, int] = {}
        self._let_in: set[str] = set()
        self._sent_away: set[str] = set()

    # --- reading ---

    @property
    def meeting(self) -> Meeting:
        return self.board.meeting

    @property
    def members(self) -> Iterable[Member]:
        return self.board.members.values()

    @property
    def stage(self) -> str | None:
        return self.board.stage

    @property
    def empty(self) -> bool:
        return not self.board.members

    def peer_at(self, connection: str) -> str:
        """Return which peer a connection is; raise StateError when it is none."""
        for member in self.members:
            if member.connection == connection:
                return member.peer
        raise StateError("not_in_room", "you are not in the room")

    def member(self, peer: str) -> Member:
        """Return a member inside or in the lobby; raise StateError for anybody else."""
        member = self.board.members.get(peer)
        if member is None:
            raise StateError("not_in_room", "this person is not in the room")
        return member

    def state(self, peer: str) -> RoomState:
        """Return the room as this peer may see it now."""
        member = self._inside(peer)
        viewer = viewer_of(self.board, member)
        return view_room(self.board, viewer, self._seqs.get(viewer, 0))

    def media_wishes(self) -> dict[str, MediaWish]:
        """Return what the media plane should allow each peer inside."""
        inside = [member for member in self.members if member.inside]
        moderators = frozenset(member.peer for member in inside if member.grant.moderate)
        wishes = {}
        for member in inside:
            audience = None
            if viewer_of(self.board, member).startswith("person:"):
                audience = moderators | {other.peer for other in inside if other.person.id == member.person.id}
            wishes[member.peer] = MediaWish(
                publish=member.grant.publish,
                screen=member.grant.screen,
                receive=True,
                moderator=member.grant.moderate,
                audience=audience,
                muted=member.muted,
            )
        return wishes

    def next_deadline(self) -> int | None:
        """Return when `tick` has something to do, if ever."""
        away = [member.away_since for member in self.members if member.away_since is not None]
        return min(away) + KEEP_PLACE_MS if away else None

    # --- coming and going ---

    def join(self, now: int, arrival: Arrival, grant: Grant) -> tuple[RoomJoined, list[Output]]:
        """Let somebody in, to the lobby, or back to the place they had. Raises AccessDenied, Overloaded."""
        if grant.admission == "no":
            raise AccessDenied(text="there is no such meeting")
        place = self._place_of(arrival)
        if place is not None:
            return self._resume(place, arrival, grant)
        devices = sum(member.person.id == arrival.person.id for member in self.members)
        if devices >= MAX_DEVICES or len(self.board.members) >= MAX_MEMBERS:
            raise Overloaded("overloaded", "the room is full")
        member = Member(arrival.peer, arrival.person, grant, arrival.client, arrival.connection, now)
        self.board.members[member.peer] = member
        if self._must_wait(member):
            return self._joined(member), self._tell(Mark("lobby"))
        outputs = self._enter(member)
        return self._joined(member), outputs

    def dropped(self, now: int, peer: str, connection: str) -> list[Output]:
        """The connection broke; the place is kept for a while."""
        member = self.board.members.get(peer)
        if member is None or member.connection != connection:
            return []
        member.connection = None
        member.away_since = now
        return self._tell(Mark("changed", member)) if member.inside else []

    def tick(self, now: int) -> list[Output]:
        """Give up the places of those who did not come back."""
        outputs: list[Output] = []
        for member in list(self.members):
            if member.away_since is not None and member.away_since + KEEP_PLACE_MS <= now:
                outputs += self.leave(member.peer)
        return outputs

    def leave(self, peer: str, reason: CloseReason | None = None) -> list[Output]:
        """Take a peer out; with a reason they are told."""
        member = self.board.members.get(peer)
        if member is None:
            return []
        outputs: list[Output] = []
        if reason is not None and member.connection is not None:
            outputs.append(Say((member.connection,), "room:closed", RoomClosed(reason)))
        marks = [Mark("left", member)] if member.inside else [Mark("lobby")]
        if self.board.hands.pop(peer, None) is not None:
            marks.append(Mark("hands", member))
        if self.board.presenting is not None and self.board.presenting.peer == peer:
            self.board.presenting = None
            marks.append(Mark("presenting", member))
        if self.board.stage == peer:
            self.board.stage = None
            marks.append(Mark("stage", member))
        del self.board.members[peer]
        outputs.append(Left(peer, member.connection))
        return outputs + self._forget(member) + self._tell(*marks)

    def close(self, reason: CloseReason) -> list[Output]:
        """Take everybody out."""
        connected = tuple(member.connection for member in self.members if member.connection is not None)
        outputs: list[Output] = [Say(connected, "room:closed", RoomClosed(reason))] if connected else []
        outputs += [Left(member.peer, member.connection) for member in self.members]
        self.board.members.clear()
        self.board.hands.clear()
        self.board.presenting = self.board.stage = None
        return outputs

    def set_grant(self, peer: str, grant: Grant | None) -> list[Output]:
        """Apply rights that were read anew; None or "no" means out."""
        member = self.member(peer)
        if grant is None or grant.admission == "no":
            return self.leave(peer, "no_right")
        old, member.grant = member.grant, grant
        if not member.inside:
            if grant.admission == "yes" and not self._must_wait(member):
                return [*self._admit(member)]
            return []
        if old == grant:
            return []
        outputs: list[Output] = []
        if build_grant(member.person, old) != build_grant(member.person, grant) and member.connection is not None:
            outputs.append(Say((member.connection,), "room:grant", RoomGrant(build_grant(member.person, grant))))
        member.microphone = member.microphone and grant.publish
        member.camera = member.camera and grant.publish
        member.screen = member.screen and grant.screen
        marks = [Mark("changed", member)]
        shown = self.board.presenting
        if shown is not None and shown.peer == peer and not grant.present:
            self.board.presenting = None
            marks.append(Mark("presenting", member))
        anew = self._whose_view_changed(member) if old.moderate != grant.moderate else []
        outputs += self._tell(*marks, but={other.peer for other in anew})
        return outputs + self._show(anew)

    # --- what a person does for themself ---

    def hand(self, now: int, peer: str, raised: bool) -> list[Output]:
        member = self._inside(peer)
        if raised == (peer in self.board.hands):
            return []
        if raised:
            self.board.hands[peer] = now
        else:
            del self.board.hands[peer]
        return self._tell(Mark("hands", member))

    def media(self, peer: str, wanted: RoomMedia) -> tuple[PeerView, list[Output]]:
        """Say what somebody switched on; what a moderator muted stays muted unless they unmute it themself."""
        member = self._inside(peer)
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
        return after, self._tell(*marks)

    def set_meeting(self, meeting: Meeting) -> list[Output]:
        """The meeting itself was changed: its title, its documents, its end."""
        if meeting == self.board.meeting:
            return []
        self.board.meeting = meeting
        return self._show(self.members)

    def media_state(self, peer: str, state: Connection) -> list[Output]:
        """The media plane says how a peer's media connection fares."""
        member = self.board.members.get(peer)
        if member is None or not member.inside or member.media == state:
            return []
        member.media = state
        return self._tell(Mark("changed", member))

    def present(self, peer: str, document: str | None, slide: str | None) -> list[Output]:
        """Put a document on the stage, turn its slide, or clear it."""
        member = self._inside(peer)
        if not member.grant.present:
            raise AccessDenied("not_allowed", "you cannot present here")
        shown = self.board.presenting
        if shown is not None and shown.peer != peer and not member.grant.moderate:
            raise StateError("state", "somebody else is presenting")
        new = None if document is None else Presenting(peer, document, slide)
        if new == shown:
            return []
        self.board.presenting = new
        return self._tell(Mark("presenting", member))

    # --- what a moderator does ---

    def lower(self, by: str, peer: str | None) -> list[Output]:
        self._moderator(by)
        if peer is not None:
            return self.hand(0, peer, False)
        if not self.board.hands:
            return []
        self.board.hands.clear()
        return self._tell(Mark("hands"))

    def waiting(self, by: str, peer: str) -> Person:
        """Return who waits under this id, for a moderator."""
        self._moderator(by)
        return self._waiting(peer).person

    def admit(self, by: str, peer: str) -> list[Output]:
        """Let somebody in from the lobby, here and whenever they come again."""
        self._moderator(by)
        member = self._waiting(peer)
        self._sent_away.discard(member.person.id)
        self._let_in.add(member.person.id)
        outputs: list[Output] = []
        for other in [other for other in self.members if other.person.id == member.person.id and not other.inside]:
            outputs += self._admit(other)
        return outputs

    def reject(self, by: str, peer: str) -> list[Output]:
        self._moderator(by)
        return self.leave(self._waiting(peer).peer, "rejected")

    def remove(self, by: str, peer: str) -> list[Output]:
        """Send a person away with all their devices; if they come again they wait in the lobby."""
        self._moderator(by)
        member = self._inside(peer)
        if member.person.id == self._inside(by).person.id:
            raise StateError("state", "you cannot remove yourself")
        self._sent_away.add(member.person.id)
        self._let_in.discard(member.person.id)
        outputs: list[Output] = [Forget(member.person.id)]
        for other in [other.peer for other in self.members if other.person.id == member.person.id]:
            outputs += self.leave(other, "removed")
        return outputs

    def mute(self, by: str, peer: str | None) -> list[Output]:
        """Mute one person, or everybody but the moderators. It holds until each unmutes."""
        moderator = self._moderator(by)
        chosen = [self._inside(peer)] if peer is not None else [m for m in self.members if not m.grant.moderate]
        affected = [member for member in chosen if member.inside and not member.muted]
        for member in affected:
            member.muted, member.microphone = True, False
        told = tuple(member.connection for member in affected if member.connection is not None)
        outputs: list[Output] = [Say(told, "room:muted", RoomMuted(moderator.person.name))] if told else []
        return outputs + self._tell(*(Mark("changed", member) for member in affected))

    def ask_unmute(self, by: str, peer: str) -> list[Output]:
        moderator, member = self._moderator(by), self._inside(peer)
        if member.connection is None:
            return []
        return [Say((member.connection,), "room:please_unmute", PleaseUnmute(moderator.person.name))]

    def set_stage(self, by: str, peer: str | None) -> list[Output]:
        self._moderator(by)
        before = self.board.stage
        self.board.stage = self._inside(peer).peer if peer is not None else None
        return self._tell(Mark("stage")) if before != peer else []

    def lock(self, by: str, locked: bool) -> list[Output]:
        """While locked, newcomers wait in the lobby."""
        self._moderator(by)
        before, self.board.locked = self.board.locked, locked
        return self._tell(Mark("lock")) if before != locked else []

    def end(self, by: str) -> list[Output]:
        self._moderator(by)
        return self.close("ended")

    # --- inner workings ---

    def _inside(self, peer: str) -> Member:
        member = self.member(peer)
        if not member.inside:
            raise StateError("not_in_room", "this person is not in the room yet")
        return member

    def _waiting(self, peer: str) -> Member:
        member = self.member(peer)
        if member.inside:
            raise StateError("state", "this person is in the room already")
        return member

    def _moderator(self, peer: str) -> Member:
        member = self._inside(peer)
        if not member.grant.moderate:
            raise AccessDenied("not_allowed", "only who leads the meeting can do this")
        return member

    def _place_of(self, arrival: Arrival) -> Member | None:
        for member in self.members:
            if arrival.client and member.client == arrival.client and member.person.id == arrival.person.id:
                return member
        return None

    def _must_wait(self, member: Member) -> bool:
        person = member.person.id
        if member.grant.moderate or person in self._let_in:
            return False
        return person in self._sent_away or member.grant.admission == "lobby" or self.board.locked

    def _resume(self, member: Member, arrival: Arrival, grant: Grant) -> tuple[RoomJoined, list[Output]]:
        outputs: list[Output] = []
        if member.connection is not None and member.connection != arrival.connection:
            outputs.append(Say((member.connection,), "room:closed", RoomClosed("replaced")))
            outputs.append(Left("", member.connection))
        member.person = arrival.person
        member.connection = arrival.connection
        member.away_since = None
        if member.inside:
            outputs += self._tell(Mark("changed", member))
        outputs += self.set_grant(member.peer, grant)
        return self._joined(member), _without(outputs, arrival.connection)  # the answer says it all

    def _joined(self, member: Member) -> RoomJoined:
        state: Literal["joined", "lobby"] = "joined" if member.inside else "lobby"
        return RoomJoined(
            state=state,
            peer=member.peer,
            meeting=self.meeting.id,
            title=self.meeting.title,
            grant=build_grant(member.person, member.grant),
            room=self.state(member.peer) if member.inside else None,
        )

    def _enter(self, member: Member, *marks: Mark) -> list[Output]:
        """Count somebody as inside and tell the others; they themself get the whole state."""
        self._let_in.add(member.person.id)
        member.inside = True
        self.board.members[member.peer] = self.board.members.pop(member.peer)  # the order is that of entering
        return self._tell(Mark("joined", member), *marks, but=(member.peer,))

    def _admit(self, member: Member) -> list[Output]:
        outputs = self._enter(member, Mark("lobby"))
        if member.connection is not None:
            outputs.append(Say((member.connection,), "room:admitted", self._joined(member)))
        return outputs

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

    def _forget(self, member: Member) -> list[Output]:
        """A family that left its consultation is not let in again by itself: the next one may be inside."""
        person = member.person.id
        others = any(other.person.id == person for other in self.members)
        if self.meeting.kind != "consultation" or member.grant.moderate or others or person not in self._let_in:
            return []
        self._let_in.discard(person)
        return [Forget(person)]

    def _whose_view_changed(self, member: Member) -> list[Member]:
        """Somebody became or ceased to be a moderator: they see other things now, and families see them or not."""
        return [
            other
            for other in self.members
            if other.inside and (other is member or viewer_of(self.board, other).startswith("person:"))
        ]

    def _show(self, members: Iterable[Member]) -> list[Output]:
        return [
            Say((member.connection,), "room:state", self.state(member.peer))
            for member in members
            if member.inside and member.connection is not None
        ]

    def _tell(self, *marks: Mark, but: Collection[str] = ()) -> list[Output]:
        """Number a change in each class of viewers and address it to those who are connected."""
        if not marks:
            return []
        audiences: dict[Viewer, list[str]] = {}
        for member in self.members:
            if member.inside and member.peer not in but:
                addresses = audiences.setdefault(viewer_of(self.board, member), [])
                if member.connection is not None:
                    addresses.append(member.connection)
        outputs: list[Output] = []
        for viewer, connections in audiences.items():
            changes = render(self.board, viewer, marks)
            if not changes:
                continue
            self._seqs[viewer] = self._seqs.get(viewer, 0) + 1
            if connections:
                outputs.append(Say(tuple(connections), "room:changed", RoomChanged(self._seqs[viewer], changes)))
        return outputs


def _without(outputs: Iterable[Output], connection: str) -> list[Output]:
    """Return the outputs without what is addressed to one connection."""
    rest: list[Output] = []
    for output in outputs:
        if isinstance(output, Say):
            output = structs.replace(output, connections=tuple(c for c in output.connections if c != connection))
            if not output.connections:
                continue
        rest.append(output)
    return rest
