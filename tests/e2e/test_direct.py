"""A teacher at a desk, a pupil with a phone and a guardian write to each other and see how the others are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.screens import enter, new_lesson
from tests.e2e.waits import until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
PHONE = (390, 844)
Shots = Callable[[Page, str], None]


@pytest.fixture
def rules(server: KreideServer) -> None:
    """As a school begins."""
    server.login("head").patch("/api/v1/school", {"direct": "teachers", "direct_keep_days": None})
    server.login("teacher").patch("/api/v1/me/settings", {"away": False, "quiet": None})


def say(page: Page, to: str, text: str) -> None:
    field = page.get_by_role("textbox", name=to)
    field.fill(text)
    page.get_by_role("button", name=re.compile("^(Send|Senden)$")).click()
    expect(page.locator("article.msg", has_text=text)).not_to_contain_text(re.compile("gesendet|sent|sending"))


def begin(page: Page, button: str, name: str, who: str) -> None:
    """Find somebody and open the conversation."""
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill(name)
    dialog.get_by_role("button", name=re.compile(who)).click()


@pytest.mark.usefixtures("rules")
def test_teacher_pupil_and_guardian(open_page: OpenPage, server: KreideServer, shots: Shots) -> None:
    teacher = open_page("teacher", "/talks")
    pupil = open_page("pupil1", "/talks", locale="en-GB", size=PHONE)

    # The pupil finds the own teacher and nobody else.
    expect(pupil.get_by_text("No direct messages yet.")).to_be_visible()
    pupil.get_by_role("button", name="Write a message").click()
    dialog = pupil.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    shots(pupil, "direct-find-phone-en")
    dialog.get_by_role("searchbox").fill("ben")
    expect(dialog.get_by_text("Nobody by this name")).to_be_visible()
    dialog.get_by_role("searchbox").fill("yıl")
    dialog.get_by_role("button", name=re.compile("Frau Yıldız")).click()
    say(pupil, "Message to Frau Yıldız", "May I hand it in tomorrow?")

    # The teacher sees it in the list, with who is there; then who writes.
    entry = teacher.get_by_role("navigation", name="Direktnachrichten").get_by_role("listitem").filter(has_text="Amira")
    expect(entry).to_contain_text(re.compile(r"1\s*ungelesen"))
    expect(entry).to_contain_text("da")
    expect(teacher).to_have_title(re.compile(r"^\(\d+\) Gespräche"))
    shots(teacher, "direct-list-desktop-de")
    entry.get_by_role("link").click()
    expect(teacher.locator("article.msg", has_text="May I hand it in")).to_be_visible()
    answer = teacher.get_by_role("textbox", name="Nachricht an Amira Haddad")

    def writes() -> bool:
        answer.press_sequentially("Ja, ")
        return pupil.get_by_text("Frau Yıldız is writing …").is_visible()

    until(writes, "who writes is seen")  # for as long as they do
    shots(pupil, "direct-typing-phone-en")
    say(teacher, "Nachricht an Amira Haddad", "Ja, bis acht Uhr.")
    expect(pupil.get_by_text("is writing …")).to_have_count(0)

    # The guardian, and the family's name in the teacher's search.
    begin(teacher, "Nachricht schreiben", "nadia", "Nadia Haddad")
    say(teacher, "Nachricht an Nadia Haddad", "Guten Tag, Frau Haddad.")
    guardian = open_page("guardian1", "/talks", size=(1024, 768))
    guardian.get_by_role("link", name="Frau Yıldız").click()
    expect(guardian.locator("article.msg", has_text="Guten Tag")).to_be_visible()
    guardian.get_by_role("button", name="Nachricht schreiben").click()
    expect(guardian.get_by_role("dialog").get_by_role("listitem")).to_have_count(2)
    shots(guardian, "direct-find-tablet-de")
    guardian.keyboard.press("Escape")

    # Quiet hours: who writes sees until when, and the message arrives.
    teacher.goto("/settings")
    teacher.get_by_role("switch", name="Ruhezeit einhalten").check()
    now = datetime.now(ZoneInfo("Europe/Berlin"))  # the school's
    teacher.get_by_label("Von").fill(f"{now - timedelta(hours=11):%H:%M}")
    teacher.get_by_label("Bis", exact=True).fill(f"{now + timedelta(hours=11):%H:%M}")
    teacher.get_by_label("Bis", exact=True).press("Tab")
    expect(teacher.get_by_text("Gespeichert")).to_be_visible()
    shots(teacher, "settings-desktop-de")
    teacher.goto("/talks")
    expect(guardian.get_by_text(re.compile("^Frau Yıldız hat Ruhezeit bis"))).to_be_visible()
    shots(guardian, "direct-quiet-tablet-de")
    say(guardian, "Nachricht an Frau Yıldız", "Vielen Dank.")
    expect(teacher.get_by_role("link", name="Nadia Haddad")).to_be_visible()
    expect(teacher).to_have_title("Gespräche · Kreide")  # no notice

    # The school changes its rule: both go on reading, nobody writes.
    head = open_page("head", "/settings")
    expect(head.get_by_role("radio", name=re.compile("Mit den eigenen"))).to_be_checked()
    shots(head, "settings-head-desktop-de")
    head.get_by_role("radio", name=re.compile("Nur im Kollegium")).check()
    expect(pupil.get_by_text("The rules of the school do not allow writing here any more.")).to_be_visible()
    expect(pupil.get_by_role("textbox")).to_have_count(0)
    expect(pupil.locator("article.msg", has_text="Ja, bis acht Uhr.")).to_be_visible()
    shots(pupil, "direct-closed-phone-en")
    head.get_by_role("radio", name=re.compile("Mit den eigenen Lehrkräften")).check()
    expect(pupil.get_by_role("textbox", name="Message to Frau Yıldız")).to_be_visible()

    # In a lesson: one press from the people of the room; others see that the pupil is in one, not in which.
    lesson = new_lesson(server.login("teacher"))
    room = open_page("pupil2", "/", locale="en-GB")
    enter(teacher, lesson)
    enter(room, lesson)
    room.get_by_role("tab", name=re.compile("People")).click()
    room.get_by_role("button", name="Write to Frau Yıldız").click()
    say(room, "Message to Frau Yıldız", "I cannot hear you.")
    shots(room, "direct-room-desktop-en")
    direct = teacher.get_by_role("tab", name=re.compile("Direkt"))
    expect(direct).to_contain_text("neu")
    direct.click()
    shots(teacher, "direct-room-list-desktop-de")
    teacher.get_by_role("button", name=re.compile("Ben Krüger")).click()
    expect(teacher.locator("article.msg", has_text="I cannot hear you.")).to_be_visible()
    pupil.goto("/channel/demo-class")
    here = pupil.get_by_role("region", name=re.compile("Here now"))
    expect(here.get_by_role("listitem").filter(has_text="Ben K.")).to_contain_text("in a meeting")
    shots(pupil, "presence-phone-en")

    # Nobody has touched the phone for five minutes; then somebody does.
    pupil.clock.install()
    pupil.goto("/channel/demo-class")
    expect(here).to_contain_text("(You)")
    teacher.get_by_role("button", name="Alle Gespräche").click()
    amira = teacher.get_by_role("group", name="Direktnachrichten").get_by_role("listitem").filter(has_text="Amira")
    expect(amira).to_contain_text("da")
    pupil.clock.fast_forward("05:01")
    expect(amira).to_contain_text("abwesend")
    pupil.mouse.move(100, 100)
    pupil.mouse.move(120, 120)
    expect(amira).not_to_contain_text("abwesend")
