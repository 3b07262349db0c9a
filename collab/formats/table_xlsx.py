"""Tables as .xlsx: read by openpyxl, written by XlsxWriter.

Laws: formulas come in with what they last gave, and go out with the value that is known, so that programs which do not
compute at opening show it; Excel computes anew. No text that begins with "=" goes out as a formula. The
sheet that was in front when the file was saved is read. Macros, pictures, charts and links stay where they are. Cells
are read as a stream, so a sheet that claims a million empty rows costs nothing.
"""

from __future__ import annotations

import io
import re
from datetime import date, time, timedelta
from typing import Any, Final

from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ..errors import ProtocolError
from ..schema import Cell, Column, Formula, Row
from .archive import Archive, unreadable
from .cells import LANGUAGES, Language, begins_right, shown_moment
from .formulas import build_file, shown_formula
from .gather import Found, Sheet
from .names import LanguageName
from .reading import Table

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_HEADED: Final = "#e1ede6"
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s/>]")
_LONGEST_CODE: Final = 255  # that is all Excel takes
_TRUTH: Final = '"TRUE";"TRUE";"FALSE"'  # as LibreOffice writes it, which shows 1 and 0 without; Excel does not look
_A4: Final = 9
_PORTRAIT: Final = 700
_DIGIT: Final = 7  # pixels of a digit in the font that widths are counted in
_LINE: Final = 20  # pixels
_MOST_LINES: Final = 27  # Excel takes no higher row


def read_xlsx(data: bytes, language: LanguageName) -> Found:
    """Return the table of a file; raises ProtocolError."""
    archive = Archive(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        front = book.active if book.active in shown else shown[0]
        assert isinstance(front, ReadOnlyWorksheet)
        source = archive.read(front._worksheet_path)
        widths, frozen = _look(source)
        front.reset_dimensions()
        sheet = _read_cells(front, LANGUAGES[language])
        if _FORMULA.search(source):
            _read_formulas(data, book.index(front), sheet)
        table = sheet.table(widths, frozen)
        others = sum(1 for sheet in shown if sheet is not front and not _is_empty(archive, sheet))
    except (ProtocolError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever a broken part makes it raise
        raise unreadable() from error
    return Found(table, sheet.lost, others)


def _read_formulas(data: bytes, number: int, sheet: Sheet) -> None:
    """openpyxl gives values or formulas, so the sheet is read once more."""
    front: Any = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False).worksheets[number]
    front.reset_dimensions()
    for row in front.rows:
        for cell in row:
            if cell.data_type == "f":
                sheet.put_formula(cell.row - 1, cell.column - 1, str(cell.value), "xlsx", None)


def _read_cells(front: Any, words: Language) -> Sheet:
    sheet = Sheet()
    for row in front.rows:
        for cell in row:
            if cell.value is not None:
                value = _value(cell.value, words)
                fmt = _format(cell.number_format or "General")
                sheet.put(cell.row - 1, cell.column - 1, value, fmt, bold=bool(cell.font and cell.font.b))
    return sheet


def _value(value: object, words: Language) -> Cell:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, date | time | timedelta):
        return shown_moment(value, words)
    text: str = unescape(str(value))
    return text


def _format(code: str) -> str:
    if code == "@":
        return "text"
    if len(code) > _LONGEST_CODE:
        return ""
    plain = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.', "", code).split(";")[0].strip()
    if "%" in plain:
        return "%"
    places = re.fullmatch(r"[#,0 €$£]*0(?:\.(0{1,3}))?[ €$£]*", plain)
    if places is None:
        return ""
    return "0" if places[1] is None else f"0.{places[1]}"


def _look(source: bytes) -> tuple[dict[int, int], int]:
    """Widths of the columns in pixels, and how many rows are frozen; both stand before the cells."""
    widths: dict[int, int] = {}
    frozen = 0
    for _, element in etree.iterparse(io.BytesIO(source), events=("start",), resolve_entities=False, no_network=True):
        if element.tag == f"{_MAIN}sheetData":
            break
        if element.tag == f"{_MAIN}col" and element.get("width"):
            pixels = round(float(element.get("width")) * _DIGIT)
            for column in range(int(element.get("min")), min(int(element.get("max")), 256) + 1):
                widths[column - 1] = pixels
        if element.tag == f"{_MAIN}pane" and element.get("state") in ("frozen", "frozenSplit"):
            frozen = int(float(element.get("ySplit") or 0))
    return widths, frozen


