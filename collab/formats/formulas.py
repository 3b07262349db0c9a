"""Formulas between a document and files: stored with ids, in .xlsx with A1, in OpenDocument with [.A1].

Laws: a formula is read whole or not at all; what names another sheet, a file, an array or anything else that tables
do not know is none. In tables that were read, column n has the id cn and row n the id rn, counted from 1. A formula
goes out only if it is one and all its functions are known: the text of a stranger is never a formula. Where its
references lie in a table is the matter of `references.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, Literal

from msgspec import Struct

from .functions import FUNCTIONS, ODF_FOREIGN, XLSX_LATER, function_name

FileKind = Literal["xlsx", "odf"]
Kind = Literal["space", "text", "ref", "number", "fault", "name", "operator", "open", "close", "separator"]
MAX_LENGTH: Final = 16_384
MAX_TOKENS: Final = 1_000
MAX_DEPTH: Final = 64


class Mark(Struct, frozen=True):
    """A row or column in a reference: its id or, in a file, its number from 1."""

    line: str
    fixed: bool = False


class Ref(Struct, frozen=True):
    """A cell; without a row a whole column, without a column a whole row."""

    col: Mark | None
    row: Mark | None


class Token(Struct, frozen=True):
    """One piece: its kind and text; a reference, or the two ends of a range."""

    kind: Kind
    text: str
    ends: tuple[Ref, ...] = ()


_COMMON: Final = (
    r"(?P<space>[ \n\t\r]+)|(?P<text>\"(?:[^\"]|\"\")*\")|(?P<fault>\#(?:DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A))"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<operator><=|>=|<>|[-+*/^&=<>%])|(?P<open>\()|(?P<close>\))"
)
_IDS: Final = r"\{\$?[A-Za-z0-9]{0,24}\.\$?[A-Za-z0-9]{0,24}\}"
_END: Final = r"(?![\w.(!:])"
_CELL: Final = r"\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}"
_LINES: Final = r"\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?[1-9]\d{0,6}:\$?[1-9]\d{0,6}"
_STORED: Final = re.compile(rf"(?P<ref>{_IDS}(?::{_IDS})?)|{_COMMON}|(?P<separator>,)")
_XLSX: Final = re.compile(rf"(?P<ref>(?:{_CELL}:{_CELL}|{_LINES}|{_CELL}){_END})|{_COMMON}|(?P<separator>,)")
_ODF_LINE: Final = r"\$?[A-Za-z]{1,3}|\$?[1-9]\d{0,6}"
_ODF: Final = re.compile(
    rf"\[(?P<ref>\.{_CELL}(?::\.{_CELL})?|\.(?:{_ODF_LINE}):\.(?:{_ODF_LINE}))\]|{_COMMON}|(?P<separator>;)"
)
_PART: Final = re.compile(r"(\$?)([A-Za-z]*)(\$?)(\d*)")


def stored_tokens(formula: str) -> list[Token] | None:
    """Return the tokens of a stored formula, None if it is none."""
    return _checked(_scan(_STORED, formula[1:], _stored_ends)) if formula.startswith("=") else None


def file_tokens(formula: str, kind: FileKind) -> list[Token] | None:
    """Return the tokens of a file's formula, None if tables do not know what it holds."""
    head = re.match(r"(?:of:|oooc:)?=" if kind == "odf" else r"=", formula)
    if head is None:
        return None
    return _checked(_scan(_ODF if kind == "odf" else _XLSX, formula[head.end() :], _file_ends))


def _scan(pattern: re.Pattern[str], text: str, ends: Callable[[str], tuple[Ref, ...]]) -> list[Token] | None:
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = pattern.match(text, at)
        if found is None or len(tokens) >= MAX_TOKENS or len(text) > MAX_LENGTH:
            return None
        kind: Kind = found.lastgroup  # type: ignore[assignment]
        written = found[kind]
        tokens.append(Token(kind, written, ends(written) if kind == "ref" else ()))
        at = found.end()
    return tokens


def _stored_ends(written: str) -> tuple[Ref, ...]:
    found = []
    for col, row in re.findall(r"\{(\$?[A-Za-z0-9]*)\.(\$?[A-Za-z0-9]*)\}", written):
        found.append(Ref(_mark(col), _mark(row)))
    return tuple(found)


def _mark(written: str) -> Mark | None:
    line = written.removeprefix("$")
    return Mark(line, written.startswith("$")) if line else None


