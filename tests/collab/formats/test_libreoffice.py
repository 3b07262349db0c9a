"""Our files opened by LibreOffice, where it is installed (Debian: libreoffice-calc libreoffice-impress)."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from collab.formats.deck_odp import write_odp
from collab.formats.deck_pptx import write_pptx
from collab.formats.formulas import build_stored, file_tokens
from collab.formats.jobs import read
from collab.formats.reading import Deck, Table
from collab.formats.table_csv import read_csv
from collab.formats.table_ods import write_ods
from collab.formats.table_xlsx import write_xlsx
from collab.schema import Column, Formula, Row
from tests.collab.formats.samples import DECK, TABLE
from tests.collab.formats.test_decks import pages

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
VECTORS = Path(__file__).parents[2] / "vectors"
EXACT = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,false"


def convert(folder: Path, to: str, *files: Path) -> list[Path]:
    """Let LibreOffice save the files as something else."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(folder / "out"), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=150)
    return [folder / "out" / f"{file.stem}.{to.partition(':')[0]}" for file in files]


def test_it_reads_in_our_tables_what_we_wrote(tmp_path: Path) -> None:
    files = [tmp_path / "a.xlsx", tmp_path / "b.ods"]
    files[0].write_bytes(write_xlsx(TABLE, "Noten", "de"))
    files[1].write_bytes(write_ods(TABLE, "Noten", "de"))
    for saved in convert(tmp_path, EXACT, *files):
        assert values(read_csv(saved.read_bytes(), "en").table) == values(TABLE), saved.name


def formulas() -> tuple[Table, list[object]]:
    """The formulas of the vectors in one row below their cells, none with a value; and what they give."""
    found = json.loads((VECTORS / "formulas.json").read_text())
    wide = [(build_stored(file_tokens(formula, "xlsx") or []), value) for formula, value in found["values"]]
    rows = [Row((*cells, *[None] * len(wide))) for cells in found["cells"]]
    last = Row((*[None] * len(found["cells"][0]), *(Formula(stored) for stored, _ in wide)))
    return Table((Column(),) * len(last.cells), (*rows, last)), [value for _, value in wide]


def test_it_computes_our_formulas_as_we_do(tmp_path: Path) -> None:
    table, wanted = formulas()
    files = [tmp_path / "a.xlsx", tmp_path / "b.ods"]
    files[0].write_bytes(write_xlsx(table, "Formeln", "de"))
    files[1].write_bytes(write_ods(table, "Formeln", "de"))
    for saved in convert(tmp_path, EXACT, *files):
        lines = csv.reader(io.StringIO(saved.read_text("utf-8-sig")), delimiter=";")
        given = list(lines)[-1][-len(wanted) :]
        for formula, value, shown in zip(table.rows[-1].cells[-len(wanted) :], wanted, given, strict=True):
            assert same(value, shown), (saved.name, formula, value, shown)


def same(value: object, shown: str) -> bool:
    if isinstance(value, bool):
        return shown in (str(value).upper(), str(int(value)))
    if isinstance(value, int | float):
        return not shown.startswith("#") and math.isclose(float(shown), value, rel_tol=1e-9, abs_tol=1e-9)
    return shown == value or (str(value).startswith("#") and shown.startswith("Err:"))


def test_it_saves_our_formulas_as_we_read_them(tmp_path: Path) -> None:
    table, _ = formulas()
    ours = tmp_path / "a.ods"
    ours.write_bytes(write_ods(table, "Formeln", "de"))
    (saved,) = convert(tmp_path, "xlsx", ours)
    found = read(saved.read_bytes(), "de")
    assert found.formulas == 0
    for wanted, given in zip(table.rows[-1].cells, found.table.rows[-1].cells, strict=True):
        if isinstance(wanted, Formula):
            assert isinstance(given, Formula)
            assert re.sub(r"(TRUE|FALSE)\(\)", r"\1", given.text) == wanted.text


def values(table: Table) -> list[tuple[object, ...]]:
    """Cells; LibreOffice writes no more than ten digits behind a number's point, and no tabs."""
    return [tuple(rounded(cell) for cell in row.cells) for row in table.rows]


def rounded(cell: object) -> object:
    if isinstance(cell, str):
        return cell.replace("\t", "")
    return f"{round(cell, 6) + 0:.12g}" if isinstance(cell, float | int) and not isinstance(cell, bool) else cell


def test_it_shows_every_slide(tmp_path: Path) -> None:
    files = [tmp_path / "a.pptx", tmp_path / "b.odp"]
    deck = Deck(DECK.slides)
    files[0].write_bytes(write_pptx(deck, "Brüche", "de"))
    files[1].write_bytes(write_odp(deck, "Brüche", "de"))
    for saved in convert(tmp_path, "pdf", *files):
        assert pages(saved.read_bytes()) == len(DECK.slides), saved.name
        assert re.search(rb"/MediaBox\s*\[\s*0 0 9(59|60)[.\d]* 5(39|40)", saved.read_bytes()), saved.name
