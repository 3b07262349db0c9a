"""Formulas between documents and files: read whole or not at all, and never the text of a stranger."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Map

from collab.errors import ProtocolError
from collab.formats.cells import LANGUAGES, plain_cell
from collab.formats.formulas import FileKind, build_file, build_stored, file_tokens, shown_formula, stored_tokens
from collab.formats.functions import ALSO, FUNCTIONS, function_name
from collab.formats.jobs import read, write_file
from collab.formats.names import LanguageName
from collab.formats.orders import WriteFile, encode
from collab.formats.reading import Table, open_document, read_table
from collab.formats.table_csv import write_csv
from collab.formats.table_ods import write_ods
from collab.formats.table_xlsx import write_xlsx
from collab.schema import Column, Formula, Row, table_seed

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "formulas.json").read_text())
KINDS: tuple[FileKind, ...] = ("xlsx", "odf")
WRITERS: dict[str, Callable[[Table, LanguageName], bytes]] = {
    "xlsx": lambda table, language: write_xlsx(table, "Noten", language),
    "ods": lambda table, language: write_ods(table, "Noten", language),
}


def one(formula: str, value: str | int | float | bool | None = None) -> Table:
    """Two columns and nine rows with a formula in B1."""
    rows = [Row((1, Formula(formula, value)))] + [Row((number, None)) for number in range(2, 10)]
    return Table((Column(), Column()), tuple(rows))


def test_both_sides_know_the_same_functions() -> None:
    assert {name: [count.least, count.most] for name, count in FUNCTIONS.items()} == VECTORS["functions"]
    assert VECTORS["also"] == ALSO
    assert {function_name(f"_xlfn.{name}") for name in ALSO} <= set(FUNCTIONS)


@pytest.mark.parametrize("written", VECTORS["written"], ids=lambda one: one["stored"])
def test_a_formula_is_the_same_in_every_file(written: dict[str, str]) -> None:
    assert build_file(written["stored"], "xlsx") == written["xlsx"]
    assert build_file(written["stored"], "odf") == written["odf"]
    for kind in KINDS:
        tokens = file_tokens(written[kind], kind)
        assert tokens is not None and build_stored(tokens) == written["stored"]


@pytest.mark.parametrize("formula", [formula for formula, _ in VECTORS["values"]])
def test_every_formula_that_is_computed_can_be_brought_in(formula: str) -> None:
    tokens = file_tokens(formula, "xlsx")
    assert tokens is not None
    stored = build_stored(tokens)
    assert build_file(stored, "xlsx", 0) is not None
    odf = build_file(stored, "odf")
    assert odf is not None and (back := file_tokens(odf, "odf")) is not None and build_stored(back) == stored


@pytest.mark.parametrize(
    "formula",
    [
        "=Sheet2!A1",
        "='[a.xlsx]x'!A1",
        "=SUM(A1:A3 B1:B3)",
        "={1,2;3,4}",
        "=A1#",
        "=cmd|'/c calc'!A0",
        "=Zensuren*2",
        "=1+",
        "=(1",
        "=1)",
        "=",
        "",
        "1",
        "=ABS()",
        "=ABS(1,2)",
        "=,1",
        "=(1,2)",
        "=A:A",
        "=A1:2",
        "=1 2",
        '="',
        "=" + "(" * 65 + "1" + ")" * 65,
        "=" + "1+" * 600 + "1",
        "=Table1[Spalte]",
        "=@A1",
        "=A1:A2:A3",
    ],
)
def test_what_tables_do_not_know_is_no_formula(formula: str) -> None:
    tokens = file_tokens(formula, "xlsx")
    assert tokens is None or formula == "=A:A", "a whole column stands in a range or not at all"


@given(st.text(st.sampled_from("=SUM(A1:$B2),;.+-%\"{c1r}[]&<>#REF! 'ß\n")))
def test_no_text_breaks_the_reading(text: str) -> None:
    for kind in KINDS:
        for formula in (f"={text}", f"of:={text}"):
            tokens = file_tokens(formula, kind)
            if tokens is not None:
                assert stored_tokens(build_stored(tokens)) is not None, formula
    stored_tokens(f"={text}")


@pytest.mark.parametrize("kind", WRITERS)
def test_a_formula_is_whole_after_a_file(kind: str) -> None:
    for written in VECTORS["written"]:
        cells = (Row((7, *[None] * 4)),) * 9
        table = Table((Column(),) * 5, (*cells, Row((Formula(written["stored"], 12.5), None, None, None, 1))))
        found = read(WRITERS[kind](table, "de"), "de")
        assert found.table.rows == table.rows
        assert found.formulas == 0


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("value", ["Text", 1.5, True, "#DIV/0!", None, ""])
def test_the_value_goes_along_where_it_is_known(kind: str, value: str | float | bool | None) -> None:
    data = WRITERS[kind](one("=SUM({c1.r1}:{c1.r9})", value), "de")
    (found,) = [cell for cell in read(data, "de").table.rows[0].cells if isinstance(cell, Formula)]
    assert found.text == "=SUM({c1.r1}:{c1.r9})"
    assert found.value == (0 if value in (None, "") else value)


def test_names_of_columns_push_references_down() -> None:
    table = Table((Column(name="Größe"), Column()), (Row((1, Formula("=SUM({c1.r1}:{c1.$r2})"))), Row((2, None))))
    for write in WRITERS.values():
        formula = read(write(table, "de"), "de").table.rows[1].cells[1]
        assert isinstance(formula, Formula) and formula.text == "=SUM({c1.r2}:{c1.$r3})"


@pytest.mark.parametrize(
    "text",
    ['=WEBSERVICE("http://a/"&A1)', "=HYPERLINK({c1.r1})", "=1+", "=SUM({c1.r1", "=DDE(1)", "=cmd|' /C calc'!A0"],
)
def test_what_could_reach_out_is_text_in_every_file(text: str) -> None:
    doc = open_document([table_seed([Column()] * 2, [Row((1, 2))])])
    doc.get("rows", type=Map)["r1"]["c2"] = text
    table = read_table(doc)
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(table, "t", "de")))
    assert book.active["B1"].data_type == "s"
    assert b"table:formula" not in zipfile.ZipFile(io.BytesIO(write_ods(table, "t", "de"))).read("content.xml")
    assert b";'=" in write_csv(table, "de") or b";\"'=" in write_csv(table, "de")


def test_csv_and_print_hold_values_or_the_text() -> None:
    german, english = LANGUAGES["de"], LANGUAGES["en"]
    assert plain_cell(Formula("=1/2", 0.5), "%", german) == "50%"
    assert plain_cell(Formula("=1/0", "#VALUE!"), "", german) == "#WERT!"
    assert plain_cell(Formula("=1/0", "#VALUE!"), "", english) == "#VALUE!"
    assert write_csv(one("=SUM({c1.r1}:{c1.r9})"), "de").decode("utf-8-sig").startswith("1;'=SUM(A1:A9)\r\n")
    assert write_csv(one("={c1.r1}&{c1.r2}", "=cmd()"), "en").decode("utf-8-sig").startswith("1,'=cmd()\r\n")
    assert shown_formula("=nonsense(") == "=nonsense("


def test_values_that_are_sent_along_are_checked() -> None:
    seed = table_seed([Column()], [Row((Formula("=1+1"),))])
    told = write_file(encode(WriteFile("csv", "de", "t", (seed,), b'[["r1","c1",2.5],["r9","c1",true]]')))
    assert told.decode("utf-8-sig") == "2,5\r\n"
    for values in (b"{}", b"[1]", b'[["r1","c1",null]]', b"\xff", b"[" * 10_000):
        with pytest.raises(ProtocolError):
            write_file(encode(WriteFile("csv", "de", "t", (seed,), values)))