def _file_ends(written: str) -> tuple[Ref, ...]:
    found = []
    for end in written.replace(".", "").split(":"):
        part = _PART.fullmatch(end)
        assert part is not None
        dollar, letters, other, digits = part.groups()
        col = Mark(f"c{_number(letters)}", dollar == "$") if letters else None
        row = Mark(f"r{digits}", (other if letters else dollar) == "$") if digits else None
        found.append(Ref(col, row))
    return tuple(found)


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _checked(tokens: list[Token] | None) -> list[Token] | None:
    """Return the tokens if they are one expression."""
    if tokens is None:
        return None
    solid = [token for token in tokens if token.kind != "space"]
    return tokens if solid and _is_expression(solid) else None


def _is_expression(tokens: list[Token]) -> bool:
    """Operands and operators take turns; every bracket closes, every function gets what it takes."""
    stack: list[tuple[str, int]] = []
    wanted = True
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else None
        match token.kind:
            case "text" | "number" | "fault" | "ref":
                if not wanted or not _is_place(token):
                    return False
                wanted = False
            case "name":
                call = at + 1 < len(tokens) and tokens[at + 1].kind == "open"
                if not wanted or not (call or token.text.upper() in ("TRUE", "FALSE")):
                    return False
                wanted = call
            case "open":
                if not wanted or len(stack) >= MAX_DEPTH:
                    return False
                stack.append((before.text if before is not None and before.kind == "name" else "", 1))
            case "close" | "separator":
                empty = before is not None and before.kind in ("open", "separator")
                if not stack or (wanted and not (empty and stack[-1][0])):
                    return False
                name, count = stack.pop()
                wanted = token.kind == "separator"
                if wanted:
                    stack.append((name, count + 1))
                if (wanted and not name) or (not wanted and not _fits(name, count, before)):
                    return False
            case "operator":
                sign = token.text in ("+", "-")
                if wanted and not sign:
                    return False
                wanted = wanted or token.text != "%"
    return not stack and not wanted


def _is_place(token: Token) -> bool:
    if token.kind != "ref":
        return True
    whole = [(end.col is None, end.row is None) for end in token.ends]
    return len(set(whole)) == 1 and whole[0] != (True, True) and (len(whole) == 2 or whole[0] == (False, False))


def _fits(name: str, count: int, before: Token | None) -> bool:
    known = FUNCTIONS.get(function_name(name))
    given = 0 if before is not None and before.kind == "open" else count
    return known is None or known.least <= given <= known.most


def functions_of(tokens: list[Token]) -> Iterator[str]:
    """Yield the stored names of the functions."""
    for token in tokens:
        if token.kind == "name":
            yield function_name(token.text)


def build_stored(tokens: list[Token]) -> str:
    """Return the stored formula."""
    return "=" + "".join(_stored_token(token) for token in tokens)


def _stored_token(token: Token) -> str:
    if token.kind == "name":
        return function_name(token.text)
    if token.kind == "separator":
        return ","
    return ":".join(f"{{{_id(end.col)}.{_id(end.row)}}}" for end in token.ends) if token.kind == "ref" else token.text


def _id(mark: Mark | None) -> str:
    return "" if mark is None else f"{'$' if mark.fixed else ''}{mark.line}"


def build_file(formula: str, kind: FileKind, down: int = 0) -> str | None:
    """Return a formula with counted ids as a file has it, `down` rows further; None: it must not be one there."""
    tokens = stored_tokens(formula)
    if tokens is None or any(name not in FUNCTIONS for name in functions_of(tokens)):
        return None
    head = "of:=" if kind == "odf" else "="
    return head + "".join(_file_token(token, kind, down) for token in tokens)


def _file_token(token: Token, kind: FileKind, down: int) -> str:
    if token.kind == "ref":
        ends = [_a1(end, down) for end in token.ends]
        return f"[{':'.join(f'.{end}' for end in ends)}]" if kind == "odf" else ":".join(ends)
    if token.kind == "separator":
        return ";" if kind == "odf" else ","
    if token.kind == "name" and kind == "odf":
        return f"COM.MICROSOFT.{token.text}" if token.text in ODF_FOREIGN else token.text
    if token.kind == "name":
        return f"_xlfn.{token.text}" if token.text in XLSX_LATER else token.text
    return token.text


def _a1(end: Ref, down: int) -> str:
    col = "" if end.col is None else f"{'$' if end.col.fixed else ''}{_letters(int(end.col.line[1:]))}"
    return col + ("" if end.row is None else f"{'$' if end.row.fixed else ''}{int(end.row.line[1:]) + down}")


def shown_formula(formula: str) -> str:
    """Return a formula with counted ids in English A1, for where it cannot be a formula."""
    tokens = stored_tokens(formula)
    return formula if tokens is None else "=" + "".join(_file_token(token, "xlsx", 0) for token in tokens)
