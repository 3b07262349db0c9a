"""The past of a document in real browsers: who wrote when, an old state, a name, bringing it back, erasing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.barriers import barriers
from tests.e2e.conftest import OpenPage
from tests.e2e.papers import cell, grid, new_document, open_table, status, until_cell, write_cell
from tests.e2e.screens import saved
from tests.server import KreideServer

pytestmark = pytest.mark.e2e


def panel(page: Page) -> None:
    """Open the history."""
    page.get_by_role("button", name=re.compile("^(Verlauf|History)$")).click()
    expect(page.get_by_role("heading", level=2, name=re.compile("Verlauf|History"))).to_be_focused()


def test_looking_naming_and_bringing_back(open_page: OpenPage, server: KreideServer) -> None:
    table = new_document(server.login("teacher"), "table", writers=("pupil1",))
    teacher = open_table(open_page("teacher", f"/document/{table}"))
    panel(teacher)
    expect(teacher.get_by_text("Noch hat niemand etwas geändert.")).to_be_visible()
    teacher.get_by_role("button", name="Verlauf schließen").click()
    expect(teacher.get_by_role("button", name="Verlauf", exact=True)).to_be_focused()
    write_cell(teacher, 0, 0, "gut so")
    saved(teacher)

    panel(teacher)
    expect(teacher.locator("aside .line")).to_contain_text("Yıldız")
    teacher.get_by_label("Jetzigen Stand benennen").fill("Vor der Gruppenarbeit")
    teacher.keyboard.press("Enter")
    version = teacher.get_by_role("button", name=re.compile("^Vor der Gruppenarbeit"))
    expect(version).to_be_visible()
    expect(teacher.get_by_role("status").filter(has_text="heißt jetzt")).to_be_visible()
    assert not barriers(teacher)
    teacher.get_by_role("button", name="Verlauf schließen").click()

    pupil = open_table(open_page("pupil1", f"/document/{table}", size=(390, 844)))
    until_cell(pupil, 0, 0, "gut so")
    write_cell(pupil, 0, 0, "Unsinn")
    write_cell(pupil, 1, 0, "auch wichtig")
    saved(pupil)
    until_cell(teacher, 1, 0, "auch wichtig")

    panel(teacher)
    version.focus()
    teacher.keyboard.press("Enter")
    old = teacher.get_by_role("region", name="Vor der Gruppenarbeit")
    expect(old.get_by_role("grid")).to_have_attribute("aria-readonly", "true")
    until_cell(teacher, 0, 0, "gut so")
    expect(cell(teacher, 1, 0)).to_have_text("")
    assert not barriers(teacher)
    until_cell(pupil, 0, 0, "Unsinn")
    old.get_by_role("button", name="Wiederherstellen").click()
    teacher.get_by_role("dialog").get_by_role("button", name="Wiederherstellen").click()
    expect(old).to_have_count(0)
    for page in (teacher, pupil):
        until_cell(page, 0, 0, "gut so")
        expect(cell(page, 1, 0)).to_have_text("")
        status(page, "saved")

    # Nothing is lost: what was there before lies in the history, also on a phone.
    panel(pupil)
    expect(pupil.get_by_role("grid")).to_be_hidden()
    assert not barriers(pupil)
    pupil.get_by_role("button", name=re.compile("^Vor dem Wiederherstellen")).click()
    until_cell(pupil, 1, 0, "auch wichtig")
    assert not barriers(pupil)
    expect(pupil.get_by_role("button", name="Zum Verlauf")).to_be_focused()
    pupil.keyboard.press("Enter")
    expect(pupil.get_by_role("heading", name="Verlauf")).to_be_focused()
    pupil.get_by_role("button", name=re.compile("^Vor dem Wiederherstellen")).click()
    pupil.get_by_role("button", name="Wiederherstellen", exact=True).click()
    pupil.get_by_role("dialog").get_by_role("button", name="Wiederherstellen").click()
    until_cell(teacher, 1, 0, "auch wichtig")


def test_a_reader_looks_and_an_owner_erases(open_page: OpenPage, server: KreideServer) -> None:
    deck = new_document(server.login("teacher"), "deck", readers=("pupil2",))
    table = new_document(server.login("teacher"), "table", writers=("pupil1",), readers=("pupil2",))
    teacher = open_table(open_page("teacher", f"/document/{table}"))
    writer = open_table(open_page("pupil1", f"/document/{table}"))
    write_cell(writer, 0, 0, "bleibt nicht")
    write_cell(teacher, 1, 0, "bleibt")
    for page in (teacher, writer):
        saved(page)

    reader = open_table(open_page("pupil2", f"/document/{table}", locale="en-GB"))
    panel(reader)
    expect(reader.get_by_role("complementary").get_by_role("textbox")).to_have_count(0)
    expect(reader.get_by_role("button", name="Erase what a person wrote")).to_have_count(0)
    reader.locator("aside .line").first.click()
    expect(reader.get_by_role("button", name="Restore")).to_have_count(0)
    until_cell(reader, 0, 0, "bleibt nicht")
    reader.goto(f"/document/{deck}")
    panel(reader)
    reader.get_by_role("button", name="Close history").click()

    writer.context.set_offline(True)
    status(writer, "offline")
    panel(teacher)
    teacher.get_by_role("button", name="Beiträge einer Person löschen").click()
    dialog = teacher.get_by_role("dialog")
    teacher.set_viewport_size({"width": 390, "height": 844})  # where the history takes the document's place
    expect(dialog).to_be_visible()
    assert not barriers(teacher)
    teacher.set_viewport_size({"width": 1440, "height": 900})
    dialog.get_by_label("Person").select_option("pupil1")
    dialog.get_by_role("button", name="Endgültig löschen").click()
    expect(dialog).to_be_hidden()
    until_cell(teacher, 1, 0, "bleibt")
    expect(cell(teacher, 0, 0)).to_have_text("")

    # Whoever was away comes back: the erased does not come with them.
    until_cell(writer, 0, 0, "bleibt nicht")
    writer.context.set_offline(False)
    expect(cell(writer, 0, 0)).to_have_text("")
    status(writer, "saved")
    write_cell(writer, 2, 0, "wieder da")
    until_cell(teacher, 2, 0, "wieder da")
    assert "bleibt nicht" not in grid(teacher) + grid(writer)
    writer.reload()
    until_cell(writer, 2, 0, "wieder da")
    assert "bleibt nicht" not in grid(writer)
