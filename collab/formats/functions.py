"""The functions that formulas may hold, by their stored (English) names: the twin of the client's formula/list.ts.

Laws: only these go into a file as a formula. What could fetch, open or run something in another program is not here and
goes out as text. tests/vectors/formulas.json holds both lists together.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

_COUNTS: Final = """
ABS 1|ACOS 1|AND 1-64|ASIN 1|ATAN 1|ATAN2 2|AVERAGE 1-64|AVERAGEIF 2-3|AVERAGEIFS 3-64|BIN2DEC 1|BINOMDIST 4|CEILING 2
CHAR 1|CHOOSE 2-64|CODE 1|COLUMN 0-1|COLUMNS 1|COMBIN 2|CONCAT 1-64|CONCATENATE 1-64|CORREL 2|COS 1|COUNT 1-64
COUNTA 1-64|COUNTBLANK 1|COUNTIF 2|COUNTIFS 2-64|DEC2BIN 1-2|DEC2HEX 1-2|DEGREES 1|EVEN 1|EXACT 2|EXP 1|FACT 1|FALSE 0
FIND 2-3|FLOOR 2|GCD 1-64|GEOMEAN 1-64|HEX2DEC 1|HLOOKUP 3-4|IF 2-3|IFERROR 2|IFNA 2|IFS 2-64|INDEX 2-3|INT 1
INTERCEPT 2|ISBLANK 1|ISERROR 1|ISEVEN 1|ISLOGICAL 1|ISNA 1|ISNUMBER 1|ISODD 1|ISTEXT 1|LARGE 2|LCM 1-64|LEFT 1-2|LEN 1
LN 1|LOG 1-2|LOG10 1|LOWER 1|MATCH 2-3|MAX 1-64|MAXIFS 3-64|MEDIAN 1-64|MID 3|MIN 1-64|MINIFS 3-64|MOD 2|MODE 1-64
MROUND 2|NA 0|NORMDIST 4|NOT 1|ODD 1|OR 1-64|PERCENTILE 2|PERMUT 2|PI 0|POWER 2|PRODUCT 1-64|PROPER 1|QUARTILE 2
QUOTIENT 2|RADIANS 1|RANK 2-3|REPLACE 4|REPT 2|RIGHT 1-2|ROUND 2|ROUNDDOWN 2|ROUNDUP 2|ROW 0-1|ROWS 1|SEARCH 2-3|SIGN 1
SIN 1|SLOPE 2|SMALL 2|SQRT 1|STDEV 1-64|STDEVP 1-64|SUBSTITUTE 3-4|SUM 1-64|SUMIF 2-3|SUMIFS 3-64|SUMPRODUCT 1-64
SUMSQ 1-64|SWITCH 3-64|TAN 1|TEXTJOIN 3-64|TRIM 1|TRUE 0|TRUNC 1-2|UPPER 1|VALUE 1|VAR 1-64|VARP 1-64|VLOOKUP 3-4
XOR 1-64
"""

ALSO: Final = {
    "BINOM.DIST": "BINOMDIST",
    "CEILING.MATH": "CEILING",
    "FLOOR.MATH": "FLOOR",
    "MODE.SNGL": "MODE",
    "NORM.DIST": "NORMDIST",
    "PERCENTILE.INC": "PERCENTILE",
    "QUARTILE.INC": "QUARTILE",
    "RANK.EQ": "RANK",
    "STDEV.P": "STDEVP",
    "STDEV.S": "STDEV",
    "UNICHAR": "CHAR",
    "UNICODE": "CODE",
    "VAR.P": "VARP",
    "VAR.S": "VAR",
}
"""Other names that files use for the same functions."""

XLSX_LATER: Final = frozenset({"CONCAT", "IFNA", "IFS", "MAXIFS", "MINIFS", "SWITCH", "TEXTJOIN", "XOR"})
"""Excel learnt these after the format was made: in a file they stand behind "_xlfn."."""
ODF_FOREIGN: Final = frozenset({"CONCAT", "IFS", "MAXIFS", "MINIFS", "SWITCH", "TEXTJOIN"})
"""Not in OpenFormula: in a file they stand behind "COM.MICROSOFT."."""


class Count(Struct, frozen=True):
    """How many arguments a function takes."""

    least: int
    most: int


def _counts() -> dict[str, Count]:
    found = {}
    for entry in _COUNTS.replace("\n", "|").strip("|").split("|"):
        name, _, count = entry.partition(" ")
        least, _, most = count.partition("-")
        found[name] = Count(int(least), int(most or least))
    return found


FUNCTIONS: Final = _counts()


def function_name(written: str) -> str:
    """Return the stored name of a function as a file calls it; an unknown one keeps its name."""
    name = written.upper().removeprefix("_XLFN.").removeprefix("COM.MICROSOFT.")
    return ALSO.get(name, name)
