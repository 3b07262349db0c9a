"""A whole live room as one value, on its way from the worker that leaves to the one that goes on.

Laws: `room_of(copy_of(room))` shows everybody exactly what `room` showed, under the same numbers; whatever a room
remembers is in the copy. Connections are named by worker and socket, so they are good wherever the room is.
"""

from __future__ import annotations

from msgspec import Struct

from web.room_news import Noted
from web.room_state import Room
from web.room_view import Board, Viewer


class RoomCopy(Struct, frozen=True):
    """Everything a `Room` holds."""

    board: Board
    seqs: dict[Viewer, int]
    pending: dict[Viewer, dict[str, Noted]]
    welcome: set[str]
    sent_away: set[str]


def copy_of(room: Room) -> RoomCopy:
    """Return the room as it is now; encode it before the room changes again."""
    return RoomCopy(room.board, room.news.seqs, room.news.pending, room.welcome, room.sent_away)


def room_of(copy: RoomCopy) -> Room:
    """Return the room that was copied."""
    room = Room(copy.board.meeting, copy.board.started_at)
    room.board, room.news.seqs, room.news.pending = copy.board, copy.seqs, copy.pending
    room.welcome, room.sent_away = copy.welcome, copy.sent_away
    return room
