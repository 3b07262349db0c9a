"""Tables read from .ods, as a stream over content.xml.

Laws: repeated cells and rows count only where they hold something (programs fill a sheet to its end with one empty
repetition); a file that repeats something beyond the bounds is refused before it is unfolded. Formulas come in with
what they last gave; comments, drawings and tracked changes stay where they are.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from lxml import etree

from ..errors import ProtocolError
from ..schema import Cell
from .archive import Archive, unreadable
from .cells import LANGUAGES, Language, shown_moment
from .gather import MAX_CELLS, Found, Sheet
from .names import LanguageName
from .odf import name
from .reading import Table

_TABLE: Final = name("table", "table")
_ROW: Final = name("table", "table-row")
_CELLS: Final = (name("table", "table-cell"), name("table", "covered-table-cell"))
_COLUMN: Final = name("table", "table-column")
_HEADS: Final = name("table", "table-header-rows")
_STYLE: Final = name("style", "style")
_NUMBERS: Final = (name("number", "number-style"), name("number", "currency-style"))
_PERCENT: Final = name("number", "percentage-style")
_TEXT_STYLE: Final = name("number", "text-style")
_KEPT: Final = (name("text", "p"), name("text", "h"))
_SKIPPED: Final = (name("office", "annotation"), name("text", "note"), name("text", "ruby-text"))
_DURATION: Final = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_LENGTH: Final = re.compile(r"([\d.]+)(cm|mm|in|pt|pc|px)")
_PIXELS: Final = {"cm": 96 / 2.54, "mm": 9.6 / 2.54, "in": 96.0, "pt": 96 / 72, "pc": 16.0, "px": 1.0}
_UNSET: Final = 85.3  # pixels of 2.258 cm: LibreOffice's column that nobody set; its letters are smaller than ours
_MOST_COLUMNS: Final = 256


def read_ods(data: bytes, language: LanguageName) -> Found:
    """Return the table of a file; raises ProtocolError."""
    archive = Archive(data)
    if b"<manifest:encryption-data" in archive.read("META-INF/manifest.xml"):
        raise ProtocolError("file_locked", "the file is locked by a password")
    try:
        front, splits = _settings(archive)
        reader = _Reader(LANGUAGES[language], front, splits)
        if "styles.xml" in archive.names:
            reader.learn(archive.read("styles.xml"))
        return reader.read(archive.read("content.xml"))
    except (ProtocolError, MemoryError):
        raise
    except Exception as error:  # a broken part: bad XML, bad numbers, bad dates
        raise unreadable() from error


def _settings(archive: Archive) -> tuple[str | None, dict[str, int]]:
    """Which sheet was in front, and how many rows each keeps in sight."""
    if "settings.xml" not in archive.names:
        return None, {}
    root = etree.fromstring(archive.read("settings.xml"), etree.XMLParser(resolve_entities=False, no_network=True))
    named = name("config", "name")
    front, splits = None, {}
    for item in root.iter(name("config", "config-item")):
        if item.get(named) == "ActiveTable":
            front = item.text
        if item.get(named) == "VerticalSplitPosition" and _sibling(item, "VerticalSplitMode") == "2":
            splits[item.getparent().get(named)] = int(item.text)
    return front, splits


def _sibling(item: Any, wanted: str) -> str | None:
    for other in item.getparent():
        if other.get(name("config", "name")) == wanted:
            text: str | None = other.text
            return text
    return None


class _Reader:
    """One run over content.xml."""

    def __init__(self, words: Language, front: str | None, splits: dict[str, int]) -> None:
        self._words = words
        self._front = front
        self._splits = splits
        self._numbers: dict[str, str] = {}  # data style -> format
        self._styles: dict[str, tuple[str, bool]] = {}  # cell style -> format, bold
        self._lengths: dict[str, int] = {}  # column style -> pixels

    def learn(self, source: bytes) -> None:
        """Take the styles that several parts share."""
        for _, element in _parts(source, "end"):
            self._learn(element)

    def _learn(self, element: Any) -> None:
        if element.tag in (*_NUMBERS, _PERCENT, _TEXT_STYLE):
            self._numbers[element.get(name("style", "name"))] = self._number(element)
        elif element.tag == _STYLE:
            self._style(element)

    def read(self, source: bytes) -> Found:
        """Return the table that was in front."""
        found: list[tuple[str, Table, int]] = []
        events = _parts(source, "start", "end")
        for event, element in events:
            if event == "end":
                self._learn(element)
            elif element.tag == _TABLE:
                title = element.get(name("table", "name")) or ""
                found.append((title, *self._sheet(events, title)))
        if not found:
            raise unreadable("the file holds no table")
        filled = [one for one in found if one[1].rows]
        title, table, formulas = next((one for one in found if one[0] == self._front), (filled or found)[0])
        return Found(table, formulas, sum(1 for one in filled if one[1] is not table))

    def _number(self, element: Any) -> str:
        if element.tag == _TEXT_STYLE:
            return "text"
        if element.tag == _PERCENT:
            return "%"
        number = element.find(name("number", "number"))
        places = None if number is None else number.get(name("number", "decimal-places"))
        fixed = None if number is None else number.get(name("number", "min-decimal-places"), places)
        return {"0": "0", "1": "0.0", "2": "0.00", "3": "0.000"}.get(places or "", "") if places == fixed else ""

    def _style(self, element: Any) -> None:
        title, family = element.get(name("style", "name")), element.get(name("style", "family"))
        if family == "table-cell":
            text = element.find(name("style", "text-properties"))
            bold = text is not None and text.get(name("fo", "font-weight")) == "bold"
            self._styles[title] = (self._numbers.get(element.get(name("style", "data-style-name")), ""), bold)
        elif family == "table-column":
            shape = element.find(name("style", "table-column-properties"))
            length = _LENGTH.fullmatch((shape.get(name("style", "column-width")) if shape is not None else "") or "")
            pixels = _UNSET if length is None else float(length[1]) * _PIXELS[length[2]]
            if abs(pixels - _UNSET) > 0.2:
                self._lengths[title] = round(pixels)

    def _sheet(self, events: Iterator[tuple[str, Any]], title: str) -> tuple[Table, int]:
        sheet = Sheet()
        widths: dict[int, int] = {}
        defaults: list[str] = []
        row, heads, depth = 0, 0, 1
        in_heads = False
        for event, element in events:
            depth += (1 if event == "start" else -1) if element.tag == _TABLE else 0
            if depth == 0:
                break
            if element.tag == _HEADS:
                in_heads = event == "start"
            elif event == "end" and element.tag == _COLUMN and depth == 1:
                self._column(element, widths, defaults)
            elif event == "end" and element.tag == _ROW and depth == 1:
                times = self._row(sheet, row, element, defaults)
                row += times
                heads = row if in_heads else heads
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        table = sheet.table(widths, self._splits.get(title, heads))
        return table, sheet.lost

    def _column(self, element: Any, widths: dict[int, int], defaults: list[str]) -> None:
        times = min(_repeated(element, "columns"), _MOST_COLUMNS - len(defaults))
        width = self._lengths.get(element.get(name("table", "style-name")))
        for _ in range(times):
            if width is not None:
                widths[len(defaults)] = width
            defaults.append(element.get(name("table", "default-cell-style-name")) or "")

    def _row(self, sheet: Sheet, row: int, element: Any, defaults: list[str]) -> int:
        times = _repeated(element, "rows")
        column, filled = 0, []
        for cell in element.iterchildren(*_CELLS):
            again = _repeated(cell, "columns")
            value = self._value(cell)
            formula = cell.get(name("table", "formula"))
            if value not in (None, "") or formula is not None:
                if again * times > MAX_CELLS:
                    raise ProtocolError("file_too_many_cells", "the file repeats a cell too often")
                percent = cell.get(name("office", "value-type")) == "percentage"
                default = defaults[column] if column < len(defaults) else ""
                fmt, bold = self._styles.get(cell.get(name("table", "style-name")) or default, ("", False))
                fmt = "%" if percent else fmt
                filled += [(place, value, fmt, bold, formula) for place in range(column, column + again)]
            column += again
        for line in range(row, row + times) if filled else ():
            for place, value, fmt, bold, formula in filled:
                sheet.put(line, place, value, fmt, bold=bold)
                if formula is not None:
                    sheet.put_formula(line, place, formula, "odf", value)
        return times

    def _value(self, cell: Any) -> Cell:
        kind = cell.get(name("office", "value-type"))
        if kind in ("float", "percentage", "currency"):
            number = float(cell.get(name("office", "value")))
            return int(number) if number.is_integer() and abs(number) < 1e15 else number
        if kind == "boolean":
            return bool(cell.get(name("office", "boolean-value")) == "true")
        if kind == "date":
            return shown_moment(_moment(cell.get(name("office", "date-value"))), self._words)
        if kind == "time":
            return _time(cell.get(name("office", "time-value")), self._words)
        said = cell.get(name("office", "string-value"))
        return "\n".join(_said(line) for line in cell.iterchildren(*_KEPT)) if said is None else str(said)


def _parts(source: bytes, *events: str) -> Iterator[tuple[str, Any]]:
    found: Iterator[tuple[str, Any]] = etree.iterparse(
        io.BytesIO(source), events=events, resolve_entities=False, no_network=True
    )
    return found


def _repeated(element: Any, what: str) -> int:
    return max(1, int(element.get(name("table", f"number-{what}-repeated")) or 1))


def _said(element: Any) -> str:
    """The text of a paragraph: spaces, tabs and breaks are elements of their own."""
    parts = [element.text or ""]
    for child in element.iterchildren():
        if child.tag == name("text", "s"):
            parts.append(" " * min(1000, int(child.get(name("text", "c")) or 1)))
        elif child.tag == name("text", "tab"):
            parts.append("\t")
        elif child.tag == name("text", "line-break"):
            parts.append("\n")
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
            parts.append(_said(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _moment(written: str) -> date:
    return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)


def _time(written: str, words: Language) -> str:
    found = _DURATION.fullmatch(written)
    if found is None:
        raise unreadable()
    sign, days, hours, minutes, seconds = found[1], *(int(found[number] or 0) for number in range(2, 6))
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if sign or length >= timedelta(days=1):
        return shown_moment(-length if sign else length, words)
    return shown_moment((datetime.min + length).time(), words)
