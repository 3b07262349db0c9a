"""A teacher leads the chat of a class, and pupils write in it, in real browsers."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.server import KreideServer

pytestmark = pytest.mark.e2e


@pytest.fixture
def channel(server: KreideServer) -> str:
    """The chat of a class of its own, with a teacher and two pupils."""
    head = server.login("head")
    school_class = head.post("/api/v1/classes", {"title": f"Klasse {uuid4().hex[:4]}"})
    for account in ("teacher", "pupil1", "pupil2"):
        head.post(f"/api/v1/classes/{school_class['id']}/enrolments", {"account": account})
    return f"/channel/{school_class['channel']}"


def write(page: Page, text: str) -> None:
    field = page.get_by_role("textbox", name="Nachricht an alle")
    field.fill(text)
    field.press("Enter")


def message(page: Page, text: str) -> Locator:
    return page.locator("article.msg", has_text=text)


def choose(page: Page, text: str, item: str) -> None:
    """Open a message's menu and choose from it."""
    message(page, text).hover()
    message(page, text).get_by_role("button", name=re.compile("^Mehr zur Nachricht")).click()
    page.get_by_role("menuitem", name=item).locator("visible=true").click()


def set_mode(page: Page, before: str, after: str) -> None:
    page.get_by_role("button", name=f"Wer schreibt: {before}").click()
    page.get_by_role("menuitemradio", name=after, exact=True).click()
    expect(page.get_by_role("button", name=f"Wer schreibt: {after}")).to_be_visible()


def test_a_teacher_moderates(open_page: OpenPage, channel: str) -> None:
    teacher, amira, ben = (open_page(account, channel) for account in ("teacher", "pupil1", "pupil2"))
    write(amira, "Guten Morgen")
    expect(message(ben, "Guten Morgen")).to_be_visible()

    set_mode(teacher, "Alle", "Nur Lehrkräfte")
    expect(amira.get_by_text("Gerade schreiben hier nur Lehrkräfte.")).to_be_visible()
    expect(amira.get_by_role("textbox")).to_have_count(0)

    set_mode(teacher, "Nur Lehrkräfte", "Alle, nach Freigabe")
    for text in ("Darf ich das fragen?", "Das lieber nicht"):
        write(amira, text)
        expect(message(amira, text)).to_contain_text("wartet auf Freigabe")
    waiting = teacher.get_by_role("region", name="Wartet auf Freigabe")
    asked = waiting.get_by_role("listitem").filter(has_text="Darf ich")
    asked.get_by_role("button", name=re.compile("^Freigeben")).click()
    waiting.get_by_role("button", name=re.compile("^Nicht freigeben")).click()
    expect(waiting).to_have_count(0)
    expect(message(ben, "Darf ich das fragen?")).to_be_visible()
    expect(message(amira, "Das lieber nicht")).to_contain_text("nicht freigegeben")
    expect(message(ben, "Das lieber nicht")).to_have_count(0)

    teacher.get_by_role("button", name="Wer schreibt:").click()
    teacher.get_by_role("menuitemradio", name="30 Tage").click()
    teacher.get_by_role("button", name="Wer schreibt:").click()
    expect(teacher.get_by_role("menuitemradio", name="30 Tage")).to_have_attribute("aria-checked", "true")
    teacher.keyboard.press("Escape")
    choose(teacher, "Guten Morgen", "Nachricht löschen")
    expect(ben.get_by_text("Diese Nachricht wurde gelöscht.")).to_be_visible()
    set_mode(teacher, "Alle, nach Freigabe", "Niemand")
    expect(teacher.get_by_text("Der Chat ist gerade aus.")).to_be_visible()
    ben.reload()
    expect(ben.get_by_text("Der Chat ist gerade aus.")).to_be_visible()
    expect(message(ben, "Darf ich das fragen?")).to_be_visible()


def test_pupils_answer_name_edit_and_sign(open_page: OpenPage, channel: str) -> None:
    amira, ben = open_page("pupil1", channel), open_page("pupil2", channel)
    write(amira, "Was ist der Scheitel?")
    choose(ben, "Was ist der Scheitel?", "Antworten")
    field = ben.get_by_role("textbox", name="Nachricht an alle")
    field.type("Der höchste Punkt, @ami")
    ben.get_by_role("option", name="Amira H.").click()
    expect(field).to_have_value("Der höchste Punkt, @Amira H. ")
    field.press("Enter")
    answer = message(amira, "Der höchste Punkt")
    expect(answer).to_contain_text("an dich")
    expect(answer.locator(".quote")).to_contain_text("Was ist der Scheitel?")

    choose(ben, "Der höchste Punkt", "Bearbeiten")
    expect(field).to_have_value("Der höchste Punkt, @Amira H.")
    field.fill("Der höchste oder tiefste Punkt")
    field.press("Enter")
    expect(message(amira, "tiefste Punkt")).to_contain_text("bearbeitet")

    choose(amira, "tiefste Punkt", "Gut")
    message(ben, "tiefste Punkt").get_by_role("button", name="Gut: 1").click()
    both = message(amira, "tiefste Punkt").get_by_role("button", name="Gut: 2")
    expect(both).to_have_attribute("aria-pressed", "true")
    choose(ben, "tiefste Punkt", "Nachricht löschen")
    expect(amira.get_by_text("Diese Nachricht wurde gelöscht.")).to_be_visible()
    amira.reload()
    expect(amira.get_by_text("Diese Nachricht wurde gelöscht.")).to_be_visible()


