"""Where a formula's references lie: ids of a document counted, ends fitted to a table's size, and how far they reach.

Laws: what points at nothing any more is #REF!; a range may end at the edge of the table, a single cell lies inside it
or the formula is none.
"""

from __future__ import annotations

from typing import Final

from .formulas import Mark, Ref, Token, build_stored
from .places import Places

_GROW: Final = 50
"""A reference may reach so many rows or columns beyond what is filled; a table gets them."""


def counted(tokens: list[Token], places: Places) -> str:
    """Return a stored formula with the ids of a document replaced by counted ones; what is deleted is #REF!."""
    return build_stored([_counted(token, places) if token.kind == "ref" else token for token in tokens])


def _counted(token: Token, places: Places) -> Token:
    first, last = token.ends[0], token.ends[-1]
    cols = places.columns.span(_line(first.col), _line(last.col))
    rows = places.rows.span(_line(first.row), _line(last.row))
    if cols is None or rows is None:
        return Token("fault", "#REF!")
    ends = []
    for end, at in zip(token.ends, (0, 1), strict=False):
        col = end.col and Mark(f"c{cols[at] + 1}", end.col.fixed)
        row = end.row and Mark(f"r{rows[at] + 1}", end.row.fixed)
        ends.append(Ref(col, row))
    return Token("ref", "", tuple(ends))


def _line(mark: Mark | None) -> str | None:
    return None if mark is None else mark.line


def fitted(tokens: list[Token], height: int, width: int) -> list[Token] | None:
    """Return a file's formula for a table of a size: far ends of ranges are its edge; None: it points outside."""
    found = []
    for token in tokens:
        first, *rest = token.ends or (Ref(None, None),)
        edges = [Ref(_edge(end.col, "c", width), _edge(end.row, "r", height)) for end in rest]
        ends = (first, *edges) if token.kind == "ref" else ()
        if any(_beyond(end.col, width) or _beyond(end.row, height) for end in ends):
            return None
        found.append(Token(token.kind, token.text, ends))
    return found


def _edge(mark: Mark | None, letter: str, size: int) -> Mark | None:
    return mark if mark is None or not _beyond(mark, size) else Mark(f"{letter}{size}", mark.fixed)


def _beyond(mark: Mark | None, size: int) -> bool:
    return mark is not None and int(mark.line[1:]) > size


def reach(tokens: list[Token], height: int, width: int) -> tuple[int, int]:
    """Return the size a table needs so that single cells a little beyond it are there."""
    for token in tokens:
        for end in token.ends[:1]:
            row, col = (0 if mark is None else int(mark.line[1:]) for mark in (end.row, end.col))
            height = row if height < row <= height + _GROW else height
            width = col if width < col <= width + _GROW else width
    return height, width
