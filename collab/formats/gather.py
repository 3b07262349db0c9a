"""The cells of a file, gathered into a table.

Laws: only cells that hold something count; a cell beyond the bounds refuses the file, so nothing is cut off in silence.
A column gets the one format that all its numbers share. The first rows are headings if the file froze them, or if one
first row is bold and the others are not. A formula comes along if tables know all it holds; otherwise its last value
does, and is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ..errors import ProtocolError
from ..schema import Cell, Column, Formula, Row
from .formulas import FileKind, Token, build_stored, file_tokens
from .reading import WIDTH, Table, clean
from .references import fitted, reach

MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 256
MAX_CELLS: Final = 100_000
MAX_TEXT: Final = 32_767
MAX_LETTERS: Final = 4_000_000
"""Of all cells together: what a browser is to open has to stay a table."""
MOST_HEADS: Final = 5
_WIDTHS: Final = (48, 800)


class Found(Struct, frozen=True):
    """A table that was read, and what of the file did not come along: formulas whose values did, further sheets."""

    table: Table
    formulas: int = 0
    sheets: int = 0


class Sheet:
    """One sheet while it is read; rows and columns count from 0."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], Cell] = {}
        self._formats: defaultdict[int, set[str]] = defaultdict(set)
        self._texts: defaultdict[int, set[str]] = defaultdict(set)
        self._bold: set[tuple[int, int]] = set()
        self._formulas: dict[tuple[int, int], list[Token]] = {}
        self._letters = 0
        self.lost = 0
        """Formulas of which only the value came along; all are counted once the table is made."""

    def put(self, row: int, column: int, value: Cell, fmt: str = "", *, bold: bool = False) -> None:
        """Take a cell; raises ProtocolError(file_too_many_cells | file_too_large)."""
        if isinstance(value, str):
            value = clean(value)[:MAX_TEXT]
        if value is None or value == "":
            return
        if row >= MAX_ROWS or column >= MAX_COLUMNS or len(self._cells) >= MAX_CELLS:
            raise ProtocolError(
                "file_too_many_cells",
                f"a table has at most {MAX_ROWS} rows, {MAX_COLUMNS} columns and {MAX_CELLS} filled cells",
            )
        self._letters += len(value) if isinstance(value, str) else 0
        if self._letters > MAX_LETTERS:
            raise ProtocolError("file_too_large", f"a table has at most {MAX_LETTERS} letters")
        self._cells[row, column] = value
        if bold:
            self._bold.add((row, column))
        (self._texts if isinstance(value, str) else self._formats)[column].add(fmt)

    def put_formula(self, row: int, column: int, formula: str, kind: FileKind, value: Cell) -> None:
        """Take the formula of a cell whose value was put."""
        tokens = file_tokens(formula, kind)
        if tokens is None:
            self.lost += 1
            return
        if (row, column) not in self._cells:
            self.put(row, column, value if value not in (None, "") else 0)
        self._letters += len(formula)
        self._formulas[row, column] = tokens

    def table(self, widths: Mapping[int, int] | None = None, frozen: int = 0) -> Table:
        """Return the table; `widths` in pixels, `frozen` is how many rows the file keeps in sight."""
        filled = max((row for row, _ in self._cells), default=-1) + 1
        height, width = filled, max((column for _, column in self._cells), default=-1) + 1
        for tokens in self._formulas.values():
            height, width = reach(tokens, min(height, MAX_ROWS), min(width, MAX_COLUMNS))
        heads = min(frozen, height) if 0 < frozen <= MOST_HEADS else self._bold_heads(filled)
        lines: list[list[Cell]] = [[None] * width for _ in range(height)]
        for (row, column), value in self._cells.items():
            lines[row][column] = self._formula(row, column, value, height, width)
        low, high = _WIDTHS
        sizes = widths or {}
        columns = (Column(min(high, max(low, sizes.get(index, WIDTH))), self._format(index)) for index in range(width))
        return Table(tuple(columns), tuple(Row(tuple(line), index < heads) for index, line in enumerate(lines)))

    def _formula(self, row: int, column: int, value: Cell, height: int, width: int) -> Cell:
        tokens = self._formulas.get((row, column))
        if tokens is None or isinstance(value, Formula):
            return value
        known = fitted(tokens, height, width)
        self.lost += known is None
        return value if known is None else Formula(build_stored(known), value)

    def _format(self, column: int) -> str:
        formats = self._formats[column]
        if not formats:
            return "text" if self._texts[column] == {"text"} else ""
        return next(iter(formats)) if len(formats) == 1 else ""

    def _bold_heads(self, height: int) -> int:
        first = {place for place in self._cells if place[0] == 0}
        others = len(self._cells) - len(first)
        bold = len(self._bold) - len(first & self._bold)
        return int(height > 1 and bool(first) and first <= self._bold and bold * 2 < others)
