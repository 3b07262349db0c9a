"""A school begins with a class list and a first lesson; one that has grown is looked through and makes its choices."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
LIST = "Nachname;Vorname;Klasse;Rolle;Benutzername\nProbe;Frau;9z;Lehrkraft;probe9z\nProbe;Kai;9z\nProbe;Ada;9z;Kapitän"


def test_from_a_class_list_to_a_lesson(open_page: OpenPage) -> None:
    admin = open_page("admin", "/")
    admin.get_by_role("button", name="Klassenliste einlesen").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Liste", exact=True).fill(LIST)
    expect(dialog.get_by_role("status").first).to_have_text("2 Personen, 1 Klasse")
    expect(dialog.get_by_role("alert")).to_have_text("Nicht lesbar: Zeile 4")
    dialog.get_by_role("button", name="Einlesen", exact=True).click()
    slip = admin.get_by_role("listitem").filter(has_text="probe9z").first
    password = slip.locator("code").inner_text()
    admin.get_by_role("button", name="9z", exact=True).click()
    expect(dialog.get_by_text("Kai Probe")).to_be_visible()

    teacher = open_page(None, "/login")
    teacher.get_by_label("Benutzername").fill("Probe9z")
    teacher.get_by_label("Passwort").fill(password)
    teacher.get_by_role("button", name="Anmelden").click()
    teacher.get_by_role("button", name="Planen").click()
    plan = teacher.get_by_role("dialog")
    expect(plan.get_by_label("Klasse oder Lerngruppe")).to_contain_text("9z")
    plan.get_by_label("Titel").fill("Sachkunde: Der Igel")
    plan.get_by_role("button", name="Planen").click()
    expect(plan).to_be_hidden()
    # Now, later today, or tomorrow where the day is nearly over: it is there, and leads to its door.
    expect(teacher.get_by_text("Sachkunde: Der Igel")).to_be_visible()
    teacher.locator("a[href^='/meeting/']").first.click()
    expect(teacher.get_by_role("button", name=re.compile("^Beitreten$"))).to_be_visible()

    teacher.get_by_role("link", name="Zur Übersicht").first.click()
    teacher.context.set_offline(True)
    teacher.get_by_role("link", name="Chat", exact=True).click()
    expect(teacher.get_by_role("alert")).to_contain_text("Keine Verbindung")
    teacher.context.set_offline(False)
    teacher.get_by_role("button", name="Noch einmal versuchen").click()
    expect(teacher.get_by_role("heading", level=1, name="Gespräche")).to_be_visible()


def test_a_grown_school_is_looked_through_and_makes_its_choices(open_page: OpenPage, server: KreideServer) -> None:
    """More accounts than a page; a codec of its own, and back to the server's."""
    api = server.login("admin")
    for number in range(30):
        api.post(
            "/api/v1/accounts", {"login": f"gross{number}", "role": "pupil", "full_name": f"Ömer Groß{number:02d}"}
        )
    admin = open_page("admin", "/school")
    shown = admin.get_by_text(re.compile("^50 von [0-9]+ Personen$"))
    expect(shown).to_be_visible()
    admin.get_by_role("button", name=re.compile("weitere zeigen$")).click()
    expect(shown).to_be_hidden()
    admin.get_by_label("Name oder Benutzername").fill("omer gross29")
    expect(admin.get_by_text("1 Person", exact=True)).to_be_visible()
    expect(admin.get_by_text("Ömer Groß29")).to_be_visible()
    admin.get_by_role("button", name="8b", exact=True).click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Aufnehmen", exact=True).fill("gross29")
    dialog.get_by_role("button", name="Ömer Groß29 aufnehmen").click()
    dialog.get_by_role("button", name="Ömer Groß29 herausnehmen").click()
    expect(dialog.get_by_role("button", name="Ömer Groß29 aufnehmen")).to_be_visible()

    admin.goto("/settings")
    codec = admin.get_by_label("Bildformat der Kameras")
    expect(codec.locator("option:checked")).to_have_text("Wie der Server (VP8)")
    for choice, stored in (("av1", "av1"), ("Wie der Server (VP8)", None)):
        with admin.expect_response(lambda answer: answer.request.method == "PATCH") as answer:
            codec.select_option(choice)
        assert answer.value.request.post_data_json == {"video_codec": stored}, "only what was changed"
        told = api.get("/api/v1/school")
        assert (told["video_codec"], told["history_days"]) == (stored, None)
