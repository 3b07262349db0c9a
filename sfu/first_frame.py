"""The first frame of a TCP connection on a port that media shares with something else. Sans-IO.

Laws:
- Media begins with a binding request of ICE in a frame (RFC 4571, RFC 8489): two bytes of length, no more than
  `LONGEST`. No request of HTTP and no hello of TLS begins with such a byte, so one byte tells them apart.
- Nothing is believed here: the plane verifies the request. Only the place is read from it, so that the connection
  gets to the plane that knows the password.
"""

from __future__ import annotations

import struct
from typing import Final

from sfu.errors import ProtocolError
from sfu.ice import place_of

LONGEST: Final = 1024
"""Of a request that the plane reads."""
MOST: Final = 8 << 10
"""Bytes that come before anybody answered."""
_HEAD: Final = 20
_BINDING_REQUEST: Final = 0x0001
_COOKIE: Final = 0x2112A442
_USERNAME: Final = 0x0006


def begins_frame(first: bytes) -> bool:
    """Whether what comes is a frame of media rather than HTTP or TLS."""
    return first[0] <= LONGEST >> 8


def addressed_place(first: bytes) -> int | None:
    """Which plane the first frame is for; None while more of it has to come. ProtocolError: for none."""
    if len(first) < 2:
        return None
    length = int.from_bytes(first[:2], "big")
    if not _HEAD <= length <= LONGEST or len(first) > MOST:
        raise ProtocolError("no_check", "the connection does not begin with a check of ICE")
    if len(first) < 2 + length:
        return None
    place = place_of(_username(first[2 : 2 + length]))
    if place is None:
        raise ProtocolError("no_check", "the check is for nobody here")
    return place


def _username(message: bytes) -> bytes:
    kind, length, cookie = struct.unpack_from("!HHI", message)
    if (kind, length, cookie) == (_BINDING_REQUEST, len(message) - _HEAD, _COOKIE):
        at = _HEAD
        while at + 4 <= len(message):
            kind, length = struct.unpack_from("!HH", message, at)
            if kind == _USERNAME:
                return message[at + 4 : at + 4 + length]
            at += 4 + (length + 3) // 4 * 4
    return b""
