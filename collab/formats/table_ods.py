"""Tables written as .ods, directly as the XML that ODF 1.3 describes.

Laws: as in `table_xlsx`; LibreOffice computes formulas without a value when it opens the file.
Numbers keep all digits, their column says how many are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..schema import Cell, Formula, Row
from .cells import LANGUAGES, begins_right, exact, shown_cell
from .formulas import build_file, shown_formula
from .gather import MOST_HEADS
from .names import FORMATS, LanguageName
from .odf import meta, pack, part, quoted, spaced, style, tag
from .reading import Table

_INCH: Final = 96
_STYLES: Final = {"": "general", "text": "text", "0": "n0", "0.0": "n1", "0.00": "n2", "0.000": "n3", "%": "percent"}
_PLACES: Final = {"n0": 0, "n1": 1, "n2": 2, "n3": 3}
_WRAPPED: Final = {"fo:wrap-option": "wrap", "style:vertical-align": "top"}
_HEADED: Final = {"fo:background-color": "#e1ede6", "fo:border-bottom": "0.75pt solid #1c5240"}
_BOLD: Final = dict.fromkeys(("fo:font-weight", "style:font-weight-asian", "style:font-weight-complex"), "bold")
_COMPARING: Final = {
    "table:case-sensitive": "false",
    "table:use-regular-expressions": "false",
    "table:use-wildcards": "true",
}
_PAPER: Final = {
    "fo:page-width": "29.7cm",
    "fo:page-height": "21cm",
    "style:print-orientation": "landscape",
    "style:scale-to-X": 1,
    "style:scale-to-Y": 0,
    "fo:margin": "1.5cm",
}


def write_ods(table: Table, title: str, language: LanguageName) -> bytes:
    """Return the file."""
    sheet = sheet_name(title) or LANGUAGES[language].sheet
    down = int(any(column.name for column in table.columns))
    rows = [_row(row, table, language, down) for row in table.rows]
    heads = next((at for at, row in enumerate(table.rows) if not row.head), 0)
    if down:
        line = Row(tuple(column.name or None for column in table.columns), True)
        rows, heads = [_row(line, table, language, down), *rows], heads + 1
    inside = [_column(index, column.fmt) for index, column in enumerate(table.columns)]
    inside += [tag("table:table-header-rows", None, *rows[:heads]), *rows[heads:]] if heads else rows
    whole = tag("table:table", {"table:name": sheet, "table:style-name": "sheet"}, *inside)
    body = tag(
        "office:body", None, tag("office:spreadsheet", None, tag("table:calculation-settings", _COMPARING), whole)
    )
    parts = {
        "content.xml": part("document-content", tag("office:automatic-styles", None, *_styles(table)) + body),
        "styles.xml": part("document-styles", _looks(language)),
        "meta.xml": meta(title, language),
    }
    if 0 < heads <= MOST_HEADS:
        parts["settings.xml"] = part("document-settings", _frozen(sheet, heads))
    return pack(FORMATS["ods"].media_type, parts)


def sheet_name(title: str) -> str:
    """Return a title as a sheet may be called."""
    return "".join(" " if char in "[]*?:/\\'\n\t" else char for char in title[:100]).strip()


def _column(index: int, fmt: str) -> str:
    named = {"table:style-name": f"w{index}", "table:default-cell-style-name": _STYLES[fmt]}
    return tag("table:table-column", named)


def _row(row: Row, table: Table, language: LanguageName, down: int) -> str:
    cells = (
        _cell(value, column.fmt, language, row.head, down)
        for value, column in zip(row.cells, table.columns, strict=True)
    )
    return tag("table:table-row", {"table:style-name": "row"}, *cells)


def _cell(cell: Cell, fmt: str, language: LanguageName, head: bool, down: int) -> str:
    attributes = {"table:style-name": f"head-{_STYLES[fmt]}" if head else _STYLES[fmt]}
    if cell is None:
        return tag("table:table-cell", attributes if head else None)
    formula = build_file(cell.text, "odf", down) if isinstance(cell, Formula) else None
    if formula is not None:
        attributes["table:formula"] = formula
    value = _value(cell, formula)
    if value is None:
        return tag("table:table-cell", attributes)
    if isinstance(value, str):
        attributes["office:value-type"] = "string"
    elif isinstance(value, bool):
        attributes |= {"office:value-type": "boolean", "office:boolean-value": str(value).lower()}
    else:
        attributes["office:value-type"] = "percentage" if fmt == "%" else "float"
        attributes["office:value"] = exact(value, LANGUAGES["en"])
    lines = shown_cell(value, fmt, LANGUAGES[language]).split("\n")
    return tag("table:table-cell", attributes, *(tag("text:p", None, spaced(line)) for line in lines))


def _value(cell: Cell, formula: str | None) -> str | int | float | bool | None:
    if not isinstance(cell, Formula):
        return cell
    return shown_formula(cell.text) if formula is None else cell.value


def _styles(table: Table) -> Iterator[str]:
    shape = {"table:display": "true", "style:writing-mode": "rl-tb" if begins_right(table.rows[:5]) else "lr-tb"}
    yield style("sheet", "table", tag("style:table-properties", shape), master_page_name="Default")
    yield style("row", "table-row", tag("style:table-row-properties", {"style:use-optimal-row-height": "true"}))
    for index, column in enumerate(table.columns):
        width = {"style:column-width": f"{column.width / _INCH:.4f}in"}
        yield style(f"w{index}", "table-column", tag("style:table-column-properties", width))
    for title, places in _PLACES.items():
        yield tag("number:number-style", {"style:name": f"{title}-data"}, _digits(places, places))
    percent = (_digits(2, 0), tag("number:text", None, " %"))
    yield tag("number:percentage-style", {"style:name": "percent-data"}, *percent)
    yield tag("number:text-style", {"style:name": "text-data"}, tag("number:text-content"))
    plain = tag("style:table-cell-properties", _WRAPPED)
    head = tag("style:table-cell-properties", _WRAPPED | _HEADED) + tag("style:text-properties", _BOLD)
    for title in _STYLES.values():
        data = {} if title == "general" else {"data_style_name": f"{title}-data"}
        yield style(title, "table-cell", plain, parent_style_name="Default", **data)
        yield style(f"head-{title}", "table-cell", head, parent_style_name="Default", **data)


def _digits(places: int, least: int) -> str:
    shape = {"number:decimal-places": places, "number:min-decimal-places": least, "number:min-integer-digits": 1}
    return tag("number:number", shape)


def _looks(language: LanguageName) -> str:
    letters = {
        "fo:font-family": "Liberation Sans, Arial, sans-serif",
        "fo:font-size": "10pt",
        "fo:language": language,
        "fo:country": {"de": "DE", "en": "GB"}[language],
    }
    usual = tag("style:default-style", {"style:family": "table-cell"}, tag("style:text-properties", letters))
    page = tag("style:page-layout", {"style:name": "page"}, tag("style:page-layout-properties", _PAPER))
    master = tag("style:master-page", {"style:name": "Default", "style:page-layout-name": "page"})
    return (
        tag("office:styles", None, usual, style("Default", "table-cell"))
        + tag("office:automatic-styles", None, page)
        + tag("office:master-styles", None, master)
    )


def _frozen(sheet: str, heads: int) -> str:
    def item(title: str, kind: str, value: int | str) -> str:
        return tag("config:config-item", {"config:name": title, "config:type": kind}, quoted(str(value)))

    place = [item("VerticalSplitMode", "short", 2), item("VerticalSplitPosition", "int", heads)]
    place += [item("ActiveSplitRange", "short", 2), item("PositionBottom", "int", heads)]
    entry = tag("config:config-item-map-entry", {"config:name": sheet}, *place)
    tables = tag("config:config-item-map-named", {"config:name": "Tables"}, entry)
    view = tag("config:config-item-map-entry", None, item("ActiveTable", "string", sheet), tables)
    views = tag("config:config-item-map-indexed", {"config:name": "Views"}, view)
    return tag("office:settings", None, tag("config:config-item-set", {"config:name": "ooo:view-settings"}, views))
