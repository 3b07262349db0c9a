"""Who is recorded in a room: the recording that runs, who has agreed to it, and under which number. No I/O, no clock.

Laws: a recording begins with nobody; a person is recorded from their own word on, on all of their devices inside, until
they take it back or it ends. A number belongs to one device and is never given again: a word given anew begins a new
file. In the lobby nobody is recorded. Without anybody inside who may record it ends. An encrypted meeting has none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct, structs

from web.errors import AccessDenied, StateError
from web.messages import RecordingEnd, RecordingView
from web.room_outputs import Output
from web.room_state import Room
from web.room_view import Mark, Member


class Word(Struct, frozen=True, eq=False):
    """One yes, from when on; the same person's next one is another."""

    at: int


class Consents:
    """The words of one room's people to one recording at a time."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._agreed: dict[str, Word] = {}
        self._numbers = 0

    @property
    def running(self) -> RecordingView | None:
        """The recording that everybody sees."""
        return self._room.board.recording

    @property
    def agreed(self) -> Collection[str]:
        """The people who have agreed."""
        return self._agreed.keys()

    def runs(self, id: str) -> bool:
        """Whether it is this recording that runs."""
        return self.running is not None and self.running.id == id

    def check(self, peer: str) -> Member:
        """Return who may begin or end a recording here; raises AccessDenied, StateError."""
        member = self._room.inside(peer)
        if not member.grant.record:
            raise AccessDenied("not_allowed", "only who leads the meeting can record it, and not every meeting")
        if self._room.board.encrypted:
            raise StateError("recording_encrypted", "an end-to-end encrypted meeting cannot be recorded")
        groups = self._room.board.groups
        if groups is not None and groups.working:
            raise StateError("state", "groups are never recorded")
        return member

    def start(self, now: int, id: str, by: Member) -> list[Output]:
        """It runs from now on, with nobody."""
        self._agreed, self._numbers = {}, 0
        self._room.board.records = {}
        return self._show(RecordingView(id, now, by.person.name, [], False))

    def agree(self, now: int, peer: str, id: str) -> str:
        """Somebody inside agrees; return the person. StateError if that recording does not run."""
        member = self._speaker(peer, id)
        self._agreed.setdefault(member.person.id, Word(now))
        return member.person.id

    def withdraw(self, peer: str, id: str) -> tuple[str, list[int], list[Output]]:
        """Somebody takes back their word, or never gave it: the person, the numbers that end, and who is told."""
        person = self._speaker(peer, id).person.id
        self._agreed.pop(person, None)
        return (person, *self._release([peer for peer in self._recorded() if self._person(peer) == person]))

    def due(self) -> list[tuple[Member, int, Word]]:
        """Devices inside whose people agreed and that have no number yet: each with a number for it, and the word."""
        found = []
        for member in self._room.members:
            word = self._agreed.get(member.person.id)
            if self.running and member.inside and word is not None and member.peer not in self._room.board.records:
                self._numbers += 1
                found.append((member, self._numbers, word))
        return found

    def enrol(self, member: Member, number: int, word: Word) -> list[Output]:
        """The rows are there: record this device, unless its word, its place or the recording is gone meanwhile."""
        board = self._room.board
        if not self.running or self._agreed.get(member.person.id) is not word or member.peer in board.records:
            return []  # whoever took it back and agreed anew gets the next number: this one may be erased
        if board.members.get(member.peer) is not member or not member.inside:
            return []
        board.records[member.peer] = number
        return self._show_peers()

    def gone(self) -> tuple[list[int], list[Output]]:
        """Devices that left the room: the numbers that end, and who is told."""
        return self._release([peer for peer in self._recorded() if self._room.find(peer) is None])

    def leaderless(self) -> bool:
        """Whether it runs and nobody inside may end it."""
        return self.running is not None and not any(
            member.inside and member.grant.record for member in self._room.members
        )

    def gaps(self) -> list[Output]:
        """The disk was too slow."""
        running = self.running
        return [] if running is None or running.gaps else self._show(structs.replace(running, gaps=True))

    def stop(self, reason: RecordingEnd) -> list[Output]:
        """Nobody is recorded any more."""
        if self.running is None:
            return []
        self._agreed = {}
        self._room.board.records = {}
        self._room.board.recording_ended = reason
        return self._show(None)

    # --- inner workings ---

    def _speaker(self, peer: str, id: str) -> Member:
        member = self._room.inside(peer)
        if not self.runs(id):
            raise StateError("state", "this recording does not run")
        return member

    def _recorded(self) -> list[str]:
        return list(self._room.board.records)

    def _person(self, peer: str) -> str | None:
        member = self._room.find(peer)
        return None if member is None else member.person.id

    def _release(self, peers: Sequence[str]) -> tuple[list[int], list[Output]]:
        numbers = [self._room.board.records.pop(peer) for peer in peers]
        return numbers, self._show_peers() if numbers else []

    def _show_peers(self) -> list[Output]:
        assert self.running is not None
        return self._show(structs.replace(self.running, peers=list(self._room.board.records)))

    def _show(self, view: RecordingView | None) -> list[Output]:
        self._room.board.recording = view
        return self._room.tell(Mark("recording"))
