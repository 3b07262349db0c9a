"""How slides look on paper and in other programs: the colours and sizes of the client's deck/paint.ts and tokens.css.

A slide is 1600 x 900 units; a unit is 0.6 pt on a slide of 13.33 x 7.5 inches, the wide format of every program.
"""

from __future__ import annotations

from typing import Final

from ..schema import Box, Slide

WIDTH: Final = 1600
HEIGHT: Final = 900
POINT: Final = 0.6
"""Points of a unit."""
EDGE: Final = 4
"""Width of edges and lines in units."""
CORNER: Final = 9.6
"""Radius of a rectangle's corners in units."""
_SIZES: Final = {"s": 28, "m": 40, "l": 56, "xl": 72}
_LINES: Final = {"title": 1.15}
_GROUND: Final = {"board": "1e4a3b", "paper": "ffffff"}
_INK: Final = {
    "board": {"chalk": "f6f3e7", "mark": "f4d35e", "chalk-red": "f5b3a3", "chalk-blue": "a9d3ee", "board": "c3d2c8"},
    "paper": {"chalk": "18241f", "mark": "7d4e00", "chalk-red": "a8231b", "chalk-blue": "1d5680", "board": "1e4a3b"},
}
_AREA: Final = {
    "chalk": "f6f3e7",
    "mark": "f4d35e",
    "chalk-red": "f5b3a3",
    "chalk-blue": "a9d3ee",
    "board": "1e4a3b",
}


def ground(slide: Slide) -> str:
    """Return a slide's colour, six hexadecimal digits as all colours here."""
    return _GROUND[slide.bg]


def ink(box: Box, slide: Slide) -> str:
    """Return the colour of letters, edges and lines."""
    return _INK[slide.bg][box.color or "chalk"]


def area(box: Box) -> str | None:
    """Return the colour of what is inside an edge, None when the slide shows through."""
    return _AREA.get(box.fill)


def has_edge(box: Box) -> bool:
    """Tell whether an edge is seen: what is filled and has no colour of its own has none."""
    return bool(box.color or not box.fill)


def letters(box: Box) -> int:
    """Return the size of letters in units."""
    return _SIZES[box.size or ("l" if box.kind == "title" else "m")]


def side(box: Box) -> str:
    """Return where lines begin: "start", "center" or "end"; start is right for a line that runs from there."""
    return box.align or "start"


def line_height(box: Box) -> float:
    """Return the distance of two lines in units."""
    return letters(box) * _LINES.get(box.kind, 1.4)


def is_text(box: Box) -> bool:
    """Tell whether a box holds text."""
    return box.kind in ("title", "text")


def is_blank(box: Box) -> bool:
    """Tell whether a box of text has nothing to show."""
    return is_text(box) and not any(line.strip() for line in box.lines)


def title_of(slide: Slide) -> Box | None:
    """Return the box that names a slide."""
    return next((box for box in slide.boxes if box.kind == "title" and not is_blank(box)), None)


def caption(box: Box) -> Box:
    """Return the words that stand for a picture."""
    return Box("text", box.at, (box.alt,), box.color, "s", "center")
