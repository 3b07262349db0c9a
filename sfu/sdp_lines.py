"""An SDP text as lines: of the session and of each m-line, the attributes by their names. Sans-IO.

Laws: `split_lines` is total: it returns the lines or raises ProtocolError `sdp_syntax`, `sdp_too_many` or `too_large`.
Bytes, lines, a line's length and m-lines are bounded here; what a line means is not known here (`sdp.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from sfu.errors import ProtocolError

MAX_BYTES: Final = 64 * 1024
MAX_LINES: Final = 4000
MAX_LINE: Final = 2048
MAX_MEDIA: Final = 64
MAX_PER_MEDIA: Final = 128

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

_DIRECTIONS: Final[dict[str, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "sendonly",
    "recvonly": "recvonly",
    "inactive": "inactive",
}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class Lines:
    """The lines of the session part or of one m-line: attributes by name, in order."""

    def __init__(self, media: str = "") -> None:
        self.media = media
        self.attributes: dict[str, list[str]] = {}

    def first(self, name: str) -> str | None:
        """The first attribute of this name."""
        values = self.attributes.get(name)
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        """All of this name; ProtocolError `sdp_too_many`."""
        values = self.attributes.get(name, [])
        if len(values) > MAX_PER_MEDIA:
            raise ProtocolError("sdp_too_many", f"more than {MAX_PER_MEDIA} lines a={name} in one m-line")
        return values

    def direction(self) -> Direction | None:
        """Which way, if it says so."""
        return next((_DIRECTIONS[name] for name in self.attributes if name in _DIRECTIONS), None)


def split_lines(text: str) -> tuple[str, Lines, list[Lines]]:
    """What names the remote's connection (of o=), the session's lines, and those of each m-line."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ProtocolError("too_large", f"an offer is at most {MAX_BYTES} bytes")
    text = text.replace("\r\n", "\n").rstrip("\n")
    if _CONTROL.search(text):
        raise ProtocolError("sdp_syntax", "an offer holds no control characters")
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise ProtocolError("sdp_too_many", f"an offer has at most {MAX_LINES} lines")
    if lines[0] != "v=0":
        raise ProtocolError("sdp_syntax", "an offer begins with v=0")
    origin = ""
    session = current = Lines()
    media: list[Lines] = []
    for line in lines:
        if len(line) > MAX_LINE or line[1:2] != "=":
            raise ProtocolError("sdp_syntax", "a line is not of the form x=value")
        kind, value = line[0], line[2:]
        if kind == "m":
            if len(media) == MAX_MEDIA:
                raise ProtocolError("sdp_too_many", f"an offer has at most {MAX_MEDIA} m-lines")
            current = Lines(value)
            media.append(current)
        elif kind == "a":
            name, _, argument = value.partition(":")
            current.attributes.setdefault(name, []).append(argument)
        elif kind == "o":
            origin = " ".join(value.split(" ")[:2])
    return origin, session, media


def pairs(values: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    """The first word of each value, a space, and the rest."""
    return (value.partition(" ") for value in values)


def parse_number(text: str, maximum: int) -> int:
    """Read a decimal number; ProtocolError `sdp_syntax`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) > maximum:
        raise ProtocolError("sdp_syntax", f"{text[:16]!r} is not a number up to {maximum}")
    return int(text)
