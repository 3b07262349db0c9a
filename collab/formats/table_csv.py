"""Tables as CSV: as the spreadsheet of the reader's language writes and expects it.

Laws: of a formula goes its value, or its text where none is known; a text that a spreadsheet would take for a formula
(it begins with = + - @ tab, CR or LF) goes out behind an
apostrophe and comes in without it. Written with a byte order mark, so that Excel reads umlauts; German with semicolon
and decimal comma. Read by evidence, not by the reader: separator, encoding and decimal sign are those that the file
itself shows.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Final

from msgspec import structs

from .archive import unreadable
from .cells import LANGUAGES, Language, parse_cell, plain_cell, result
from .gather import MAX_COLUMNS, Found, Sheet
from .names import LanguageName
from .reading import Table, trimmed

_DANGER: Final = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_ONE_COLUMN: Final = re.compile(r"([^,;\t|\n]*\n)?(-?\d+(,\d+)?%?\r?\n)*(-?\d+(,\d+)?%?)?")
_SEPARATORS: Final = ";,\t|"
_SAMPLE: Final = 64 * 1024
_LINES: Final = 50


def write_csv(table: Table, language: LanguageName) -> bytes:
    """Return the file."""
    words, table = LANGUAGES[language], trimmed(table)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if words.decimal == "," else ",", lineterminator="\r\n")
    if any(column.name for column in table.columns):
        writer.writerow([escaped(column.name) for column in table.columns])
    for row in table.rows:
        writer.writerow(
            escaped(value) if isinstance(value, str) else plain_cell(value, column.fmt, words)
            for value, column in (
                (result(cell, words), column) for cell, column in zip(row.cells, table.columns, strict=True)
            )
        )
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def escaped(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _DANGER.match(text) else text


def read_csv(data: bytes, language: LanguageName) -> Found:
    """Return the table of a file; raises ProtocolError."""
    text = _decode(data)
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r"sep=(.)\r?", first)
    separator = named[1] if named else _separator(text[:_SAMPLE], LANGUAGES[language])
    lines = csv.reader(io.StringIO(rest if named else text, newline=""), delimiter=separator)
    sheet, words = Sheet(), _language(text[:_SAMPLE], separator, LANGUAGES[language])
    try:
        for number, line in enumerate(lines):
            for column, written in enumerate(line):
                _put(sheet, number, column, written, words)
    except csv.Error as error:
        raise unreadable("this is no table of text") from error
    return Found(sheet.table())


def _put(sheet: Sheet, row: int, column: int, written: str, words: Language) -> None:
    if written.startswith("'") and _DANGER.match(written):
        sheet.put(row, column, written[1:])
        return
    value, percent = parse_cell(written, words)
    sheet.put(row, column, value, "%" if percent else "")


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data:
        raise unreadable()
    else:
        encodings = ["utf-8-sig", "cp1252"]  # what Windows still writes
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise unreadable()


def _separator(sample: str, reader: Language) -> str:
    """The sign that splits most lines into the same number of cells; one column has none, and that is fine."""
    if reader.decimal == "," and _ONE_COLUMN.fullmatch(sample):
        return ";"
    best, best_score = ",", 0
    for separator in _SEPARATORS:
        try:
            lines = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
            counts = Counter(len(line) for line, _ in zip(lines, range(_LINES), strict=False) if line)
        except csv.Error:
            continue
        score = max((times for width, times in counts.items() if 1 < width <= MAX_COLUMNS), default=0)
        if score > best_score:
            best, best_score = separator, score
    return best


def _language(sample: str, separator: str, reader: Language) -> Language:
    """Numbers are written as most of those in the file that can be told apart."""
    comma = len(re.findall(r"(?<![\d.,])-?\d+,\d+(?![\d.,])", sample)) if separator != "," else 0
    comma += len(re.findall(r'"-?[\d.]+,\d+"', sample))
    point = len(re.findall(r"(?<![\d.,])-?\d+\.(?!\d{3}(?!\d))\d+(?![\d.])", sample))
    decimal = {";": ",", ",": "."}.get(separator, reader.decimal)
    if comma != point:
        decimal = "," if comma > point else "."
    return structs.replace(reader, decimal=decimal, group="." if decimal == "," else ",")
