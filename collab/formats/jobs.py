"""The jobs of the heavy processes: a document to a file, a file to the first state of a table.

Laws: bytes in, bytes out; the kind of a file is told by its content and never by its name; each library is imported
when a job needs it, so that a process which writes CSV stays small.
"""

from __future__ import annotations

import msgspec

from ..document import LiveDocument
from ..errors import ProtocolError
from ..schema import table_seed
from ..slices import Record, find_cuts
from .archive import Archive, is_archive, is_old, unreadable
from .gather import MAX_TEXT, Found
from .names import FORMATS, LanguageName
from .orders import NewTable, ReadFile, WriteFile, encode
from .reading import Values, clean, kind_of, open_document, read_deck, read_table


def write_file(data: bytes) -> bytes:
    """Return the file that a WriteFile asks for; raises ProtocolError(format_unfit | too_many_cells), StateError."""
    order = msgspec.msgpack.decode(data, type=WriteFile)
    document = open_document(order.updates)
    kind = kind_of(document)
    if kind not in FORMATS[order.format].kinds:
        raise ProtocolError("format_unfit", f"a {kind} cannot be written as .{order.format}")
    values = _values(order.values)
    title, language = clean(order.title).replace("\n", " ").strip(), order.language
    match order.format:
        case "xlsx":
            from .table_xlsx import write_xlsx

            return write_xlsx(read_table(document, values), title, language)
        case "ods":
            from .table_ods import write_ods

            return write_ods(read_table(document, values), title, language)
        case "csv":
            from .table_csv import write_csv

            return write_csv(read_table(document, values), language)
        case "pptx":
            from .deck_pptx import write_pptx

            return write_pptx(read_deck(document, order.pictures), title, language)
        case "odp":
            from .deck_odp import write_odp

            return write_odp(read_deck(document, order.pictures), title, language)
        case "pdf":
            from .deck_pdf import write_deck_pdf, write_table_pdf

            if kind == "deck":
                return write_deck_pdf(read_deck(document, order.pictures), title, language)
            return write_table_pdf(read_table(document, values), title, language)


def _values(sent: bytes) -> Values:
    try:
        found = msgspec.json.decode(sent or b"[]", type=list[tuple[str, str, str | int | float | bool]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError("bad_request", "values are a list of [row, column, value]") from error
    return {(row, column): clean(value)[:MAX_TEXT] if isinstance(value, str) else value for row, column, value in found}


def read_file(data: bytes) -> bytes:
    """Return the NewTable of a ReadFile; raises ProtocolError(file_*)."""
    order = msgspec.msgpack.decode(data, type=ReadFile)
    found = read(order.data, order.language)
    if not found.table.rows:
        raise ProtocolError("file_empty", "the file holds no filled cell")
    live = LiveDocument()
    live.apply(live.judge(table_seed(found.table.columns, found.table.rows)))
    state = live.full()
    return encode(NewTable(state, Record(live.outline, find_cuts(state)).encode(), found.formulas, found.sheets))


def read(data: bytes, language: LanguageName) -> Found:
    """Return the table of a file of any kind; raises ProtocolError(file_*)."""
    if is_old(data):
        raise ProtocolError("file_locked", "the file is locked by a password, or of a kind from before 2007 (.xls)")
    if not is_archive(data):
        from .table_csv import read_csv

        return read_csv(data, language)
    names = Archive(data).names
    if "xl/workbook.xml" in names:
        from .table_xlsx import read_xlsx

        return read_xlsx(data, language)
    if {"content.xml", "mimetype"} <= names:
        from .table_ods_read import read_ods

        return read_ods(data, language)
    raise unreadable("a table is read from .xlsx, .ods and .csv")
