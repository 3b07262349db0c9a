"""Formulas that a teacher writes in German and a pupil reads in English, each screen computing for itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.papers import cell, new_document, open_table, until_cell, write_cell
from tests.e2e.screens import saved
from tests.server import KreideServer

pytestmark = pytest.mark.e2e


def write_formula(page: Page, row: int, column: int, typed: str, result: str) -> None:
    """Stand on the cell, type a formula and see what it gives."""
    cell(page, row, column).click()
    expect(cell(page, row, column)).to_be_focused()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(cell(page, row, column)).to_have_text(result)


def content(page: Page, row: int, column: int) -> str:
    """What the bar above the grid shows of a cell."""
    cell(page, row, column).click()
    expect(cell(page, row, column)).to_be_focused()
    return page.get_by_label(
        "Inhalt" if page.evaluate("document.documentElement.lang") == "de" else "Content"
    ).input_value()


def test_a_formula_written_in_german_is_read_in_english(open_page: OpenPage, server: KreideServer) -> None:
    table = new_document(server.login("teacher"), "table", writers=("pupil1",))
    teacher = open_table(open_page("teacher", f"/document/{table}"))
    pupil = open_table(open_page("pupil1", f"/document/{table}", locale="en-GB"))
    loaded: list[str] = []
    for page in (teacher, pupil):
        page.on("request", lambda request: loaded.append(request.url))

    for row, typed in enumerate(("0,5", "1,25", "2")):
        write_cell(teacher, row, 0, typed)
    until_cell(pupil, 2, 0, "2")
    assert not any("library" in url for url in loaded), "nothing is loaded for a table without formulas"

    write_formula(teacher, 0, 1, "=SUMME(A1:A3)", "3,75")
    until_cell(pupil, 0, 1, "3.75")
    assert content(pupil, 0, 1) == "=SUM(A1:A3)"
    expect(cell(pupil, 0, 1)).to_have_accessible_description("Formula =SUM(A1:A3)")
    write_cell(pupil, 1, 0, "10.5")
    until_cell(teacher, 0, 1, "13")

    _pick_cells_and_names(teacher)
    _copied_to(teacher)
    _errors_in_words(teacher, pupil)
    _taken_along(teacher)
    _rows_come_and_go(teacher, pupil)

    for page in (teacher, pupil):
        saved(page)
    pupil.reload()
    open_table(pupil)
    until_cell(pupil, 0, 1, "13")
    assert content(pupil, 0, 1) == "=SUM(A1:A4)"


def _pick_cells_and_names(page: Page) -> None:
    """A name from the list, a range by the mouse, a cell by arrow keys; then the formula filled down."""
    cell(page, 0, 2).click()
    page.keyboard.type("=mittelw")
    expect(page.get_by_role("option", name="MITTELWERT", exact=False).first).to_be_visible()
    page.keyboard.press("Enter")
    cell(page, 0, 0).hover()
    page.mouse.down()
    cell(page, 1, 0).hover()
    page.mouse.up()
    page.keyboard.type(")+")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(cell(page, 0, 2)).to_have_text("18,5")
    assert content(page, 0, 2) == "=MITTELWERT(A1:A2)+B1"
    cell(page, 2, 2).click(modifiers=["Shift"])
    page.keyboard.press("Control+d")
    expect(cell(page, 1, 2)).to_have_text("6,25")
    assert content(page, 1, 2) == "=MITTELWERT(A2:A3)+B2"


def _copied_to(page: Page) -> None:
    """References move with a copy, in the bar they can be changed, and what is cut keeps them."""
    cell(page, 1, 2).click()
    page.keyboard.press("Control+c")
    cell(page, 1, 3).click()
    page.keyboard.press("Control+v")
    expect(cell(page, 1, 3)).to_have_text("#DIV/0!")
    assert content(page, 1, 3) == "=MITTELWERT(B2:B3)+C2"
    page.get_by_label("Inhalt").click()
    page.keyboard.type("*")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Inhalt").first).to_have_value("=MITTELWERT(B2:B3)+C2*D1")
    page.keyboard.press("Escape")
    cell(page, 1, 3).click()
    page.keyboard.press("Control+x")
    cell(page, 9, 3).click()
    page.keyboard.press("Control+v")
    expect(cell(page, 1, 3)).to_have_text("")
    assert content(page, 9, 3) == "=MITTELWERT(B2:B3)+C2"


def _taken_along(page: Page) -> None:
    """A file holds what the formulas give, in the manner of the reader."""
    saved(page)
    page.get_by_role("button", name="Herunterladen als").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="Text mit Trennzeichen").click()
    lines = waiting.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("0,5;13;18,5") and lines[5].startswith(";#WERT!")


def _errors_in_words(teacher: Page, pupil: Page) -> None:
    write_formula(teacher, 4, 1, "=1/0", "#DIV/0!")
    write_formula(teacher, 5, 1, '="a"+1', "#WERT!")
    until_cell(pupil, 5, 1, "#VALUE!")
    cell(pupil, 5, 1).click()
    expect(pupil.locator(".foot")).to_contain_text("A value is of the wrong kind")
    cell(teacher, 6, 1).click()
    teacher.keyboard.type("=SUMME(A1")
    teacher.keyboard.press("Enter")
    expect(teacher.get_by_role("status").filter(has_text="Klammer")).to_be_visible()
    teacher.keyboard.press("Escape")
    expect(cell(teacher, 6, 1)).to_have_text("")


def _rows_come_and_go(teacher: Page, pupil: Page) -> None:
    """A row inserted by one while the other types: the formula means the same cells for both."""
    cell(teacher, 7, 1).click()
    teacher.keyboard.type("=A3*2")
    cell(pupil, 0, 0).click()
    pupil.get_by_role("button", name="Insert row").click()
    expect(teacher.get_by_label("Inhalt").first).to_have_value("=A4*2")
    teacher.keyboard.press("Enter")
    expect(cell(teacher, 8, 1)).to_have_text("4")
    until_cell(pupil, 8, 1, "4")
