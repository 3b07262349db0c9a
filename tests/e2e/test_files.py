"""A file becomes a table in the browser, is worked on, and leaves as a file again."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.barriers import barriers
from tests.e2e.conftest import OpenPage
from tests.e2e.papers import cell, open_table, until_cell, write_cell
from tests.e2e.screens import saved
from tests.e2e.waits import PATIENCE

pytestmark = pytest.mark.e2e
VECTORS = Path(__file__).parents[1] / "vectors" / "formats"


def choose(page: Page, file: Path) -> None:
    """Open the dialog by keyboard, choose a file in it."""
    page.get_by_role("button", name="Datei einlesen").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Datei einlesen")
    expect(dialog).to_be_visible(timeout=PATIENCE)
    dialog.get_by_label("Datei", exact=True).set_input_files(file)


def barriers_on_a_phone(page: Page) -> list[str]:
    page.set_viewport_size({"width": 390, "height": 844})
    found = barriers(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    return found


def test_a_spreadsheet_is_read_in_edited_and_taken_along(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("teacher", "/")
    choose(page, VECTORS / "libreoffice.xls")
    page.get_by_role("button", name="Einlesen", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("im alten Format .xls", timeout=PATIENCE)
    assert not barriers_on_a_phone(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Datei einlesen")).to_be_focused()
    choose(page, VECTORS / "libreoffice.xlsx")
    expect(page.get_by_label("Titel")).to_have_value("libreoffice")
    page.get_by_label("Titel").fill("Noten 8b: Größe")
    page.keyboard.press("Enter")
    done = page.get_by_role("dialog", name="Die Tabelle ist fertig")
    expect(done).to_contain_text("1 weiteres Blatt kam nicht mit.", timeout=PATIENCE)
    expect(done).not_to_contain_text("Formel")
    done.get_by_role("button", name="Öffnen").click()

    open_table(page)
    until_cell(page, 1, 0, "Änne Groß")
    expect(cell(page, 1, 2)).to_have_text("12,5 %")
    expect(cell(page, 1, 3)).to_have_text("07.03.2011")
    until_cell(page, 4, 1, "0,25")
    write_cell(page, 1, 1, "1,75")
    until_cell(page, 4, 1, "0,33")
    saved(page)
    assert not barriers_on_a_phone(page)
    page.get_by_role("button", name="Herunterladen als …").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Excel (.xlsx)")).to_be_focused()
    with page.expect_download(timeout=PATIENCE) as started:
        page.keyboard.press("Enter")
    assert started.value.suggested_filename == "Noten 8b Größe.xlsx"
    started.value.save_as(tmp_path / "back.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO((tmp_path / "back.xlsx").read_bytes())).active
    assert [sheet["A2"].value, sheet["B2"].value, sheet["C2"].value] == ["Änne Groß", 1.75, 0.125]
    assert sheet["B5"].value == "=AVERAGE(B2:B4)"
    assert sheet["G3"].value == "=1+1" and sheet["G3"].data_type == "s" and sheet["G3"].quotePrefix
