"""A teacher splits a lesson into groups: four pupils are sent off, visited, spoken to and called back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.barriers import barriers, violations
from tests.e2e.conftest import OpenPage
from tests.e2e.screens import SIZES, WRITE, enter, in_room, new_meeting
from tests.e2e.waits import until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
PUPILS = ("pupil1", "pupil2", "pupil3", "pupil4")
NAMES = {"pupil1": "Amira", "pupil2": "Ben", "pupil3": "Charlotte", "pupil4": "Deniz"}


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Gruppenarbeit")


def place(page: Page) -> str:
    """Which group a page shows itself in."""
    expect(bar(page)).to_be_visible()
    return bar(page).get_attribute("data-group") or ""


def left(page: Page) -> int:
    """How many seconds a page says that the groups have left."""
    said = bar(page).get_by_role("timer").inner_text()
    found = re.search(r"noch (\d+):(\d\d)", said)
    assert found is not None, said
    return 60 * int(found[1]) + int(found[2])


def call_groups(page: Page) -> Locator:
    """Open the dialog; what is open still, since its answer came too late for a busy page, is closed first."""
    dialog = page.locator("dialog[open]")
    until(lambda: dialog.count() == 0 or dialog.get_by_role("alert").count() > 0, "the dialog is done")
    if dialog.count() > 0:
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Gruppen", exact=True).last.click()
    return page.locator("dialog[open]")


def look(page: Page, name: str, size: str, shots: Callable[[Page, str], None]) -> None:
    """Keep a picture at this size, and see that it holds no barrier and nothing that is too wide."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    shots(page, name)
    assert barriers(page) == []


def prepare_beforehand(teacher: Page, title: str) -> None:
    """Two groups are prepared at home, and are there when they are looked at again."""
    teacher.goto("/")
    menu = teacher.get_by_role("button", name=f"Mehr zu {title}")
    for again in (False, True):
        menu.click()
        teacher.get_by_role("menuitem", name="Gruppen vorbereiten").click()
        dialog = teacher.get_by_role("dialog", name="Gruppen vorbereiten")
        seat = dialog.get_by_label("Gruppe für Amira")
        if again:
            expect(seat.locator("option:checked")).to_have_text("Gruppe 2")
            dialog.get_by_role("button", name="Abbrechen").click()
        else:
            dialog.get_by_label("Wie viele Gruppen").select_option("2")
            seat.select_option(label="Gruppe 2")
            assert violations(teacher) == []
            dialog.locator("footer .primary").click()
        expect(teacher.locator("dialog[open]")).to_have_count(0)


def dissolve(teacher: Page, title: str) -> None:
    """A learning group goes only when the question was answered."""
    keep = teacher.get_by_role("button", name=f"Lerngruppe {title} ändern")
    keep.click()
    dialog = teacher.locator("dialog[open]")
    dialog.get_by_role("button", name="Auflösen").click()
    expect(dialog).to_contain_text(f"„{title}“ auflösen?")
    assert violations(teacher) == []
    dialog.get_by_role("button", name="Abbrechen").click()
    expect(dialog.get_by_role("button", name="Speichern")).to_be_visible()
    dialog.get_by_role("button", name="Auflösen").click()
    dialog.locator("footer .danger").click()
    expect(keep).to_have_count(0)


def camera_on(page: Page) -> None:
    page.get_by_role("button", name="Kamera aus").click()
    expect(page.get_by_role("button", name="Kamera an")).to_be_visible()


