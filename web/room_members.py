"""Coming to a room and leaving it: joining, waiting in the lobby, losing the connection, coming back. No I/O, no clock.

Laws: people in the lobby are told nothing of the room. Who loses the connection keeps the place for 30 s: the same
person with the same client key takes it again. Rights that were read anew act at once, and what stood on a lost right
ends with it. Times are milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import structs

from web.errors import AccessDenied, Overloaded, StateError
from web.messages import CloseReason, RoomClosed, RoomGrant, RoomJoined
from web.room_assembly import Assembly
from web.room_outputs import Arrival, Forget, Left, Output, Say
from web.room_view import Mark, Member, build_grant
from web.school.model import Grant, Meeting

KEEP_PLACE_MS = 30_000
MAX_MEMBERS = 300
MAX_ENCRYPTED = 64  # each sends a new key to all others whenever somebody leaves
MAX_DEVICES = 6


class Members(Assembly):
    """The coming and going of one live meeting."""

    def __init__(self, meeting: Meeting, now: int) -> None:
        super().__init__(meeting, now)
        self.welcome: set[str] = set()
        self.sent_away: set[str] = set()

    def next_deadline(self) -> int | None:
        """Return when `tick` has something to do, if ever."""
        moments = [member.away_since + KEEP_PLACE_MS for member in self.members if member.away_since is not None]
        moments += [member.person.ticket.expires_at for member in self.members if member.person.ticket is not None]
        return min(moments, default=None)

    # --- coming and going ---

    def join(self, now: int, arrival: Arrival, grant: Grant) -> tuple[RoomJoined, list[Output]]:
        """Let somebody in, to the lobby, or back to the place they had. Raises AccessDenied, StateError, Overloaded."""
        if grant.admission == "no":
            raise AccessDenied(text="there is no such meeting")
        if self.board.meeting.cancelled:
            raise StateError("cancelled", "this meeting does not take place")
        if self.board.meeting.ended and not grant.moderate:
            raise StateError("ended", "this meeting was ended for all")
        if self.board.encrypted and not arrival.encrypts:
            raise StateError(
                "encrypted", "this meeting is end-to-end encrypted, and this client cannot take part in it"
            )
        place = self._place_of(arrival)
        if place is not None:
            return self._resume(place, arrival, grant)
        devices = sum(member.person.id == arrival.person.id for member in self.members)
        most = MAX_ENCRYPTED if self.board.encrypted else MAX_MEMBERS
        if devices >= MAX_DEVICES or len(self.board.members) >= most:
            raise Overloaded("overloaded", "the room is full")
        member = Member(arrival.peer, arrival.person, grant, arrival.client, arrival.connection, now)
        self.board.members[member.peer] = member
        if self._must_wait(member):
            return self._joined(member), self.tell(Mark("lobby"))
        outputs = self._enter(member)
        return self._joined(member), outputs

    def dropped(self, now: int, peer: str, connection: str) -> list[Output]:
        """The connection broke; the place is kept for a while."""
        member = self.board.members.get(peer)
        if member is None or member.connection != connection:
            return []
        member.connection = None
        member.away_since = now
        return self.tell(Mark("changed", member)) if member.inside else []

    def tick(self, now: int) -> list[Output]:
        """Give up the places of those who did not come back, and of those whose ticket's time is over."""
        outputs: list[Output] = []
        for member in list(self.members):
            ticket = member.person.ticket
            if ticket is not None and ticket.expires_at <= now:
                outputs += self.leave(member.peer, "no_right")
            elif member.away_since is not None and member.away_since + KEEP_PLACE_MS <= now:
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
        shown = self.board.presenting
        if shown is not None and shown.peer == peer:
            heir = self._other_window(member)
            self.board.presenting = None if heir is None else structs.replace(shown, peer=heir.peer)
            marks.append(Mark("presenting", member))
        if self.board.stage == peer:
            self.board.stage = None
            marks.append(Mark("stage", member))
        del self.board.members[peer]
        outputs.append(Left(peer, member.connection))
        return outputs + self._forget(member) + self.tell(*marks)

    def close(self, reason: CloseReason) -> list[Output]:
        """Take everybody out."""
        connected = tuple(member.connection for member in self.members if member.connection is not None)
        outputs: list[Output] = [Say(connected, "room:closed", RoomClosed(reason))] if connected else []
        outputs += [Left(member.peer, member.connection) for member in self.members]
        self.board.members.clear()
        self.news.pending.clear()
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
                return [*self.let_in(member)]
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
        anew: list[Member] = []
        if old.moderate != grant.moderate:
            member.visiting = None
            elsewhere, member.group = member.group, self.place_of(member)
            moved = elsewhere != member.group
            anew = [other for other in self.members if other.inside] if moved else self.whose_view_changed(member)
        outputs += self.tell(*marks, but={other.peer for other in anew})
        return outputs + self.show(anew)

    # --- inner workings ---

    def _other_window(self, member: Member) -> Member | None:
        """Where the same person is in the room once more: a new tab after a crash goes on with the lesson."""
        for other in self.members:
            same = other.person.id == member.person.id and other.peer != member.peer
            if same and other.inside and other.connection is not None and other.grant.present:
                return other
        return None

    def _place_of(self, arrival: Arrival) -> Member | None:
        for member in self.members:
            if arrival.client and member.client == arrival.client and member.person.id == arrival.person.id:
                return member
        return None

    def _must_wait(self, member: Member) -> bool:
        person = member.person.id
        if member.grant.moderate or person in self.welcome:
            return False
        return person in self.sent_away or member.grant.admission == "lobby" or self.board.locked

    def _resume(self, member: Member, arrival: Arrival, grant: Grant) -> tuple[RoomJoined, list[Output]]:
        outputs: list[Output] = []
        if member.connection is not None and member.connection != arrival.connection:
            outputs.append(Say((member.connection,), "room:closed", RoomClosed("replaced")))
            outputs.append(Left("", member.connection))
        member.person = arrival.person
        member.connection = arrival.connection
        member.away_since = None
        if member.inside:
            outputs += self.tell(Mark("changed", member))
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
        self.welcome.add(member.person.id)
        member.inside, member.group = True, self.place_of(member)
        self.board.members[member.peer] = self.board.members.pop(member.peer)  # the order is that of entering
        return self.tell(Mark("joined", member), *marks, but=(member.peer,))

    def let_in(self, member: Member) -> list[Output]:
        outputs = self._enter(member, Mark("lobby"))
        if member.connection is not None:
            outputs.append(Say((member.connection,), "room:admitted", self._joined(member)))
        return outputs

    def _forget(self, member: Member) -> list[Output]:
        """A family that left its consultation is not let in again by itself: the next one may be inside."""
        person = member.person.id
        others = any(other.person.id == person for other in self.members)
        if self.meeting.kind != "consultation" or member.grant.moderate or others or person not in self.welcome:
            return []
        self.welcome.discard(person)
        return [Forget(person)]


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
