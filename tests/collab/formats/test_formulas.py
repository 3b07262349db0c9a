"""Formulas between documents and files: read whole or not at all, and never the text of a stranger."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Map

from collab.errors import ProtocolError
from collab.formats.cells import LANGUAGES, plain_cell
from collab.formats.formulas import FileKind, build_file, build_stored, file_tokens, shown_formula, stored_tokens
from collab.formats.functions import ALSO, FUNCTIONS, function_name
from collab.formats.jobs import read, read_file, write_file
from collab.formats.names import LanguageName
from collab.formats.orders import ReadFile, WriteFile, decode_table, encode
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


def test_a_formula_means_what_it_meant_after_rows_moved_and_went() -> None:
    rows = [Row((number,)) for number in range(1, 6)]
    doc = open_document([table_seed([Column()] * 2, rows)])
    shapes: Map[Any] = doc.get("rows", type=Map)
    shapes["r1"]["c2"] = "=SUM({c1.r2}:{c1.r5})"
    shapes["r3"]["c2"] = "={c1.$r5}"
    shapes["r4"]["c2"] = "=SUM({c1.}:{c9.})"
    doc.get("dead", type=Map)["r5"] = shapes["r5"]["!"]
    table = read_table(doc, {("r1", "c2"): 9})
    assert [row.cells[1] for row in table.rows] == [
        Formula("=SUM({c1.r2}:{c1.r4})", 9),
        None,
        Formula("=#REF!"),
        Formula("=SUM(#REF!)"),
    ]
    shapes["r2"]["!"] = "zz"
    assert read_table(doc).rows[0].cells[1] == Formula("=SUM({c1.r4}:{c1.r4})"), "r2 stands last, right behind r5"


@pytest.mark.parametrize("seed", range(5))
def test_ranges_of_lines_that_went_and_moved_hold_no_stranger(seed: int) -> None:
    chance = random.Random(seed)
    doc = open_document([table_seed([Column()] * 2, [Row((number,)) for number in range(8)])])
    shapes: Map[Any] = doc.get("rows", type=Map)
    for line in chance.sample(range(2, 9), 4):
        doc.get("dead", type=Map)[f"r{line}"] = shapes[f"r{line}"]["!"]
    for first in range(2, 9):
        for last in range(2, 9):
            shapes["r1"]["c2"] = f"=SUM({{c1.r{first}}}:{{c1.r{last}}})"
            table = read_table(doc)
            (formula,) = [cell for cell in table.rows[0].cells if isinstance(cell, Formula)]
            alive = [row.cells[0] for row in table.rows]
            wanted = [
                cell for cell in alive if isinstance(cell, float) and min(first, last) <= cell + 1 <= max(first, last)
            ]
            ends = [int(end) for end in re.findall(r"r(\d+)\}", formula.text)]
            assert (alive[min(ends) - 1 : max(ends)] if ends else []) == wanted, (seed, first, last)


def test_csv_and_print_hold_values_or_the_text() -> None:
    german, english = LANGUAGES["de"], LANGUAGES["en"]
    assert plain_cell(Formula("=1/2", 0.5), "%", german) == "50%"
    assert plain_cell(Formula("=1/0", "#VALUE!"), "", german) == "#WERT!"
    assert plain_cell(Formula("=1/0", "#VALUE!"), "", english) == "#VALUE!"
    assert write_csv(one("=SUM({c1.r1}:{c1.r9})"), "de").decode("utf-8-sig").startswith("1;'=SUM(A1:A9)\r\n")
    assert write_csv(one("={c1.r1}&{c1.r2}", "=cmd()"), "en").decode("utf-8-sig").startswith("1,'=cmd()\r\n")
    assert shown_formula("=nonsense(") == "=nonsense("


def test_a_formula_of_an_imported_file_is_stored_with_ids() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    rows = [(1, "=SUM(A1:A500)"), (2, "=A4+1"), (3, "=Z40"), ("x", "=Other!A1"), (4, "=UNBEKANNT(A1)"), (5, "=a1:b$2")]
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    made = decode_table(read_file(encode(ReadFile("de", out.getvalue()))))
    shapes = open_document([made.state]).get("rows", type=Map).to_py()
    assert shapes is not None
    assert [shapes[f"r{number}"].get("c2") for number in range(1, 7)] == [
        "=SUM({c1.r1}:{c1.r40})",
        "={c1.r4}+1",
        "={c26.r40}",
        None,
        "=UNBEKANNT({c1.r1})",
        "={c1.r1}:{c2.$r2}",
    ]
    assert made.formulas == 1


def test_values_that_are_sent_along_are_checked() -> None:
    seed = table_seed([Column()], [Row((Formula("=1+1"),))])
    told = write_file(encode(WriteFile("csv", "de", "t", (seed,), b'[["r1","c1",2.5],["r9","c1",true]]')))
    assert told.decode("utf-8-sig") == "2,5\r\n"
    for values in (b"{}", b"[1]", b'[["r1","c1",null]]', b"\xff", b"[" * 10_000):
        with pytest.raises(ProtocolError):
            write_file(encode(WriteFile("csv", "de", "t", (seed,), values)))
