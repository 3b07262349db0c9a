"""Meetings and learning groups: a teacher moves one, invites a family, calls it off; the family sees each of it."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.barriers import violations
from tests.e2e.conftest import OpenPage
from tests.e2e.screens import MINUTE
from tests.server import KreideServer

pytestmark = pytest.mark.e2e


def test_a_meeting_is_moved_and_called_off(open_page: OpenPage, server: KreideServer) -> None:
    # at ten: the dialog plans within one day, and half an hour later it may be the next one
    ten = time.localtime(time.time() + 48 * 3600)
    begin = round(time.mktime((*ten[:3], 10, 0, 0, 0, 0, -1)) * 1000)
    body = {"kind": "consultation", "title": "Beratung Igel", "starts_at": begin, "ends_at": begin + 30 * MINUTE}
    server.login("teacher").post("/api/v1/meetings", body)
    teacher = open_page("teacher", "/")
    change(teacher, "Ändern")
    dialog = teacher.get_by_role("dialog", name="Treffen ändern")
    dialog.get_by_label("Titel").fill("Beratung Familie Brandt")
    dialog.get_by_label("Tag", exact=True).fill(time.strftime("%Y-%m-%d", time.localtime(begin / 1000 + 3 * 24 * 3600)))
    expect(dialog.get_by_text("verschoben ist")).to_be_visible()
    dialog.get_by_role("searchbox").fill("anne brandt")
    dialog.get_by_role("button", name=re.compile("^Anne Brandt.*hinzufügen$")).press("Enter")
    assert violations(teacher) == []
    dialog.get_by_role("button", name="Speichern").click()
    expect(dialog).to_be_hidden()
    family = open_page("guardian5", "/", size=(390, 844))
    expect(row(family)).to_contain_text("verschoben")
    expect(row(family).get_by_role("link", name=re.compile("^Öffnen"))).to_be_visible()
    change(teacher, "Absagen")
    expect(row(teacher)).to_contain_text("fällt aus")
    family.reload()
    expect(row(family)).to_contain_text("fällt aus")
    expect(row(family).get_by_role("link")).to_have_count(0)
    change(teacher, "Findet doch statt")
    expect(row(teacher)).to_contain_text("verschoben")


def test_a_teacher_keeps_a_learning_group(open_page: OpenPage) -> None:
    teacher = open_page("teacher", "/")
    teacher.get_by_role("button", name="Neue Lerngruppe").click()
    dialog = teacher.get_by_role("dialog", name="Neue Lerngruppe")
    dialog.get_by_label("Name", exact=True).fill("Igel-AG")
    dialog.get_by_label("Aus der Klasse").select_option(label="8b")
    dialog.get_by_role("button", name="Alle Schüler/innen hinzufügen").click()
    expect(dialog.get_by_role("group", name="Mitglieder (31)")).to_be_visible()
    dialog.get_by_role("button", name="Amira Haddad entfernen").click()
    dialog.get_by_role("button", name="Anlegen").click()
    expect(dialog).to_be_hidden()
    teacher.get_by_role("button", name="Lerngruppe Igel-AG ändern").click()
    kept = teacher.get_by_role("dialog", name="Lerngruppe ändern")
    expect(kept.get_by_role("group", name="Mitglieder (30)")).to_be_visible()
    kept.get_by_label("Name", exact=True).fill("Igel-Gruppe")
    kept.get_by_role("button", name="Speichern").click()
    expect(kept).to_be_hidden()
    pupil = open_page("pupil2", "/", size=(390, 844))
    expect(pupil.get_by_role("link", name=re.compile("^Igel-Gruppe.*Lerngruppe"))).to_be_visible()
    expect(pupil.get_by_role("button", name=re.compile("Lerngruppe"))).to_have_count(0)


def row(page: Page) -> Locator:
    return page.get_by_role("listitem").filter(has_text="Sprechzeit").filter(has_text="Beratung ")


def change(page: Page, entry: str) -> None:
    """Choose an entry of the meeting's menu."""
    page.get_by_role("button", name=re.compile("^Mehr zu Beratung")).press("Enter")
    page.get_by_role("menuitem", name=entry).press("Enter")
