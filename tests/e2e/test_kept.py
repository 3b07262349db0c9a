"""What a device keeps of documents is a help: where it is broken or taken away, the work goes on with the server."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.papers import new_document, open_table, until_cell, write_cell
from tests.e2e.screens import saved
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
# Nothing of the device's store ever answers: another tab, or a disk that is worn out.
HANGS = """
IDBFactory.prototype.open = () => ({});
IDBFactory.prototype.deleteDatabase = () => ({});
IDBFactory.prototype.databases = () => new Promise(() => undefined);
"""
# A damaged profile.
FAILS = "IDBFactory.prototype.databases = () => Promise.reject(new DOMException('', 'UnknownError'));"
# What another tab does when somebody logs out there; to this page it is as if the device had closed the store.
TAKE_AWAY = """async () => {
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const found = names.filter((name) => name.startsWith('kreide.document.'));
  for (const name of found)
    await new Promise((resolve, reject) =>
      Object.assign(indexedDB.deleteDatabase(name), { onsuccess: resolve, onerror: reject, onblocked: reject }));
  return found.length;
}"""


@pytest.mark.parametrize("broken", [HANGS, FAILS], ids=["hangs", "fails"])
def test_a_broken_store_keeps_nobody_from_a_document(open_page: OpenPage, server: KreideServer, broken: str) -> None:
    table = new_document(server.login("teacher"), "table")
    page = open_page("teacher", "/login")
    page.add_init_script(broken)
    page.goto(f"/document/{table}")
    open_table(page)
    write_cell(page, 2, 1, "trotzdem")
    saved(page)


def test_a_broken_store_keeps_nobody_from_logging_in(open_page: OpenPage) -> None:
    page = open_page(None, "/login")
    page.add_init_script(HANGS)
    page.reload()
    page.get_by_label("Benutzername").fill("pupil6")
    page.get_by_label("Passwort").fill("kreide")
    page.get_by_label("Das Gerät benutzen auch andere").check()
    page.get_by_role("button", name="Anmelden", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(", ")


def test_a_store_that_is_taken_away_ends_no_saving(open_page: OpenPage, server: KreideServer) -> None:
    table = new_document(server.login("teacher"), "table", writers=("pupil1",))
    teacher, pupil = open_table(open_page("teacher", f"/document/{table}")), open_page("pupil1", f"/document/{table}")
    open_table(pupil)
    write_cell(teacher, 2, 1, "vorher")
    until_cell(pupil, 2, 1, "vorher")
    other_tab = teacher.context.new_page()
    other_tab.goto("/")
    assert other_tab.evaluate(TAKE_AWAY) == 1
    for row, text in enumerate(("danach", "und weiter", "bis zum Ende"), 3):
        write_cell(teacher, row, 1, text)
        until_cell(pupil, row, 1, text)
    saved(teacher)
