"""A document's updates read into plain tables and decks: the opposite of the seeds in `collab/schema.py`.

Laws: reading is total, as in the browser: what a foreign client wrote wrongly is shown as absent, never an error.
Ids, positions and what is deleted stay behind; order is kept. A formula comes with the value that somebody's client
computed, if it was sent along: computing is not done here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeGuard, cast

from msgspec import Struct
from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from ..schema import Box, Cell, Column, Formula, Row, Slide, plain_text
from .formulas import stored_tokens
from .pictures import Picture, read_pictures
from .places import Lines, Places
from .references import counted

WIDTH: Final = 120
_WIDTHS: Final = (48, 800)
_FORMATS: Final = ("", "text", "0", "0.0", "0.00", "0.000", "%")
_COLORS: Final = ("chalk", "mark", "chalk-red", "chalk-blue", "board")
_KINDS: Final = ("title", "text", "image", "rect", "ellipse", "line")
_NOTHING: Final[Mapping[Any, Any]] = {}
Values = Mapping[tuple[str, str], "str | int | float | bool"]


class Table(Struct, frozen=True):
    """What a table shows, row by row; every row has a cell for every column."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


class Deck(Struct, frozen=True):
    """What a deck shows, slide by slide."""

    slides: tuple[Slide, ...]
    pictures: Mapping[str, Picture] = {}


def open_document(updates: Iterable[bytes]) -> Doc[Map[Any]]:
    """Return a document made of a snapshot and what came after it."""
    doc: Doc[Map[Any]] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc


def kind_of(doc: Doc[Map[Any]]) -> Literal["deck", "table"]:
    """Tell what a document is; one that does not say is a table, as in the browser."""
    return "deck" if doc.get("meta", type=Map).get("kind") == "deck" else "table"


def read_table(doc: Doc[Map[Any]], values: Values = _NOTHING) -> Table:
    """Return what a table shows; `values` are those of its formulas, by row and column."""
    columns, rows, dead = (_plain(doc.get(name, type=Map)) for name in ("cols", "rows", "dead"))
    column_ids, row_ids = _ordered(columns, dead), _ordered(rows, dead)
    places = Places(Lines(row_ids, rows, dead), Lines(column_ids, columns, dead))

    def cell(row: str, column: str) -> Cell:
        found = _cell(rows[row].get(column))
        if not isinstance(found, str):
            return found
        if not found.startswith("="):
            return plain_text(found)
        tokens = stored_tokens(found)
        return found if tokens is None else Formula(counted(tokens, places), values.get((row, column)))

    return Table(
        tuple(_column(columns[key]) for key in column_ids),
        tuple(Row(tuple(cell(key, column) for column in column_ids), rows[key].get("#") == "head") for key in row_ids),
    )


def _plain(root: Map[Any]) -> Mapping[str, Any]:
    return root.to_py() or _NOTHING


def _ordered(shapes: Mapping[str, Any], dead: Mapping[str, Any]) -> list[str]:
    alive = [key for key, shape in shapes.items() if isinstance(shape, dict) and key not in dead]
    return sorted(
        (key for key in alive if isinstance(shapes[key].get("!"), str)), key=lambda key: (shapes[key]["!"], key)
    )


def _column(shape: Mapping[str, Any]) -> Column:
    width, name = shape.get("w"), shape.get("name")
    low, high = _WIDTHS
    return Column(
        round(min(high, max(low, width))) if _is_number(width) else WIDTH,
        _one_of(_FORMATS, shape.get("fmt")),
        clean(name) if isinstance(name, str) else "",
    )


def _cell(value: object) -> str | int | float | bool | None:
    if isinstance(value, str):
        return clean(value) or None
    if isinstance(value, bool):
        return value
    return value if _is_number(value) else None


def trimmed(table: Table) -> Table:
    """Return a table without the empty rows and nameless empty columns at its end; one of each stays."""
    height = max((at for at, row in enumerate(table.rows, 1) if any(cell is not None for cell in row.cells)), default=1)
    widths = (at for row in table.rows for at, cell in enumerate(row.cells, 1) if cell is not None)
    named = (at for at, column in enumerate(table.columns, 1) if column.name)
    width = max((*widths, *named, 1))
    return Table(table.columns[:width], tuple(Row(row.cells[:width], row.head) for row in table.rows[:height]))


def read_deck(doc: Doc[Map[Any]], pictures: Mapping[str, bytes] = _NOTHING) -> Deck:
    """Return what a deck shows; `pictures` by their content hash."""
    slides = doc.get("slides", type=Map)
    return Deck(tuple(_slide(slide) for slide in _sorted(slides, "!")), read_pictures(pictures))


def _sorted(parent: object, key: str) -> list[Map[Any]]:
    if not isinstance(parent, Map):
        return []
    found = [(shape[key], name, shape) for name, shape in parent.items() if isinstance(shape, Map) and key in shape]
    placed = [one for one in found if isinstance(one[0], str)]
    return [shape for _, _, shape in sorted(placed, key=lambda one: one[:2])]


def _slide(shape: Map[Any]) -> Slide:
    boxes = (_box(element) for element in _sorted(shape.get("els"), "z"))
    return Slide(
        tuple(box for box in boxes if box is not None),
        "paper" if shape.get("bg") == "paper" else "board",
        _lines(shape.get("notes")),
    )


def _box(shape: Map[Any]) -> Box | None:
    kind, at = _one_of(_KINDS, shape.get("k")), _geometry(shape.get("g"))
    if not kind or at is None:
        return None
    alt, src = shape.get("alt"), shape.get("src")
    return Box(
        cast(Any, kind),
        at,
        _lines(shape.get("body")),
        _one_of(_COLORS, shape.get("color")),
        _one_of(("s", "m", "l", "xl"), shape.get("size")),
        _one_of(("start", "center", "end"), shape.get("align")),
        _one_of(_COLORS, shape.get("fill")),
        clean(alt) if isinstance(alt, str) else "",
        src if isinstance(src, str) else "",
    )


def _geometry(value: object) -> tuple[float, float, float, float, float] | None:
    if not isinstance(value, Sequence) or isinstance(value, str) or not 4 <= len(value) <= 5:
        return None
    if not all(_is_number(number) and abs(number) < 1e6 for number in value):
        return None
    x, y, width, height, *turn = map(float, value)
    return (x, y, max(1.0, width), max(1.0, height), turn[0] if turn else 0.0)


def _lines(fragment: object) -> tuple[str, ...]:
    if not isinstance(fragment, XmlFragment):
        return ()
    return tuple(_text(child) for child in fragment.children)


def _text(node: XmlElement | XmlText | XmlFragment) -> str:
    parts = [node] if isinstance(node, XmlText) else [child for child in node.children if isinstance(child, XmlText)]
    pieces = (piece for part in parts for piece, _ in part.diff())
    return clean("".join(piece for piece in pieces if isinstance(piece, str)))


def clean(text: str) -> str:
    """Return a text without what no file may hold: controls, and halves of characters."""
    if text.isprintable():
        return text
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in kept if char in "\n\t" or (ord(char) >= 32 and not _is_unfit(ord(char))))


def _is_unfit(code: int) -> bool:
    return 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _one_of(allowed: Iterable[str], value: object) -> str:
    return next((name for name in allowed if name == value), "")
