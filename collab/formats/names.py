"""Which formats there are: their names on the wire, what they hold, and how a file of theirs is called."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

FormatName = Literal["xlsx", "ods", "csv", "pptx", "odp", "pdf"]
LanguageName = Literal["de", "en"]


class Format(Struct, frozen=True):
    """One format: its media type and what can be written in it."""

    media_type: str
    kinds: frozenset[str]


_TABLE: Final = frozenset({"table"})
_DECK: Final = frozenset({"deck"})
FORMATS: Final[dict[FormatName, Format]] = {
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _TABLE),
    "ods": Format("application/vnd.oasis.opendocument.spreadsheet", _TABLE),
    "csv": Format("text/csv; charset=utf-8", _TABLE),
    "pptx": Format("application/vnd.openxmlformats-officedocument.presentationml.presentation", _DECK),
    "odp": Format("application/vnd.oasis.opendocument.presentation", _DECK),
    "pdf": Format("application/pdf", _TABLE | _DECK),
}
