"""The usual update, judged in a fifth of the time: some letters typed next to others.

Laws: `place_keystroke` answers only where the long way (`codec.py`, `outline.py`) would give the very same placement;
at the least doubt it says None, and the long way decides, and refuses what must be refused. A keystroke is one part of
one client, exactly the next one, of ASCII letters, with neighbours that are there and in one list; it deletes nothing,
and nowhere in the document is a surrogate pair that it could cut.
"""

from __future__ import annotations

from .codec import MAX_CLOCK
from .outline import Home, Outline, Placed, Placement

_TEXT_AFTER, _TEXT_BETWEEN = 0x84, 0xC4  # a string with a left neighbour, or with both
_MOST = 120  # bytes of text, so that its length is one byte


def place_keystroke(data: bytes, outline: Outline) -> Placement | None:
    """Return where the letters go; None if this is anything but a keystroke that fits."""
    if data[:2] != b"\x01\x01" or data[-1] != 0 or outline.pairs:
        return None
    try:
        client, position = _uint(data, 2)
        clock, position = _uint(data, position)
        kind = data[position]
        if kind not in (_TEXT_AFTER, _TEXT_BETWEEN):
            return None
        left, position = _uint(data, position + 1)
        left_clock, position = _uint(data, position)
        place = _place(outline, left, left_clock)
        if kind == _TEXT_BETWEEN:
            right, position = _uint(data, position)
            right_clock, position = _uint(data, position)
            if place != _place(outline, right, right_clock):
                return None
        length = data[position]
    except IndexError:
        return None
    text = data[position + 1 : -1]
    end = clock + length
    if place is None or not 0 < length == len(text) <= _MOST or not text.isascii() or end > MAX_CLOCK:
        return None
    if outline.state(client) != clock:
        return None
    return Placement((Placed(client, clock, end, place[0], False, (), place[1]),))


def _uint(data: bytes, position: int) -> tuple[int, int]:
    value = data[position]
    position += 1
    if value < 0x80:
        return value, position
    value &= 0x7F
    for shift in range(7, 49, 7):
        part = data[position]
        position += 1
        value |= (part & 0x7F) << shift
        if part < 0x80:
            return value, position
    raise IndexError


def _place(outline: Outline, client: int, clock: int) -> tuple[int, Home] | None:
    """Return how deep and in whose list an id stands; None if it is not there, or stands in none."""
    runs = outline.runs.get(client)
    if runs is None or clock >= runs.end:
        return None
    place = runs.place(clock)
    return None if place[1] is None else place
