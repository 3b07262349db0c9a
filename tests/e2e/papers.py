"""Tables and decks as people at a browser use them: open, look, write."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.waits import PATIENCE
from tests.server import Api


def new_document(api: Api, kind: str, *, writers: tuple[str, ...] = (), readers: tuple[str, ...] = ()) -> str:
    """A new document of whoever is logged in, shared by account; return its id."""
    document = str(api.post("/api/v1/documents", {"kind": kind, "title": f"Probe {kind}"})["id"])
    share(api, document, writers=writers, readers=readers)
    return document


def share(api: Api, document: str, *, writers: tuple[str, ...] = (), readers: tuple[str, ...] = ()) -> None:
    """Replace who a document is shared with."""
    rights = [{"subject_kind": "account", "subject": one, "right": "write"} for one in writers]
    rights += [{"subject_kind": "account", "subject": one, "right": "read"} for one in readers]
    api.put(f"/api/v1/documents/{document}/rights", {"rights": rights})


def cell(page: Page, row: int, column: int) -> Locator:
    """A cell of the grid, counted from 0."""
    return page.locator(f"[role=gridcell][data-row='{row}'][data-col='{column}']")


def write_cell(page: Page, row: int, column: int, text: str) -> None:
    """Stand on the cell and type, as a person does."""
    cell(page, row, column).click()
    expect(cell(page, row, column)).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(cell(page, row, column)).to_have_text(text)


def until_cell(page: Page, row: int, column: int, text: str) -> None:
    expect(cell(page, row, column)).to_have_text(text, timeout=PATIENCE)


def grid(page: Page) -> list[str]:
    """The text of every cell on the page."""
    return page.get_by_role("gridcell").all_inner_texts()


def status(page: Page, wanted: str) -> None:
    expect(page.locator("[data-status]")).to_have_attribute("data-status", wanted, timeout=PATIENCE)


def open_table(page: Page) -> Page:
    expect(cell(page, 0, 0)).to_be_visible(timeout=PATIENCE)
    return page


def open_text(page: Page, name: str) -> Locator:
    """Open the text of an element on the slide by keyboard; return what takes the letters."""
    element = page.get_by_role("group", name=re.compile(f"^{name}")).first
    element.focus()
    page.keyboard.press("Enter")
    text = page.get_by_role("textbox", name=re.compile("bearbeiten$"))
    expect(text).to_be_focused()
    return text