def test_a_lesson_in_groups(open_page: OpenPage, server: KreideServer, shots: Callable[[Page, str], None]) -> None:
    api = server.login("teacher")
    deck = api.post("/api/v1/documents", {"kind": "deck", "title": "Aufgaben"})["id"]
    lesson = new_meeting(api, "lesson", "Gruppenprobe", school_class="demo-8b", documents=[deck])
    teacher = open_page("teacher", "/login")
    new_meeting(api, "lesson", "Planprobe", school_class="demo-8b")
    api.post("/api/v1/learning-groups", {"title": "Auflösprobe"})
    prepare_beforehand(teacher, "Planprobe")
    dissolve(teacher, "Auflösprobe")
    enter(teacher, lesson)
    pages = {account: open_page(account, "/login") for account in PUPILS}
    early, late = dict(list(pages.items())[:3]), pages["pupil4"]
    for page in early.values():
        enter(page, lesson)
        camera_on(page)
    expect(teacher.locator("figure.tile")).to_have_count(4)

    # By keyboard: two groups by chance, and one pupil put where another is.
    teacher.get_by_role("button", name="Gruppen", exact=True).focus()
    teacher.keyboard.press("Enter")
    work = teacher.locator("dialog[open]")
    work.get_by_label("Wie viele Gruppen").select_option("2")
    work.get_by_role("button", name="Gruppen bilden").press("Enter")
    for account, group in (("pupil1", "Gruppe 1"), ("pupil2", "Gruppe 1"), ("pupil3", "Gruppe 2")):
        seat = work.get_by_label(f"Gruppe für {NAMES[account]}")
        seat.select_option(group)
        expect(seat).to_be_enabled()
    work.get_by_label("Folien mitgeben").select_option(label="Aufgaben")
    work.get_by_role("checkbox", name="Folie 1").check()
    expect(work.get_by_role("status")).to_contain_text("eine Kopie von 1 Folie")
    for size in ("phone", "desktop"):
        look(teacher, f"groups-prepared-{size}", size, shots)
    expect(bar(pages["pupil1"])).to_have_count(0)
    work.get_by_label("Dauer").select_option("10 min")
    work.get_by_role("button", name="Losschicken").click()

    # Everybody sees their own group only: its people with their pictures, its chat, its document.
    amira, ben, charlotte = (pages[account] for account in ("pupil1", "pupil2", "pupil3"))
    for page, count in ((amira, 2), (ben, 2), (charlotte, 1), (teacher, 1)):
        expect(page.locator("figure.tile")).to_have_count(count)
    assert place(amira) == place(ben) != place(charlotte) and place(teacher) == ""
    expect(amira.locator("figure.tile video[data-fresh=true][data-slot]")).to_have_count(1)
    for page, title in ((amira, "Gruppe 1"), (charlotte, "Gruppe 2")):
        expect(page.locator("#tafel .toolbar")).to_contain_text("1 / 1")
        expect(page.locator("#tafel .slide")).to_contain_text(title)
    began = left(amira)
    assert began < 11 * 60  # ten minutes, by the clock of a page that may hear late
    until(lambda: left(amira) < began, "the time runs")
    amira.get_by_placeholder(WRITE).fill("Nur für uns")
    amira.get_by_placeholder(WRITE).press("Enter")
    expect(ben.get_by_text("Nur für uns")).to_be_visible()
    shots(amira, "groups-in-a-group")

    # Who reloads is back in the group; who comes late has one and goes there.
    ben.reload()
    enter_again(ben)
    assert place(ben) == place(amira)
    expect(ben.get_by_text("Nur für uns")).to_be_visible()
    enter(late, lesson)
    expect(bar(late)).to_contain_text("Zugeteilt: Gruppe 2")
    look(late, "groups-late-phone", "phone", shots)
    bar(late).get_by_role("button", name="Zur Gruppe").click()
    expect(charlotte.locator("figure.tile")).to_have_count(2)
    assert place(late) == place(charlotte)

    # The teacher visits one group and speaks to all.
    call_groups(teacher).get_by_role("button", name="Gruppe 1 besuchen").click()
    expect(bar(teacher)).to_contain_text("Zu Besuch: Gruppe 1")
    expect(amira.locator("figure.tile")).to_have_count(3)
    expect(charlotte.locator("figure.tile")).to_have_count(2)
    expect(teacher.get_by_text("Nur für uns")).to_be_visible()
    work = call_groups(teacher)
    work.get_by_label("Hinweis an alle Gruppen").fill("Denkt an die Skizze")
    work.get_by_role("button", name="Senden").click()
    for page in pages.values():
        expect(page.get_by_role("alert").filter(has_text="Denkt an die Skizze")).to_be_visible()
    before = left(charlotte)
    work.get_by_role("button", name="+3 min").click()
    until(lambda: left(charlotte) > before, "there is more time")
    assert left(charlotte) < before + 4 * 60
    look(teacher, "groups-working", "desktop", shots)

    # Everybody is called back, sees the time run, and is together with all again.
    work.get_by_label("Wann?").select_option("in 30 s")
    work.get_by_role("button", name="Alle zurückholen").click()
    expect(bar(charlotte).get_by_role("timer")).to_contain_text("Gleich geht es zurück zu allen")
    shots(charlotte, "groups-closing")
    assert violations(charlotte) == []
    for page in (teacher, *pages.values()):
        expect(page.locator("figure.tile")).to_have_count(5)
    expect(bar(charlotte)).to_have_count(0)
    expect(charlotte.get_by_text("Nur für uns")).to_have_count(0)

    # What the groups made is in the lesson's deck, and shown to all.
    work = call_groups(teacher)
    look(teacher, "groups-results", "phone", shots)
    teacher.set_viewport_size({"width": 1440, "height": 900})
    work.get_by_role("button", name="Alle Ergebnisse").click()
    expect(charlotte.locator("#tafel .toolbar")).to_contain_text("1 / 3")

    # Ended for all: who comes by the address again is told so.
    teacher.get_by_role("button", name="Mehr", exact=True).click()
    teacher.get_by_role("menuitem", name="Für alle beenden").click()
    teacher.locator("dialog[open]").get_by_role("button", name="Für alle beenden").click()
    expect(charlotte.get_by_role("heading", name="Das Treffen ist beendet")).to_be_visible()
    charlotte.goto(f"/meeting/{lesson}")
    charlotte.get_by_role("button", name="Beitreten").click()
    expect(charlotte.get_by_role("heading", name="Das Treffen ist beendet")).to_be_visible()


def enter_again(page: Page) -> None:
    page.get_by_role("button", name="Beitreten").click()
    in_room(page)
