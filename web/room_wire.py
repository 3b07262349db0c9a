"""What workers say to each other about rooms.

Laws: both ends are this program in the same version; nothing here is shown to clients. A request travels as the
JSON that the client sent, and its ack as the JSON that the client gets: neither is decoded on the way.
"""

from __future__ import annotations

from msgspec import Struct

from web.errors import StateError
from web.school.model import Person


class Moved(StateError):
    """This worker does not own the room (any more)."""

    code = "moved"


class RoomCall(Struct, frozen=True):
    """A client's event on its way to the room's owner; `connection` is worker/sid."""

    meeting: str
    connection: str
    person: Person
    event: str
    body: bytes


class RoomAnswer(Struct, frozen=True):
    """The ack, as JSON."""

    body: bytes


class ToolCall(Struct, frozen=True):
    """WHIP or WHEP on its way to the room's owner."""

    meeting: str
    person: Person
    action: str  # publish, play, restart, hang_up
    peer: str = ""
    text: str = ""
    of: str | None = None


class ToolAnswer(Struct, frozen=True):
    peer: str
    text: str


class Alive(Struct, frozen=True):
    """The sockets that a worker still holds in rooms of the called owner, by meeting."""

    worker: str
    seats: dict[str, list[str]]


class Seat(Struct, frozen=True):
    """Which room a socket of this worker is in, and who owns it."""

    meeting: str
    owner: str
