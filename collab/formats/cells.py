"""Between what a file says and what a cell holds, in the reader's language. Twin of the client's table/cells.ts.

Laws: nothing is guessed: a text becomes a number only if it reads back as the same number; what begins with a zero or
has more digits than a number holds is a code and stays text. Tables know no dates: a date becomes the text that people
of that language write. Numbers go out with every digit.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from msgspec import Struct

from ..schema import Cell, Formula, Row
from .formulas import shown_formula
from .names import LanguageName

DIGITS: Final = 15
"""How many a number surely holds."""
_TRUTHS: Final = {"WAHR": True, "TRUE": True, "FALSCH": False, "FALSE": False}
_FRACTIONS: Final = {"0": 0, "0.0": 1, "0.00": 2, "0.000": 3}


class Language(Struct, frozen=True):
    """How numbers, truths and dates are written."""

    decimal: str
    group: str
    yes: str
    no: str
    day: str
    sheet: str


LANGUAGES: Final[dict[LanguageName, Language]] = {
    "de": Language(",", ".", "WAHR", "FALSCH", "%d.%m.%Y", "Tabelle"),
    "en": Language(".", ",", "TRUE", "FALSE", "%d/%m/%Y", "Table"),
}


def parse_cell(written: str, language: Language) -> tuple[Cell, bool]:
    """Return what a written cell holds, and whether it was a percentage."""
    trimmed = written.strip()
    if trimmed == "":
        return None, False
    if trimmed in _TRUTHS:
        return _TRUTHS[trimmed], False
    percent = trimmed.endswith("%")
    number = parse_number(trimmed[:-1].rstrip() if percent else trimmed, language)
    if number is None:
        return written, False
    return (_tidy(number / 100) if percent else number), percent


def parse_number(written: str, language: Language) -> int | float | None:
    """Return the number that a text is, None when it is none."""
    group, decimal = re.escape(language.group), re.escape(language.decimal)
    pattern = rf"[-+−]?(\d+|\d{{1,3}}({group}\d{{3}})+)?({decimal}\d*)?(e[-+]?\d{{1,3}})?"
    if not written.isascii() and "−" not in written:
        return None
    if len(written) > 40 or not re.fullmatch(pattern, written, re.IGNORECASE) or not re.match(r"[^e]*\d", written):
        return None
    plain = written.replace(language.group, "").replace(language.decimal, ".").replace("−", "-").lower()
    value = float(plain)
    digits = sum(char.isdigit() for char in plain.partition("e")[0])
    if re.match(r"[-+]?0\d", plain) or not math.isfinite(value) or (digits > DIGITS and repr(value) != plain):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _tidy(value: float) -> int | float:
    short = float(f"{value:.15g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def exact(value: int | float, language: Language) -> str:
    """Write a number with all its digits and no more."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return repr(value).replace(".", language.decimal)


_FAULTS: Final = {"#VALUE!": "#WERT!", "#REF!": "#BEZUG!", "#NUM!": "#ZAHL!", "#N/A": "#NV", "#CYCLE!": "#ZYKLUS!"}


def result(cell: Cell, language: Language) -> str | int | float | bool | None:
    """Return the value of a cell; a formula of which none is known is its text, an error its name in the language."""
    if not isinstance(cell, Formula):
        return cell
    if cell.value is None:
        return shown_formula(cell.text)
    return (
        _FAULTS.get(cell.value, cell.value) if isinstance(cell.value, str) and language.decimal == "," else cell.value
    )


def plain_cell(cell: Cell, fmt: str, language: Language) -> str:
    """Write a cell so that it can be read back, of a formula its value."""
    value = result(cell, language)
    if value is None:
        return ""
    if isinstance(value, bool):
        return language.yes if value else language.no
    if isinstance(value, str):
        return value
    return f"{exact(_tidy(value * 100), language)}%" if fmt == "%" else exact(value, language)


def shown_cell(cell: Cell, fmt: str, language: Language) -> str:
    """Write a cell as the grid shows it."""
    value = result(cell, language)
    if value is None or isinstance(value, bool | str):
        return plain_cell(value, fmt, language)
    if fmt == "%":
        return f"{_rounded(value * 100, None, language)} %"
    return _rounded(value, _FRACTIONS.get(fmt), language)


def _rounded(value: int | float, places: int | None, language: Language) -> str:
    if places is not None:
        written = f"{value:.{places}f}"
    elif value and not 1e-9 <= abs(value) < 1e15:
        return exact(value, language)
    else:
        written = f"{float(f'{value:.10g}'):.15f}".rstrip("0").rstrip(".")
    return written.replace(".", language.decimal).replace("-", "−")


def shown_moment(value: date | time | timedelta, language: Language) -> str:
    """Write a date, a time of the day or a duration."""
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(abs(value.total_seconds())), 60)
        sign = "−" if value < timedelta(0) else ""
        return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    if isinstance(value, datetime):
        day = shown_moment(value.date(), language)
        return day if value.time() == time() else f"{day} {shown_moment(value.time(), language)}"
    if isinstance(value, time):
        return f"{value.hour:02}:{value.minute:02}" + (f":{value.second:02}" if value.second else "")
    form = language.day.replace("%Y", f"{value.year:04}")  # strftime leaves years before 1000 short
    return value.strftime(form)


def begins_right(rows: Iterable[Row]) -> bool:
    """Tell whether a sheet that begins with these rows has its first column at the right: most of its texts run so.
    One Arabic name turns nobody's sheet.
    """
    texts = [value for row in rows for value in row.cells if isinstance(value, str)]
    from_right = sum(map(is_rtl, texts))
    return from_right > sum(any(map(str.isalpha, text)) for text in texts) - from_right


def is_rtl(text: str) -> bool:
    """Tell whether a text runs from right to left: its first letter decides, as in the browser."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False
