"""Tables through every kind of file and back, and LibreOffice's files read and written."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.document import LiveDocument
from collab.errors import ProtocolError
from collab.formats.jobs import read, read_file, write_file
from collab.formats.names import FormatName, LanguageName
from collab.formats.orders import ReadFile, WriteFile, decode_table, encode
from collab.formats.reading import WIDTH, Table, open_document, read_table
from collab.formats.table_csv import escaped, read_csv, write_csv
from collab.formats.table_ods import write_ods
from collab.formats.table_xlsx import read_xlsx, sheet_name, write_xlsx
from collab.schema import Column, Formula, Row, stored_cell, table_seed
from tests.collab.formats.samples import TABLE

VECTORS = Path(__file__).parents[2] / "vectors" / "formats"
WRITERS: dict[str, Callable[[Table, LanguageName], bytes]] = {
    "xlsx": lambda table, language: write_xlsx(table, "Noten: 8b", language),
    "ods": lambda table, language: write_ods(table, "Noten: 8b", language),
}


def cells(table: Table) -> list[tuple[object, ...]]:
    return [row.cells for row in table.rows]


def values(table: Table) -> list[tuple[object, ...]]:
    """What is stored of the cells."""
    return [tuple(stored_cell(cell) for cell in row.cells) for row in table.rows]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_table_is_whole_after_a_file(kind: str, language: LanguageName) -> None:
    found = read(WRITERS[kind](TABLE, language), language)
    assert found.table == TABLE
    assert (found.formulas, found.sheets) == (0, 0)


@pytest.mark.parametrize("language", ["de", "en"])
def test_csv_keeps_what_text_can_hold(language: LanguageName) -> None:
    data = write_csv(TABLE, language)
    assert data.startswith(b"\xef\xbb\xbf") and b"\r\n" in data
    found = read_csv(data, language).table
    assert cells(found) == cells(TABLE)
    assert found.columns[2].fmt == "%"


def test_every_digit_of_a_number_goes_along() -> None:
    table = Table((Column(),), (Row((0.1 + 0.2,)),))
    for data in (write_csv(table, "de"), write_ods(table, "t", "de")):
        assert read(data, "de").table.rows == table.rows


@pytest.mark.parametrize("language", ["de", "en"])
def test_csv_is_read_by_a_reader_of_the_other_language(language: LanguageName) -> None:
    other: LanguageName = "en" if language == "de" else "de"
    assert cells(read_csv(write_csv(TABLE, language), other).table) == cells(TABLE)


def test_german_csv_is_what_excel_expects() -> None:
    table = Table((Column(), Column(fmt="%")), (Row(("Größe", 0.5)), Row((1234.5, None))))
    assert write_csv(table, "de").decode("utf-8-sig") == "Größe;50%\r\n1234,5;\r\n"
    assert write_csv(table, "en").decode("utf-8-sig") == "Größe,50%\r\n1234.5,\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "'=1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    table = Table((Column(), Column()), (Row((text, "x")),))
    assert escaped(text).startswith("'")
    assert write_csv(table, "de").decode("utf-8-sig").lstrip('"').startswith("'")
    assert cells(read_csv(write_csv(table, "de"), "de").table)[0][0] == text.replace("\r", "\n")
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(table, "t", "de")))
    assert book.active["A1"].data_type == "s"
    assert book.active["A1"].quotePrefix or text[0] in "\t\r\n＝", (
        "quoted where Excel would compute it once it is edited"
    )
    named = Table((Column(name=text),), (Row((None,)),))
    assert write_csv(named, "de").decode("utf-8-sig").lstrip('"').startswith("'"), "nor does a column's name"
    parts = zipfile.ZipFile(io.BytesIO(write_ods(table, "t", "de")))
    assert b"table:formula" not in parts.read("content.xml")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"a;b\n1,5;2\n", [("a", "b"), (1.5, 2)]),
        (b"a,b\n1.5,2\n", [("a", "b"), (1.5, 2)]),
        (b"a\tb\n1,5\t2\n", [("a", "b"), (1.5, 2)]),
        (b"sep=|\na|b;c\n", [("a", "b;c")]),
        ("Größe;Maß\r1;2\r".encode("cp1252"), [("Größe", "Maß"), (1, 2)]),
        ("Größe\t1".encode("utf-16"), [("Größe", 1)]),
        (b'"a;b";"c""d"\n"x\ny";z\n', [("a;b", 'c"d'), ("x\ny", "z")]),
        (b"nur ein Wort\n", [("nur ein Wort",)]),
        (b"1.500;2.000\n1,5;3\n", [(1500, 2000), (1.5, 3)]),
        (b"1.500,2.5\n", [(1.5, 2.5)]),
        ("Länge\n1,5\n2\n-0,25\n".encode(), [("Länge",), (1.5,), (2,), (-0.25,)]),
        (b"a\n\nb\n", [("a",), (None,), ("b",)]),
    ],
)
def test_csv_shows_how_it_was_written(data: bytes, wanted: list[tuple[object, ...]]) -> None:
    assert cells(read_csv(data, "de").table) == wanted


WORKBOOK = [
    ("Name", "Note", "Anteil", "Geboren", "Beginn", "Da", "Kennung"),
    ("Änne Groß", 1.5, 0.125, "07.03.2011", "08:15", True, "07123"),
    ("مريم", 2.25, 0.5, "24.12.2010", "09:05", True, "=1+1"),
    ("Zoë <b>\nzweite Zeile", -3, 1, "29.02.2012", "10:00", True, "@x"),
    ("Mittel", 0.25, 0.625, None, None, None, None),
]
FORMULAS = ("Mittel", Formula("=AVERAGE({c2.r2}:{c2.r4})", 0.25), Formula("={c3.r2}+{c3.r3}", 0.625), *[None] * 4)


@pytest.mark.parametrize(("kind", "lost"), [("xlsx", (0, 1)), ("ods", (0, 1)), ("csv", (0, 0))])
def test_what_libreoffice_saved_is_read(kind: str, lost: tuple[int, int]) -> None:
    found = read((VECTORS / f"libreoffice.{kind}").read_bytes(), "de")
    assert cells(found.table) == (WORKBOOK if kind == "csv" else [*WORKBOOK[:-1], FORMULAS])
    assert (found.formulas, found.sheets) == lost, "formulas came along, the second sheet stayed"
    assert found.table.columns[2].fmt == "%"
    if kind != "csv":
        assert found.table.columns[1].fmt == "0.00"
        assert [row.head for row in found.table.rows] == [True, False, False, False, False]
        assert 180 <= found.table.columns[0].width <= 210
        assert {column.width for column in found.table.columns[1:]} == {WIDTH}, "nobody set them"


def test_what_libreoffice_saved_is_read_in_english() -> None:
    found = read((VECTORS / "libreoffice.ods").read_bytes(), "en")
    assert found.table.rows[1].cells[3] == "07/03/2011"


def test_a_file_from_before_2007_is_named_as_such() -> None:
    with pytest.raises(ProtocolError) as caught:
        read((VECTORS / "libreoffice.xls").read_bytes(), "de")
    assert caught.value.code == "file_locked"


@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv"])
def test_the_jobs_bring_a_file_in_and_out(kind: FormatName) -> None:
    file = (VECTORS / f"libreoffice.{kind}").read_bytes()
    made = decode_table(read_file(encode(ReadFile("de", file))))
    live = LiveDocument()
    live.load_snapshot(made.state, made.outline)
    assert values(read_table(open_document([live.full()]))) == values(found := read(file, "de").table)
    known = b'[["r5","c2",0.25],["r5","c3",0.625]]'
    written = write_file(encode(WriteFile(kind, "de", "Noten", (made.state,), known)))
    assert cells(read(written, "de").table) == cells(found)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(-1e15, 1e15, allow_subnormal=False).map(lambda value: float(f"{value:.15g}")) | st.integers(-99, 99)


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(texts, numbers, st.booleans(), texts), min_size=1, max_size=6))
def test_whatever_people_write_is_whole_after_a_file(kind: str, rows: list[tuple[str, float, bool, str]]) -> None:
    seed = table_seed([Column()] * 5, [Row((*row, "Ende")) for row in rows])
    table = read_table(open_document([seed]))
    assert read(WRITERS[kind](table, "de"), "de").table.rows == table.rows


@given(st.lists(texts, min_size=1, max_size=6))
def test_csv_keeps_every_text_that_is_no_number(said: list[str]) -> None:
    seed = table_seed([Column()] * 2, [Row((text, "Ende")) for text in said])
    table = read_table(open_document([seed]))
    back = read_csv(write_csv(table, "de"), "de").table
    for row, wanted in zip(back.rows, table.rows, strict=True):
        value, text = row.cells[0], wanted.cells[0]
        assert value == text or not isinstance(value, str), (value, text)


def test_a_title_may_hold_anything() -> None:
    updates = (table_seed([Column()], [Row((1,))]),)
    for kind in ("xlsx", "ods", "csv", "pdf"):
        for title in ("", "\x01\x0b", "\n\t", "a\x00\ud7ff\uffff<&>'\"", "'", "[]:*?/\\", "x" * 500, "History"):
            assert write_file(encode(WriteFile(kind, "de", title, updates))), (kind, title)


def test_names_of_columns_become_a_heading() -> None:
    table = Table((Column(name="Größe"), Column()), (Row((1, 2)),))
    for kind, write in WRITERS.items():
        found = read(write(table, "de"), "de").table
        assert [(row.cells, row.head) for row in found.rows] == [(("Größe", None), True), ((1, 2), False)], kind
    assert write_csv(table, "de").decode("utf-8-sig").startswith("Größe;\r\n")


def test_a_sheet_that_runs_from_the_right_is_turned() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(Table((Column(),), (Row(("درجات",)),)), "t", "de")))
    assert book.active.sheet_view.rightToLeft
    assert sheet_name("a/b:c*[d]?" + "x" * 40) == "a b c  d  " + "x" * 21


def test_a_truth_is_shown_as_one() -> None:
    table = Table((Column(), Column()), (Row((True, 1.5)), Row((False, 2))))
    sheet = openpyxl.load_workbook(io.BytesIO(data := write_xlsx(table, "t", "de"))).active
    assert [sheet["A1"].number_format, sheet["B1"].number_format] == ['"TRUE";"TRUE";"FALSE"', "General"]
    assert cells(read(data, "de").table) == [(True, 1.5), (False, 2)]
    assert read(data, "de").table.columns[0].fmt == ""


@pytest.mark.parametrize(
    ("names", "right"), [(("شعبة", "مريم", "Zoë"), True), (("Name", "مريم", "Zoë"), False), (("7", "8", "?"), False)]
)
def test_one_name_turns_no_sheet(names: tuple[str, ...], right: bool) -> None:
    table = Table((Column(),), tuple(Row((name,)) for name in names))
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(table, "t", "de")))
    assert bool(book.active.sheet_view.rightToLeft) == right
    with zipfile.ZipFile(io.BytesIO(write_ods(table, "t", "de"))) as file:
        assert (b'style:writing-mode="rl-tb"' in file.read("content.xml")) == right


def test_a_row_of_long_text_is_as_high_as_its_lines() -> None:
    cells = (
        ("kurz", 1),
        ("acht Wörter, die in dieser Spalte umbrechen", 2),
        ("a\nb", 3),
        ("x" * 9000, 4),
        ("漢" * 20, 5),
    )
    table = Table((Column(120, name="Text"), Column(80)), tuple(Row(line) for line in cells))
    sheet = openpyxl.load_workbook(io.BytesIO(write_xlsx(table, "x", "de"))).active
    assert sheet is not None
    assert [sheet.row_dimensions[row].height for row in range(1, 7)] == [None, None, 45, 30, 405, 45]


def test_the_shown_sheet_is_read_and_hidden_ones_are_not_counted() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "erstes"
    front = book.create_sheet("vorn")
    front["B2"] = 5
    front.freeze_panes = "A3"
    hidden = book.create_sheet("versteckt")
    hidden["A1"], hidden.sheet_state = "x", "hidden"
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    found = read_xlsx(out.getvalue(), "de")
    assert cells(found.table) == [(None, None), (None, 5)]
    assert found.sheets == 1 and all(row.head for row in found.table.rows)


def test_many_rows_go_through() -> None:
    table = Table((Column(), Column()), tuple(Row((number, f"Zeile {number}")) for number in range(5_000)))
    for kind, write in WRITERS.items():
        assert read(write(table, "de"), "de").table.rows == table.rows, kind
    assert len(read_table(open_document([table_seed(table.columns, table.rows)])).rows) == 5_000


def test_orders_are_small_words() -> None:
    order = WriteFile("csv", "de", "t", (b"\0\0",))
    assert msgspec.msgpack.decode(encode(order), type=WriteFile) == order
    assert write_file(encode(order)) == b"\xef\xbb\xbf"
