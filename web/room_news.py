"""What changed in a room and was not told yet: changes that come together are told together. No I/O, no clock.

Laws: a change is noted for each class of viewers that may know of it, and shown as it is when it is told: of somebody
who came and moved and left in between, the end is told. Each telling has the next number of its class. Whoever got the
whole room meanwhile may hear of what it showed already: applying a change twice does no harm. If everybody of a class
has just got it, there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from web.messages import PeerLeft, RoomChange, RoomChanged
from web.room_view import Board, Mark, Member, Viewer, concerns, render, sees, viewer_of

Noted = Literal["joined", "changed", "room"]


class Told(Struct, frozen=True):
    """One message for these connections."""

    connections: tuple[str, ...]
    message: RoomChanged


class News:
    """One room's. `seqs`: the number of each class's last telling; `pending`: peers and aspects that changed since."""

    def __init__(self) -> None:
        self.seqs: dict[Viewer, int] = {}
        self.pending: dict[Viewer, dict[str, Noted]] = {}
        self._fresh: dict[Viewer, set[str]] = {}

    def note(self, board: Board, marks: Sequence[Mark], fresh: Collection[str]) -> bool:
        """Remember a change, if it concerns anybody; `fresh` are the peers that get the whole room anyway."""
        concerned = False
        for viewer in {viewer_of(board, member) for member in _inside(board)}:
            for mark in marks:
                if not concerns(viewer, mark):
                    continue
                concerned = True
                noted = self.pending.setdefault(viewer, {})
                self._fresh[viewer] = set(fresh)
                if mark.aspect not in ("joined", "changed", "left") or mark.member is None:
                    noted[f"#{mark.aspect}"] = "room"
                elif mark.aspect == "joined" or mark.member.peer not in noted:
                    noted[mark.member.peer] = "joined" if mark.aspect == "joined" else "changed"
        return concerned

    def tell(self, board: Board) -> list[Told]:
        """Return what is to be told now, to whom."""
        audiences: dict[Viewer, list[Member]] = {}
        for member in _inside(board):
            audiences.setdefault(viewer_of(board, member), []).append(member)
        pending, self.pending = self.pending, {}
        fresh, self._fresh = self._fresh, {}
        told = []
        for viewer, noted in pending.items():
            audience = [member for member in audiences.get(viewer, ()) if member.connection is not None]
            if all(member.peer in fresh.get(viewer, ()) for member in audience):
                continue
            self.seqs[viewer] = self.seqs.get(viewer, 0) + 1
            changes = list(_changes(board, viewer, noted))
            connections = tuple(str(member.connection) for member in audience)
            told.append(Told(connections, RoomChanged(self.seqs[viewer], changes)))
        return told


def _changes(board: Board, viewer: Viewer, noted: Mapping[str, Noted]) -> Iterable[RoomChange]:
    for key, what in noted.items():
        if what == "room":
            yield render(board, viewer, Mark(key.removeprefix("#")))  # type: ignore[arg-type]  # an aspect
            continue
        member = board.members.get(key)
        if member is None or not member.inside or not sees(viewer, member):
            yield PeerLeft(key)
        else:
            yield render(board, viewer, Mark(what, member))


def _inside(board: Board) -> Iterable[Member]:
    return (member for member in board.members.values() if member.inside)
