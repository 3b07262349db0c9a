"""Who is in a room now, and how each of them is told of it. No I/O, no clock.

Laws: every change is told to those who may know of it as a numbered delta, so that a snapshot and the deltas after it
equal a fresh snapshot. Who is not in the room gets an error that says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from web.errors import StateError
from web.messages import RoomState
from web.room_news import News
from web.room_outputs import Changed, Output, Say
from web.room_view import Board, Mark, Member, view_room, viewer_of
from web.school.model import Meeting


class Assembly:
    """The people of one live meeting."""

    def __init__(self, meeting: Meeting, now: int) -> None:
        self.board = Board(meeting=meeting, started_at=now, members={}, hands={}, locked=meeting.locked)
        self.board.encrypted = meeting.encrypted
        self.news = News()

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

    @property
    def occupied(self) -> bool:
        """Whether anybody is inside; the lobby does not count."""
        return any(member.inside for member in self.members)

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

    def find(self, peer: str) -> Member | None:
        """Return a member, if there is one of this name."""
        return self.board.members.get(peer)

    def state(self, peer: str) -> RoomState:
        """Return the room as this peer may see it now."""
        member = self.inside(peer)
        viewer = viewer_of(self.board, member)
        return view_room(self.board, viewer, self.news.seqs.get(viewer, 0))

    def place_of(self, member: Member) -> str | None:
        """Return the group room where somebody belongs now; None: with all."""
        plan = self.board.groups
        if plan is None or member.grant.moderate:
            return member.visiting
        return plan.place(member.person.id)

    def inside(self, peer: str) -> Member:
        """Return a member inside; raise StateError for anybody else."""
        member = self.member(peer)
        if not member.inside:
            raise StateError("not_in_room", "this person is not in the room yet")
        return member

    def waiting_at(self, peer: str) -> Member:
        """Return a member who waits in the lobby; raise StateError for anybody else."""
        member = self.member(peer)
        if member.inside:
            raise StateError("state", "this person is in the room already")
        return member

    # --- telling ---

    def whose_view_changed(self, member: Member) -> list[Member]:
        """Somebody became or ceased to be a moderator: they see other things now, and families see them or not."""
        return [
            other
            for other in self.members
            if other.inside and (other is member or viewer_of(self.board, other).startswith("person:"))
        ]

    def show(self, members: Iterable[Member]) -> list[Output]:
        """Give these the whole room anew."""
        return [
            Say((member.connection,), "room:state", self.state(member.peer))
            for member in members
            if member.inside and member.connection is not None
        ]

    def tell(self, *marks: Mark, but: Collection[str] = ()) -> list[Output]:
        """Note a change; `flush` tells it. `but` get the whole room anyway."""
        return [Changed()] if self.news.note(self.board, marks, but) else []

    def flush(self) -> list[Say]:
        """Tell everybody concerned what has changed since the last time."""
        told = self.news.tell(self.board)
        return [Say(one.connections, "room:changed", one.message) for one in told if one.connections]
