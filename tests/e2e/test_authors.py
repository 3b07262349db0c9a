"""Who wrote what, in real browsers: shown on demand, by colour, by pointer, by keyboard; through reload and erasure."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.barriers import barriers
from tests.e2e.conftest import OpenPage
from tests.e2e.papers import cell, new_document, open_table, open_text, until_cell, write_cell
from tests.e2e.screens import saved
from tests.e2e.waits import PATIENCE
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
SHOW = re.compile("^(Zeigen, wer was geschrieben hat|Show who wrote what)$")


def show(page: Page) -> None:
    """Turn the authors on, by keyboard."""
    switch = page.get_by_role("button", name=SHOW)
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.focus()
    page.keyboard.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "true")


def test_who_wrote_what(open_page: OpenPage, server: KreideServer) -> None:
    """A slide that two wrote, then a table; a reader on a phone sees the same; the erased has no name."""
    api = server.login("teacher")
    deck = new_document(api, "deck", writers=("pupil1",))
    teacher, pupil = open_page("teacher", f"/document/{deck}"), open_page("pupil1", f"/document/{deck}")
    teacher.get_by_role("button", name="Text", exact=True).click()
    expect(teacher.get_by_role("textbox", name=re.compile("bearbeiten$"))).to_be_focused()
    teacher.keyboard.type("Der Scheitel ")
    expect(pupil.locator("article.slide").first).to_contain_text("Der Scheitel", timeout=PATIENCE)
    open_text(pupil, "Textfeld: Der Scheitel")
    pupil.keyboard.press("End")
    pupil.keyboard.type("liegt unten")
    for page in (teacher, pupil):
        page.keyboard.press("Escape")
        saved(page)
    expect(teacher.locator("article.slide").first).to_contain_text("liegt unten", timeout=PATIENCE)
    asked: list[str] = []
    teacher.on("request", lambda request: asked.append(request.url) if request.url.endswith("/authors") else None)
    teacher.reload()
    expect(teacher.locator("article.slide").first).to_contain_text("liegt unten", timeout=PATIENCE)
    assert not asked, "nothing is computed before somebody asks"
    show(teacher)
    bar = teacher.get_by_role("region", name="Wer was geschrieben hat")
    expect(bar.get_by_role("listitem")).to_have_count(3)
    marks = teacher.locator("article.slide mark")
    expect(marks).to_have_text(
        [re.compile(r"^Der Scheitel +\(Frau Yıldız, "), re.compile(r"^liegt unten \(Amira H\., ")]
    )
    marks.nth(1).focus()
    expect(bar.locator(".now")).to_contain_text(re.compile(r"Amira H\., \d\d:\d\d"))
    marks.nth(0).hover()
    expect(bar.locator(".now")).to_contain_text(re.compile(r"Frau Yıldız, \d\d:\d\d"))
    teacher.keyboard.press("Delete")
    expect(marks).to_have_count(2)
    assert not barriers(teacher)
    open_text(teacher, "Textfeld: Der Scheitel")
    expect(teacher.locator(".prose .by")).to_have_count(2)
    teacher.keyboard.press("Escape")

    table = new_document(api, "table", writers=("pupil1",), readers=("pupil2",))
    for page in (teacher, pupil):
        page.goto(f"/document/{table}")
        open_table(page)
    write_cell(pupil, 0, 0, "vom Kind")
    write_cell(teacher, 1, 0, "Lehrkraft")
    for page in (teacher, pupil):
        saved(page)
    reader = open_table(open_page("pupil2", f"/document/{table}", locale="en-GB", size=(390, 844)))
    until_cell(reader, 1, 0, "Lehrkraft")
    show(reader)
    now = reader.get_by_role("region", name="Who wrote what").locator(".now")
    cell(reader, 1, 0).click()
    expect(now).to_contain_text("Frau Yıldız")
    expect(cell(reader, 1, 0)).to_have_accessible_description(re.compile(r"^Written by: Frau Yıldız, \d\d:\d\d"))
    expect(cell(reader, 2, 0)).to_have_accessible_description("")
    assert not barriers(reader)
    api.post(f"/api/v1/documents/{table}/erasure", {"account": "teacher"})
    expect(cell(reader, 1, 0)).to_have_text("", timeout=PATIENCE)
    show(reader)
    cell(reader, 0, 0).click()
    expect(now).to_contain_text("Amira H.")
    expect(reader.get_by_role("region", name="Who wrote what")).not_to_contain_text("Yıldız")
