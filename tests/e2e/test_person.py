"""The administration and a person's data: how long changes are kept, what there is of somebody, a copy, erasure."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.barriers import barriers
from tests.e2e.conftest import OpenPage
from tests.server import Api, KreideServer

pytestmark = pytest.mark.e2e


def test_the_administration_answers_and_erases(open_page: OpenPage, server: KreideServer, tmp_path: Path) -> None:
    api = server.login("admin")
    made = {"login": "wegda", "role": "pupil", "full_name": "Weg Da", "password": "ein gutes Passwort"}
    account = api.post("/api/v1/accounts", made)
    api.post("/api/v1/classes/demo-8b/enrolments", {"account": account["id"]})

    admin = open_page("admin", "/settings")
    days = admin.get_by_label("Änderungen an Dokumenten aufbewahren (Tage)")
    expect(days).to_have_value("")
    expect(days).to_have_attribute("placeholder", "30")  # the server's
    days.fill("400")
    days.press("Tab")
    expect(admin.get_by_role("alert")).to_contain_text("ganze Zahl von 1 bis 365")
    expect(days).to_have_attribute("aria-invalid", "true")
    days.fill("60")
    days.press("Tab")
    expect(admin.get_by_role("status").filter(has_text="Gespeichert")).to_be_visible()
    expect(admin.get_by_role("alert")).to_have_count(0)
    admin.reload()
    expect(days).to_have_value("60")
    assert not barriers(admin)
    api.patch("/api/v1/school", {"history_days": None})  # as others found it

    admin.goto("/")
    admin.get_by_label("Name oder Benutzername").fill("wegda")
    admin.get_by_role("button", name="Mehr zu Weg Da").click()
    admin.get_by_role("menuitem", name="Auskunft und Löschung …").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog.locator("dd").first).to_have_text("0")
    assert not barriers(admin)
    with admin.expect_download() as loading:
        dialog.get_by_role("link", name="Auskunft herunterladen").click()
    target = tmp_path / "copy.zip"
    loading.value.save_as(target)
    with zipfile.ZipFile(target) as archive:
        assert b"Weg Da" in archive.read("account.json") and b"demo-8b" in archive.read("memberships.json")

    erase = dialog.get_by_role("button", name="Endgültig löschen")
    expect(erase).to_be_disabled()
    dialog.get_by_label(re.compile("Zum Bestätigen")).fill("wegda")
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("status").filter(has_text="Weg Da ist gelöscht.")).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(admin.get_by_text("Dazu gibt es kein Konto.")).to_be_visible()
    assert str(account["id"]) not in str(api.get("/api/v1/accounts"))
    erase_guest(admin, server)


def erase_guest(admin: Page, server: KreideServer) -> None:
    """Somebody who came through a link and has no account is found by name, and goes."""
    link = server.login("teacher").post("/api/v1/meetings/demo-lesson/guest-links", {})
    Api(server.url).post("/api/v1/guest", {"token": link["token"], "name": "Oma Müller"})
    admin.get_by_label("Name oder Ort").fill("müller")
    admin.keyboard.press("Enter")
    admin.get_by_role("button", name="Oma Müller: Auskunft und Löschung …").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="Auskunft herunterladen")).to_be_visible()
    assert not barriers(admin)
    dialog.get_by_label("Zum Bestätigen „Oma Müller“ eingeben").fill("Oma Müller")
    admin.keyboard.press("Enter")
    expect(admin.get_by_text("Niemand ohne Konto hat hier etwas hinterlassen.")).to_be_visible()
    expect(dialog).to_be_hidden()
