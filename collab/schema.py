"""The shapes of decks and tables inside a Yjs document, and how a new one is seeded.

The twin of this file is web/client/src/documents/schema.ts.
Everything is last-writer-wins per key; what must change together is one key. Root types:

    meta: Map{ kind: "deck"|"table", v: 1 }                          both kinds

    Table
    rows: Map<rowId, Map{ "!": pos, "#"?: "head", [colId]: cell }>   a row's Map is made once, in its insert
    cols: Map<colId, Map{ "!": pos, w: px, fmt: format, name?: text }>   without a name a column shows only its letter
    dead: Map<rowId | colId, pos>                                    soft-deleted; what they held stays until swept
      cell    string | number | boolean; absent = empty; a string that starts with "=" is a formula with ids, English
              names, commas and points: "=SUM({c1.r1}:{$c1.$r5})" is {colId.rowId}, "$" before what a copy keeps;
              {c1.} is a whole column, {.r1} a whole row; computed values are never stored; a text that starts with
              "=" stands behind one more apostrophe ("'=x" is the text "=x", "''=x" is "'=x")
      format  "" (as typed) | "text" | "0" | "0.0" | "0.00" | "0.000" | "%"
      "#"     "head": a heading row

    Deck
    slides: Map<slideId, Map{ "!": pos, bg: "board"|"paper",
                              els: Map<elId, Map>, ink: Map<strokeId, stroke>, notes: XmlFragment }>
      element { k, g, z, color?, size?, align?, fill?, src?, alt?, body? }
        k      "title" | "text" | "image" | "rect" | "ellipse" | "line"
        g      [x, y, w, h, rot]: units of a 1600 x 900 slide, rot in degrees clockwise around the middle; one key
        z      pos: drawing order, also reading order
        color  ink of text, edge of shapes: "chalk" | "mark" | "chalk-red" | "chalk-blue" | "board"; absent: by bg
        fill   the same names, or "" for none
        size   "s" | "m" | "l" | "xl" (28, 40, 56, 72 units); absent: title "l", text "m"
        align  "start" | "center" | "end"; absent "start"
        src    image: content hash of an upload; alt: text read aloud
        body   title and text: XmlFragment of <paragraph> elements holding one XmlText each
      stroke  plain JSON {c: color, w: width, p: [x, y, pressure, x, y, pressure, ...]}

Ids match [A-Za-z0-9]{1,24}, are random and never reused. Order is by (pos, id), both compared by code unit. A pos is
a fraction in base 62 written without "0." (digits 0-9A-Za-z, never empty, never ending in "0"); `position_between`
makes one, with jitter, so that two people who insert at the same place do not interleave.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct
from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

SEED_CLIENT = 1
"""The client id that seeds carry; bound to the server, so nobody can write under it."""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Kind = Literal["deck", "table", "scratch"]


class Formula(Struct, frozen=True):
    """A formula as it is stored, and what it gave when somebody last looked; that is never stored."""

    text: str
    value: str | int | float | bool | None = None


Cell = str | int | float | bool | Formula | None


class Box(Struct, frozen=True):
    """One element of a slide; `lines` become paragraphs."""

    kind: Literal["title", "text", "image", "rect", "ellipse", "line"]
    at: tuple[float, float, float, float, float]
    lines: tuple[str, ...] = ()
    color: str = ""
    size: str = ""
    align: str = ""
    fill: str = ""
    alt: str = ""
    src: str = ""


class Slide(Struct, frozen=True):
    """One slide of a seed."""

    boxes: tuple[Box, ...]
    bg: Literal["board", "paper"] = "board"
    notes: tuple[str, ...] = ()


class Column(Struct, frozen=True):
    """One column of a seed; the width is in CSS pixels."""

    width: int = 120
    fmt: str = ""
    name: str = ""


class Row(Struct, frozen=True):
    """One row of a seed; None leaves a cell empty."""

    cells: tuple[Cell, ...]
    head: bool = False


def position_between(low: str | None, high: str | None, random: Callable[[], float]) -> str:
    """Return a position strictly between two others; None is the open end. `random` yields [0, 1)."""
    digits: list[int] = []
    bounded_above = high is not None
    index = 0
    while True:
        floor = DIGITS.index(low[index]) if low is not None and index < len(low) else 0
        ceiling = DIGITS.index(high[index]) if bounded_above and high is not None and index < len(high) else len(DIGITS)
        if ceiling - floor > 1:
            digits.append(floor + 1 + int(random() * (ceiling - floor - 1)))
            return "".join(DIGITS[digit] for digit in digits)
        digits.append(floor)
        if ceiling > floor:
            bounded_above = False
        index += 1


def even_positions(count: int) -> list[str]:
    """Return `count` ascending positions with equal room between them (two digits each, more when they are many)."""
    digits = 2
    while len(DIGITS) ** digits < 2 * (count + 1):
        digits += 1
    step = len(DIGITS) ** digits // (count + 1)
    return [_written(step * (index + 1), digits) for index in range(count)]


def _written(value: int, digits: int) -> str:
    if value % len(DIGITS) == 0:
        value += 1
    written = ""
    for _ in range(digits):
        value, digit = divmod(value, len(DIGITS))
        written = DIGITS[digit] + written
    return written


def deck_seed(slides: Sequence[Slide]) -> bytes:
    """Return the update that makes a new document this deck; the same input gives the same bytes."""
    doc: Doc[Map[object]] = Doc(client_id=SEED_CLIENT)
    with doc.transaction():
        _write_meta(doc, "deck")
        root = doc.get("slides", type=Map)
        for number, (slide, position) in enumerate(zip(slides, even_positions(len(slides)), strict=True), 1):
            _write_slide(root, f"s{number}", slide, position)
    return bytes(doc.get_update())


def table_seed(columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    """Return the update that makes a new document this table, with columns c1.. and rows r1.. in order."""
    doc: Doc[Map[object]] = Doc(client_id=SEED_CLIENT)
    with doc.transaction():
        _write_meta(doc, "table")
        column_root = doc.get("cols", type=Map)
        row_root = doc.get("rows", type=Map)
        doc.get("dead", type=Map)
        for number, (column, position) in enumerate(zip(columns, even_positions(len(columns)), strict=True), 1):
            name = {"name": column.name} if column.name else {}
            column_root[f"c{number}"] = Map({"!": position, "w": column.width, "fmt": column.fmt, **name})
        for number, (row, position) in enumerate(zip(rows, even_positions(len(rows)), strict=True), 1):
            head = {"#": "head"} if row.head else {}
            cells = {f"c{index}": stored_cell(cell) for index, cell in enumerate(row.cells, 1) if cell is not None}
            row_root[f"r{number}"] = Map({"!": position, **head, **cells})
    return bytes(doc.get_update())


def stored_cell(cell: Cell) -> str | int | float | bool | None:
    """Return what a document holds of a cell."""
    if isinstance(cell, Formula):
        return cell.text
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip("'").startswith("=") else cell


def plain_text(stored: str) -> str:
    """Return the text that a stored string is, if it is no formula."""
    return stored[1:] if stored.startswith("'") and stored.lstrip("'").startswith("=") else stored


def empty_seed(kind: Kind) -> bytes:
    """Return what a new document of a kind starts with: a slide to write on, a table to fill, or nothing."""
    if kind == "deck":
        boxes = (Box("title", (100, 70, 1400, 110, 0), ("",)), Box("text", (100, 230, 1400, 520, 0), ("",)))
        return deck_seed([Slide(boxes)])
    if kind == "table":
        return table_seed([Column()] * 8, [Row(())] * 20)
    return b"\x00\x00"


def _write_meta(doc: Doc[Map[object]], kind: str) -> None:
    meta = doc.get("meta", type=Map)
    meta["kind"] = kind
    meta["v"] = 1


def _write_slide(root: Map[object], slide_id: str, slide: Slide, position: str) -> None:
    shape: Map[object] = Map({"!": position, "bg": slide.bg, "els": Map(), "ink": Map(), "notes": XmlFragment()})
    root[slide_id] = shape
    elements = shape["els"]
    notes = shape["notes"]
    assert isinstance(elements, Map) and isinstance(notes, XmlFragment)
    _write_paragraphs(notes, slide.notes)
    for number, (box, order) in enumerate(zip(slide.boxes, even_positions(len(slide.boxes)), strict=True), 1):
        element_id = f"e{number}"
        optional = {"color": box.color, "size": box.size, "align": box.align, "fill": box.fill, "alt": box.alt}
        optional |= {"src": box.src}
        kept = {key: value for key, value in optional.items() if value}
        elements[element_id] = Map({"k": box.kind, "g": list(box.at), "z": order, **kept})
        if box.kind in ("title", "text"):
            body = XmlFragment()
            elements[element_id]["body"] = body
            _write_paragraphs(body, box.lines)


def _write_paragraphs(fragment: XmlFragment, lines: Sequence[str]) -> None:
    for line in lines:
        paragraph = fragment.children.append(XmlElement("paragraph"))
        paragraph.children.append(XmlText(line))