def test_lines_are_kept_and_who_is_away_is_named(
    open_page: OpenPage, channel: str, shots: Callable[[Page, str], None]
) -> None:
    """Nobody but the writer is here: who belongs to the class can be named, and sees it on coming."""
    amira = open_page("pupil1", channel)
    field = amira.get_by_role("textbox", name="Nachricht an alle")
    field.press_sequentially("Zum Referat, @b")
    amira.get_by_role("option", name="Ben K.").click()
    low = field.bounding_box()
    field.press_sequentially("und alle:")
    for line in ("1. Quellen", "2. Plakat"):
        field.press("Shift+Enter")
        field.press_sequentially(line)
    high = field.bounding_box()
    shots(amira, "chat-lines-desktop-de")
    assert low is not None and high is not None and high["height"] > low["height"] + 30
    field.press("Enter")
    expect(field).to_have_value("")
    expect(message(amira, "Zum Referat").locator("p")).to_have_js_property(
        "innerText", "Zum Referat, @Ben K. und alle:\n1. Quellen\n2. Plakat"
    )
    assert (field.bounding_box() or low)["height"] == low["height"]
    choose(amira, "Zum Referat", "Bearbeiten")
    field.press_sequentially("!")
    field.press("Enter")
    expect(message(amira, "2. Plakat!")).to_contain_text("bearbeitet")

    ben = open_page("pupil2", channel, size=(390, 844))
    expect(message(ben, "2. Plakat!")).to_contain_text("an dich")
    expect(message(ben, "2. Plakat!").locator("p")).to_have_js_property(
        "innerText", "Zum Referat, @Ben K. und alle:\n1. Quellen\n2. Plakat!"
    )
    field = ben.get_by_role("textbox", name="Nachricht an alle")
    field.fill("Ich mache")
    field.press("Enter")
    field.press_sequentially("das Plakat")
    shots(ben, "chat-lines-phone-de")
    ben.get_by_role("button", name="Senden").click()
    expect(message(amira, "Ich mache").locator("p")).to_have_js_property("innerText", "Ich mache\ndas Plakat")


def test_a_message_far_back_is_found(open_page: OpenPage, channel: str) -> None:
    amira = open_page("pupil1", channel)
    write(amira, "Der Scheitel liegt bei zwei")
    expect(message(amira, "Der Scheitel")).not_to_contain_text("gesendet")
    amira.get_by_role("button", name="Suchen").click()
    field = amira.get_by_role("searchbox", name="In diesem Chat suchen")
    field.fill("gibtesnicht")
    field.press("Enter")
    expect(amira.get_by_text("Nichts gefunden.")).to_be_visible()
    field.fill("scheit bei")
    field.press("Enter")
    hit = amira.get_by_role("search").get_by_role("listitem").get_by_role("button")
    hit.click()
    expect(message(amira, "Der Scheitel")).to_be_focused()


def test_what_is_unread_is_shown_until_it_is_read(open_page: OpenPage, channel: str) -> None:
    amira = open_page("pupil1", channel)
    for number in range(3):
        write(amira, f"Nachricht {number}")
        expect(message(amira, f"Nachricht {number}")).not_to_contain_text("gesendet")
    ben = open_page("pupil2", "/")
    entry = ben.get_by_role("listitem").filter(has=ben.locator(f"a[href='{channel}']")).filter(has_text="ungelesen")
    expect(entry).to_contain_text(re.compile(r"3\s*ungelesen"))
    ben.goto(channel)
    expect(message(ben, "Nachricht 2")).to_be_visible()
    ben.get_by_role("link", name="Heute").first.click()
    expect(ben.locator(f"a[href='{channel}']").first).to_be_visible()
    expect(entry).to_have_count(0)

    complaints: list[str] = []
    ben.on("pageerror", lambda error: complaints.append(str(error)))
    ben.goto(channel)  # all of it was read before
    expect(message(ben, "Nachricht 2")).to_be_visible()
    assert complaints == []
