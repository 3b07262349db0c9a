"""Tables and decks that several people edit in real browsers: they converge, and "saved" means stored."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.papers import cell, grid, new_document, open_table, open_text, status, until_cell, write_cell
from tests.e2e.screens import enter, new_lesson, saved
from tests.e2e.waits import PATIENCE, until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
WRITTEN = """(whole) => {
  const text = document.querySelector('[role=textbox][aria-multiline]').cloneNode(true);
  text.querySelectorAll('[aria-hidden=true]').forEach((one) => one.remove());
  return text.innerText.replaceAll(/[\\u2060\\ufeff]/g, '').replaceAll('\\u00a0', ' ').trim() === whole;
}"""


def pressed(page: Page, keys: str, reader: Page, whole: str) -> bool:
    """Press once more; whether the other one reads this. The slower somebody types, the more steps there are."""
    page.keyboard.press(keys)
    return bool(reader.evaluate(WRITTEN, whole))


def test_two_people_in_one_table(open_page: OpenPage, server: KreideServer) -> None:
    table = new_document(server.login("teacher"), "table", writers=("pupil1",))
    teacher = open_table(open_page("teacher", f"/document/{table}"))
    pupil = open_table(open_page("pupil1", f"/document/{table}"))

    cell(teacher, 2, 1).click()
    expect(pupil.locator("[role=gridcell][data-name]")).to_have_attribute("data-name", re.compile("Yıldız"))
    expect(pupil.get_by_role("img", name="Gerade hier: Frau Yıldız")).to_be_visible()
    write_cell(teacher, 2, 1, "Länge")
    until_cell(pupil, 2, 1, "Länge")
    write_cell(pupil, 3, 1, "0,5")
    until_cell(teacher, 3, 1, "0,5")
    write_cell(teacher, 4, 0, "von der Lehrkraft")
    write_cell(pupil, 4, 2, "vom Kind")
    pupil.get_by_role("button", name="Zeile einfügen").click()
    until_cell(teacher, 4, 2, "vom Kind")
    for page in (teacher, pupil):
        saved(page)
    expect(teacher.get_by_text("21 Zeilen")).to_be_visible()
    expect(pupil.get_by_text("21 Zeilen")).to_be_visible()
    until(lambda: grid(teacher) == grid(pupil), "both see the same")
    before = grid(teacher)
    for _ in range(4):  # more often than there is something to undo
        teacher.get_by_role("grid").press("Control+z")
    until_cell(teacher, 4, 0, "")
    assert (cell(teacher, 3, 1).inner_text(), cell(teacher, 4, 2).inner_text()) == ("0,5", "vom Kind")
    for _ in range(4):
        teacher.get_by_role("grid").press("Control+y")
    until(lambda: grid(teacher) == before == grid(pupil), "only the own words went, and came back")
    saved(teacher)
    teacher.reload()
    open_table(teacher)
    until_cell(teacher, 4, 2, "vom Kind")
    until(lambda: grid(teacher) == before, "the same after loading the page again")
    expect(teacher.get_by_role("button", name="Rückgängig")).to_be_disabled()


def test_two_people_in_one_deck(open_page: OpenPage, server: KreideServer) -> None:
    deck = new_document(server.login("teacher"), "deck", writers=("pupil1",))
    teacher, pupil = open_page("teacher", f"/document/{deck}"), open_page("pupil1", f"/document/{deck}")
    teacher.get_by_role("button", name="Text", exact=True).click()
    text = teacher.get_by_role("textbox", name=re.compile("bearbeiten$"))
    expect(text).to_be_focused()
    teacher.keyboard.type("Der Scheitel liegt bei")
    stage = pupil.locator("article.slide").first
    expect(stage).to_contain_text("Der Scheitel liegt bei", timeout=PATIENCE)
    expect(pupil.locator(".who").first).to_contain_text("Yıldız")

    # Both write in the same box, letter by letter in turn: no cursor may jump.
    open_text(pupil, "Textfeld: Der Scheitel")
    pupil.keyboard.press("End")
    teacher.keyboard.press("Home")
    for first, second in zip("Merke:   ", " S(2 | 1)", strict=True):
        teacher.keyboard.type(first)
        pupil.keyboard.type(second)
    whole = "Merke:   Der Scheitel liegt bei S(2 | 1)"
    for page in (teacher, pupil):
        # The whole text: names of cursors are shown, but belong to nobody's words.
        page.wait_for_function(WRITTEN, arg=whole, timeout=PATIENCE)
        saved(page)
    for keys, left in (("Control+z", "S(2 | 1)"), ("Control+y", whole)):  # the box itself has to stay: it holds words
        until(partial(pressed, teacher, keys, pupil, left), f"the pupil reads {left}")
    saved(teacher)
    teacher.keyboard.press("Escape")

    teacher.get_by_role("button", name="Neue Folie").click()
    expect(pupil.get_by_role("button", name=re.compile("^Folie 2"))).to_be_visible(timeout=PATIENCE)
    saved(teacher)
    teacher.reload()
    expect(teacher.locator("article.slide").first).to_contain_text(whole, timeout=PATIENCE)


def test_without_network_changes_wait_and_heal(open_page: OpenPage, server: KreideServer) -> None:
    table = new_document(server.login("teacher"), "table", writers=("pupil1",))
    teacher = open_table(open_page("teacher", f"/document/{table}"))
    pupil = open_table(open_page("pupil1", f"/document/{table}"))
    write_cell(pupil, 0, 0, "vorher")
    saved(pupil)

    pupil.context.set_offline(True)
    status(pupil, "offline")
    write_cell(pupil, 1, 0, "ohne Netz")
    write_cell(pupil, 2, 0, "noch eins")
    expect(pupil.locator("[data-status]")).to_contain_text(re.compile("Änderungen warten"))
    write_cell(teacher, 1, 1, "inzwischen")
    saved(teacher)
    expect(cell(teacher, 1, 0)).to_have_text("")

    pupil.context.set_offline(False)
    status(pupil, "saved")
    for page in (teacher, pupil):
        until_cell(page, 1, 0, "ohne Netz")
        until_cell(page, 2, 0, "noch eins")
        until_cell(page, 1, 1, "inzwischen")
    until(lambda: grid(teacher) == grid(pupil), "both see the same")


def test_work_without_network_outlives_the_tab(open_page: OpenPage, server: KreideServer) -> None:
    table = new_document(server.login("teacher"), "table")
    page = open_table(open_page("teacher", f"/document/{table}"))
    saved(page)
    page.context.set_offline(True)
    status(page, "offline")
    write_cell(page, 0, 0, "unterwegs geschrieben")
    context = page.context
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/document/{table}")
    until_cell(page, 0, 0, "unterwegs geschrieben")
    saved(page)
    other = open_table(open_page("teacher", f"/document/{table}"))
    until_cell(other, 0, 0, "unterwegs geschrieben")


def test_a_killed_server_keeps_what_was_shown_as_saved(open_page: OpenPage, tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    try:
        table = new_document(server.login("teacher"), "table", writers=("pupil1",))
        teacher = open_table(open_page("teacher", f"/document/{table}", url=server.url))
        write_cell(teacher, 0, 0, "gespeichert")
        saved(teacher)
        server.kill()
        status(teacher, "offline")
        write_cell(teacher, 1, 0, "während des Ausfalls")
        expect(teacher.locator("[data-status]")).to_contain_text("1 Änderung wartet")
        server.start()
        status(teacher, "saved")
        server.kill()
        server.start()
        pupil = open_table(open_page("pupil1", f"/document/{table}", url=server.url))  # a browser that has no copy
        until_cell(pupil, 0, 0, "gespeichert")
        until_cell(pupil, 1, 0, "während des Ausfalls")
        status(teacher, "saved")
    finally:
        server.kill()


def test_who_may_only_read_cannot_type(open_page: OpenPage, server: KreideServer) -> None:
    api = server.login("teacher")
    table = new_document(api, "table", readers=("pupil1",))
    deck = new_document(api, "deck", readers=("pupil1",))
    reader = open_table(open_page("pupil1", f"/document/{table}"))
    expect(reader.locator("[data-status]")).to_have_text("Nur lesen")
    expect(reader.get_by_role("grid")).to_have_attribute("aria-readonly", "true")
    expect(reader.get_by_role("toolbar")).to_have_count(0)
    cell(reader, 0, 0).click()
    reader.keyboard.type("nein")
    reader.keyboard.press("Enter")
    cell(reader, 1, 1).dblclick()
    reader.keyboard.type("nein")
    reader.keyboard.press("Enter")
    writer = open_table(open_page("teacher", f"/document/{table}"))
    write_cell(writer, 2, 0, "ja")
    until_cell(reader, 2, 0, "ja")
    assert "nein" not in grid(reader) + grid(writer)
    reader.goto(f"/document/{deck}")
    expect(reader.locator("[data-status]")).to_have_text("Nur lesen")
    expect(reader.get_by_role("button", name="Neue Folie")).to_have_count(0)


def test_a_document_is_made_at_home(open_page: OpenPage) -> None:
    page = open_page("teacher", "/")
    for kind, title in (("Tabelle", "Noten der Woche"), ("Präsentation", "Tangenten und Sekanten")):
        page.get_by_role("button", name="Neu", exact=True).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(kind).check()
        dialog.get_by_label("Titel").fill(title)
        dialog.get_by_role("button", name="Anlegen").click()
        expect(page).to_have_url(re.compile("/document/"))
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
        saved(page)
        expect(page).to_have_title(re.compile(title))
        page.get_by_role("link", name="Zurück zur Übersicht").click()
        expect(page.get_by_role("link", name=title)).to_be_visible()


def test_the_class_follows_the_slide(open_page: OpenPage, server: KreideServer) -> None:
    lesson = new_lesson(server.login("teacher"))
    teacher, pupil = open_page("teacher", "/"), open_page("pupil1", "/")
    enter(teacher, lesson)
    enter(pupil, lesson)
    teacher.get_by_role("button", name=re.compile("^Inhalt")).click()
    teacher.get_by_role("menuitem", name="Parabeln").click()
    board = pupil.get_by_role("region", name="Tafel")
    expect(board.get_by_role("heading", name="Die Normalparabel verschieben")).to_be_visible(timeout=PATIENCE)
    expect(pupil.get_by_role("button", name="Nächste Folie")).to_have_count(0)
    teacher.get_by_role("button", name="Nächste Folie").click()
    expect(board.get_by_role("heading", name="Wiederholung")).to_be_visible(timeout=PATIENCE)

    late = open_page("pupil2", "/", size=(390, 844))
    enter(late, lesson)
    theirs = late.get_by_role("region", name="Tafel")
    expect(theirs.get_by_role("heading", name="Wiederholung")).to_be_visible(timeout=PATIENCE)

    teacher.get_by_role("button", name=re.compile("^Inhalt")).click()
    teacher.get_by_role("menuitem", name="Messreihe Fadenpendel").click()
    for page in (pupil, late):
        expect(page.get_by_role("grid", name="Tabelle Messreihe Fadenpendel")).to_be_visible(timeout=PATIENCE)
    teacher.get_by_role("button", name=re.compile("^Inhalt")).click()
    teacher.get_by_role("menuitem", name="Tafel leeren").click()
    expect(board.get_by_text("Die Tafel ist noch leer.")).to_be_visible()


def test_presenting_on_the_whole_screen(open_page: OpenPage) -> None:
    page = open_page("teacher", "/document/demo-deck")
    page.get_by_role("button", name="Vorführen").click()
    show = page.get_by_role("dialog", name="Vorführen")
    expect(show.get_by_text("1 / 5")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(show.get_by_text("2 / 5")).to_be_visible()
    expect(show.get_by_text("Wiederholung").first).to_be_visible()
    page.keyboard.press("End")
    expect(show.get_by_text("5 / 5")).to_be_visible()
    page.keyboard.press("Escape")
    expect(show).to_be_hidden()
