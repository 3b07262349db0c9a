"""What a client asks of a room that needs nothing but the room: one event, one method.

Laws: pure; time is an argument. An event that a room does not know is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from web import messages as wire
from web.errors import ProtocolError
from web.room_outputs import Left, Output
from web.room_state import Room


def carry_out(room: Room, now: int, peer: str, event: str, message: Struct) -> list[Output]:
    """Let the room do what this peer asks; return who is told what."""
    match event, message:
        case "room:leave", _:
            return quietly(room.leave(peer))
        case "room:hand", wire.RoomHand(raised):
            return room.hand(now, peer, raised)
        case "room:lower", wire.PeerOrAll(target):
            return room.lower(peer, target)
        case "room:reject", wire.PeerTarget(target):
            return room.reject(peer, target)
        case "room:remove", wire.PeerTarget(target):
            return room.remove(peer, target)
        case "room:mute", wire.PeerOrAll(target):
            return room.mute(peer, target)
        case "room:ask_unmute", wire.PeerTarget(target):
            return room.ask_unmute(peer, target)
        case "room:stage", wire.PeerOrAll(target):
            return room.set_stage(peer, target)
        case "room:lock", wire.RoomLock(locked):
            return room.lock(peer, locked)
        case _:
            raise ProtocolError("bad_message", "a room does not know this event")


def quietly(outputs: Sequence[Output]) -> list[Output]:
    """Return the outputs without freeing the seat: whoever asked for it knows, and may be sitting down again."""
    return [output for output in outputs if not isinstance(output, Left)]
