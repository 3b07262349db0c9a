"""Where a formula's references lie, in a document and in a table that was read."""

from __future__ import annotations

import io
import random
import re
from typing import Any

import openpyxl
import pytest
from pycrdt import Map

from collab.formats.jobs import read_file
from collab.formats.orders import ReadFile, decode_table, encode
from collab.formats.reading import open_document, read_table
from collab.schema import Column, Formula, Row, table_seed


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