def _is_empty(archive: Archive, sheet: Any) -> bool:
    return not re.search(rb"<(?:\w+:)?(?:v|is)[\s>]", archive.read(sheet._worksheet_path))


def write_xlsx(table: Table, title: str, language: LanguageName) -> bytes:
    """Return the file."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(out, options)
    book.set_properties({"title": title})
    sheet = book.add_worksheet(sheet_name(title) or LANGUAGES[language].sheet)
    if begins_right(table.rows[:5]):
        sheet.right_to_left()
    _write_rows(book, sheet, table)
    book.close()
    return out.getvalue()


def sheet_name(title: str) -> str:
    """Return a title as a sheet may be called."""
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31].strip(" '")


def _write_rows(book: Workbook, sheet: Worksheet, table: Table) -> None:
    styles = _Styles(book)
    percents = [_percent(table, index) if column.fmt == "%" else "" for index, column in enumerate(table.columns)]
    for index, column in enumerate(table.columns):
        sheet.set_column_pixels(index, index, column.width)
    named = any(column.name for column in table.columns)
    if named:
        for index, column in enumerate(table.columns):
            sheet.write_string(0, index, column.name, styles.get("", head=True))
    for line, row in enumerate(table.rows, int(named)):
        if (lines := _lines(row, table.columns)) > 1:
            sheet.set_row_pixels(line, min(lines, _MOST_LINES) * _LINE)  # LibreOffice fits no row by itself
        for index, (value, column) in enumerate(zip(row.cells, table.columns, strict=True)):
            code = percents[index] or {"": "General", "text": "@"}.get(column.fmt, column.fmt)
            if isinstance(value, Formula):
                _write_formula(sheet, (line, index), value, styles.get(code, row.head), int(named))
            elif isinstance(value, str):
                quoted = value.startswith(("=", "+", "-", "@", "'"))
                sheet.write_string(line, index, value, styles.get("@" if code == "@" else "", row.head, quoted))
            elif isinstance(value, bool):
                sheet.write_boolean(line, index, value, styles.get(_TRUTH, row.head))
            elif value is not None:
                sheet.write_number(line, index, value, styles.get(code, row.head))
    heads = int(named) + next((at for at, row in enumerate(table.rows) if not row.head), 0)
    if 0 < heads <= 5:
        sheet.freeze_panes(heads, 0)
        sheet.repeat_rows(0, heads - 1)
    sheet.set_paper(_A4)
    if sum(column.width for column in table.columns) > _PORTRAIT:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _lines(row: Row, columns: tuple[Column, ...]) -> int:
    """Return about how many lines the longest text of a row takes in its column."""
    most = 1
    for value, column in zip(row.cells, columns, strict=True):
        text = value.value if isinstance(value, Formula) else value
        if isinstance(text, str) and (len(text) * _DIGIT > column.width or "\n" in text):
            parts = (len(part) + sum(char > "\u1100" for char in part) for part in text.split("\n"))
            most = max(most, sum(max(1, -(-wide * _DIGIT // column.width)) for wide in parts))
    return most


def _write_formula(sheet: Worksheet, at: tuple[int, int], formula: Formula, style: Format, down: int) -> None:
    written = build_file(formula.text, "xlsx", down)
    if written is None:
        sheet.write_string(*at, shown_formula(formula.text), style)
    else:
        sheet.write_formula(*at, written, style, "" if formula.value is None else formula.value)


def _percent(table: Table, index: int) -> str:
    """As many places as the column needs, so that 12.5 % does not become 13 %."""
    cells = (row.cells[index] for row in table.rows)
    numbers = [cell.value if isinstance(cell, Formula) else cell for cell in cells]
    places = 0
    for value in numbers:
        if isinstance(value, int | float) and not isinstance(value, bool):
            _, _, fraction = f"{value * 100:.4f}".rstrip("0").partition(".")
            places = max(places, len(fraction))
    return "0%" if not places else f"0.{'0' * places}%"


class _Styles:
    """Each style of the file once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, bool, bool], Format] = {}

    def get(self, code: str, head: bool = False, quoted: bool = False) -> Format:
        found = self._made.get((code, head, quoted))
        if found is None:
            look: dict[str, Any] = {"text_wrap": True, "valign": "top"}
            look |= {"num_format": code} if code not in ("", "General") else {}
            look |= {"bold": True, "bg_color": _HEADED, "bottom": 1} if head else {}
            look |= {"quote_prefix": True} if quoted else {}
            found = self._made[code, head, quoted] = self._book.add_format(look)
        return found
