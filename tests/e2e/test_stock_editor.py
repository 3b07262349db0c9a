"""A page with the stock y-prosemirror editor and the stock provider beside our own, in real browsers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.papers import new_document
from tests.e2e.screens import saved
from tests.e2e.waits import until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
SOURCE = Path(__file__).parent / "stock" / "editor.js"
CLIENT = Path(__file__).parents[2] / "web" / "client"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page's script with the packages as they are, in one file."""
    folder = tmp_path_factory.mktemp("stock")
    (folder / "editor.js").write_text(SOURCE.read_text())
    (folder / "node_modules").symlink_to(CLIENT / "node_modules")
    bundle = folder / "bundle.js"
    rolldown = CLIENT / "node_modules" / ".bin" / "rolldown"
    subprocess.run([rolldown, "editor.js", "--file", bundle, "--format", "iife"], cwd=folder, check=True)
    return bundle.read_text()


def notes(page: Page) -> str:
    """The paragraphs of a stock editor, without the carets of others."""
    found = page.evaluate(
        """() => [...document.querySelectorAll('.ProseMirror p')].map((line) => {
            const copy = line.cloneNode(true)
            copy.querySelectorAll('.ProseMirror-yjs-cursor').forEach((caret) => caret.remove())
            return copy.textContent.replaceAll(/[\\u2060\\ufeff]/g, '')
        }).join('\\n')"""
    )
    return str(found)


def test_a_stock_prosemirror_page_works_unmodified(open_page: OpenPage, server: KreideServer, script: str) -> None:
    deck = new_document(server.login("teacher"), "deck", writers=("pupil1",))
    pupil = open_page("pupil1", f"/healthz#{deck}")  # any page of this origin without a program of ours
    pupil.evaluate("document.body.replaceChildren()")
    pupil.evaluate(script)
    editor = pupil.locator(".ProseMirror")
    editor.click()
    pupil.keyboard.type("Pupil writes")

    teacher = open_page("teacher", f"/document/{deck}")
    teacher.get_by_role("button", name="Notizen").click()
    ours = teacher.get_by_role("textbox", name="Notizen")
    expect(ours).to_contain_text("Pupil writes")
    teacher.keyboard.press("Control+End")
    teacher.keyboard.press("Enter")
    teacher.keyboard.type("Teacher too")
    saved(teacher)
    caret = editor.locator(".ProseMirror-yjs-cursor")
    until(lambda: notes(pupil) == "Pupil writes\nTeacher too", "the stock editor has the teacher's line")
    expect(caret).to_contain_text("Yıldız")  # the name is the server's, not what the other page claims
    pupil.keyboard.press("Control+End")
    pupil.keyboard.type("!")
    expect(ours).to_contain_text("Teacher too!")
    until(lambda: notes(pupil) == "Pupil writes\nTeacher too!", "both show the same")
    pupil.keyboard.press("Control+z")
    expect(ours).not_to_contain_text("!")
