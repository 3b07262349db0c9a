"""Our files opened by LibreOffice, where it is installed (Debian: libreoffice-calc libreoffice-impress)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from collab.formats.deck_odp import write_odp
from collab.formats.deck_pptx import write_pptx
from collab.formats.reading import Deck, Table
from collab.formats.table_csv import read_csv
from collab.formats.table_ods import write_ods
from collab.formats.table_xlsx import write_xlsx
from tests.collab.formats.samples import DECK, TABLE
from tests.collab.formats.test_decks import pages

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
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
