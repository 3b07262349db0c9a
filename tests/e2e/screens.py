"""The screens of the client and the way that a person takes to each, in both languages.

Laws: a way ends when the screen is complete, so whoever looks, measures or counts sees the same. Ways change
nothing that others see, but for a hand and a message in a lesson of their own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.server import Api, KreideServer

SIZES = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}
LOCALES = ("de-DE", "en-GB")
MINUTE = 60_000
JOIN = re.compile("^(Beitreten|Join)$")
LEAVE = re.compile("^(Verlassen|Leave)$")
RAISE = re.compile("^(Melden|Raise hand)$")
WRITE = re.compile("^(Nachricht an alle|Message to everyone)$")
SEND = re.compile("^(Senden|Send)$")


def new_meeting(api: Api, kind: str, title: str, **more: object) -> str:
    """Plan a meeting that runs now; return its id."""
    now = time.time_ns() // 1_000_000
    body = {"kind": kind, "title": title, "starts_at": now - 5 * MINUTE, "ends_at": now + 60 * MINUTE, **more}
    return str(api.post("/api/v1/meetings", body)["id"])


def new_lesson(api: Api, title: str = "Mathematik: Probe") -> str:
    """A lesson of class 8b with the demo documents, held by whoever is logged in."""
    return new_meeting(api, "lesson", title, school_class="demo-8b", documents=["demo-deck", "demo-table"])


def guest_link(api: Api, meeting: str) -> str:
    """The path of a fresh guest link."""
    return f"/guest/{api.post(f'/api/v1/meetings/{meeting}/guest-links', {})['token']}"


@dataclass(frozen=True)
class Place:
    """What the ways lead to."""

    lesson: str
    guest_path: str
    direct: str
    # a lesson that somebody records; only for people to look at
    recorded: str = ""

    @classmethod
    def prepare(cls, server: KreideServer) -> Place:
        teacher = server.login("teacher")
        lesson = new_lesson(teacher, "Mathematik: Quadratische Funktionen und ihre Graphen")
        direct = teacher.post("/api/v1/direct", {"person": "guardian1"})["channel"]
        return cls(lesson, guest_link(teacher, lesson), f"/channel/{direct}")


def enter(page: Page, meeting: str, *, waits: bool = False) -> None:
    """Open the meeting and join with everything off, up to the room or the lobby."""
    page.goto(f"/meeting/{meeting}")
    page.get_by_role("button", name=JOIN).click()
    if waits:
        in_lobby(page)
    else:
        in_room(page)


def in_room(page: Page) -> None:
    """The room stands and its media connection is up; how good it is, is the machine's matter."""
    expect(page.locator(".room header .save[title]")).to_have_text(re.compile("Gut|Good|Mittel|Fair|Schwach|Weak"))


def leave_room(page: Page) -> None:
    """Leave nobody behind whose place would be kept for a while."""
    if page.locator(".room").count() == 1:
        page.get_by_role("button", name=LEAVE).locator("visible=true").click()
        expect(page.locator(".room")).to_have_count(0)


def in_lobby(page: Page) -> None:
    waiting = re.compile("hereingelassen|let in")
    expect(page.get_by_role("heading", name=waiting)).to_be_visible()


def saved(page: Page) -> None:
    """The document's own word that the server has stored everything."""
    expect(page.locator("[data-status]")).to_have_attribute("data-status", "saved")


def _login(page: Page, _place: Place) -> None:
    page.goto("/login")
    expect(page.get_by_role("button", name="pupil1")).to_be_visible()


def _home(page: Page, _place: Place) -> None:
    page.goto("/")
    expect(page.locator("a[href='/document/demo-deck']")).to_be_visible()


def _prejoin(page: Page, place: Place) -> None:
    page.goto(f"/meeting/{place.lesson}")
    expect(page.get_by_role("button", name=JOIN)).to_be_visible()


def _lobby(page: Page, _place: Place) -> None:
    enter(page, "demo-consultation", waits=True)


def _room(page: Page, place: Place) -> None:
    """A teacher presents the deck; chat and hands are open."""
    enter(page, place.lesson)
    stage = page.locator("#tafel")
    if stage.locator(".slide h2").count() == 0:
        page.get_by_role("button", name=re.compile("^(Inhalt|Content)")).click()
        page.get_by_role("menuitem", name="Parabeln").click()
    expect(stage.locator(".slide h2")).to_be_visible()
    saved(page)


def _pupil(page: Page, place: Place) -> None:
    """A pupil has a hand up and has written."""
    enter(page, place.lesson)
    page.get_by_role("button", name=RAISE).click()
    page.get_by_placeholder(WRITE).fill("Kommt das in die Klassenarbeit?")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("log").get_by_text("Klassenarbeit").last).to_be_visible()


def _deck(page: Page, _place: Place) -> None:
    page.goto("/document/demo-deck")
    expect(page.locator(".slide h2").first).to_be_visible()
    saved(page)


def _table(page: Page, _place: Place) -> None:
    page.goto("/document/demo-table")
    expect(page.get_by_role("gridcell").nth(5)).to_be_visible()
    saved(page)


def _guest(page: Page, place: Place) -> None:
    page.goto(place.guest_path)
    expect(page.get_by_role("textbox")).to_be_visible()


def _channel(page: Page, _place: Place) -> None:
    page.goto("/channel/demo-class")
    expect(page.get_by_placeholder(WRITE)).to_be_visible()


def _direct(page: Page, place: Place) -> None:
    page.goto(place.direct)
    expect(page.get_by_role("textbox", name=re.compile("Frau Yıldız"))).to_be_visible()


def _settings(page: Page, _place: Place) -> None:
    page.goto("/settings")
    expect(page.get_by_role("radio").first).to_be_visible()


def _school(page: Page, _place: Place) -> None:
    """The administration reads a class list."""
    page.goto("/school")
    page.get_by_role("button", name=re.compile("^(Klassenliste einlesen|Read a class list)$")).click()
    page.get_by_role("dialog").get_by_role("textbox").fill("Name;Klasse;Rolle\nAmira Haddad;8b\nBen Krüger;8b;Kapitän")
    expect(page.get_by_role("alert")).to_be_visible()


def _plan(page: Page, _place: Place) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("^(Planen|Plan)$")).click()
    expect(page.get_by_role("dialog").get_by_role("combobox").first).to_be_visible()


def _asked(page: Page, place: Place) -> None:
    """A pupil is asked whether they may be recorded."""
    enter(page, place.recorded)
    expect(page.locator("[data-recording='ask']")).to_be_visible()


def _panel(page: Page, place: Place) -> None:
    """The panel of a room, which on a low screen comes when it is called."""
    enter(page, place.lesson)
    button = page.locator("[aria-controls='side']")
    if button.is_visible():
        button.click()
    page.get_by_role("tab", name=re.compile("^(Personen|People)")).click()


def _recordings(page: Page, _place: Place) -> None:
    page.goto("/recordings")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def _refused(page: Page, _place: Place) -> None:
    page.goto("/document/nope")
    expect(page.get_by_role("heading", level=2)).to_be_visible()


def _missing(page: Page, _place: Place) -> None:
    page.goto("/gibt/es/nicht")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@dataclass(frozen=True)
class Screen:
    """One screen, for whom, and how to get there."""

    name: str
    account: str | None
    way: Callable[[Page, Place], None]


SCREENS = (
    Screen("login", None, _login),
    Screen("home", "teacher", _home),
    Screen("prejoin", "pupil1", _prejoin),
    Screen("lobby", "guardian1", _lobby),
    Screen("room", "teacher", _room),
    Screen("room-pupil", "pupil2", _pupil),
    Screen("deck", "teacher", _deck),
    Screen("table", "teacher", _table),
    Screen("guest", None, _guest),
    Screen("channel", "pupil1", _channel),
    Screen("direct", "guardian1", _direct),
    Screen("settings", "head", _settings),
    Screen("school", "admin", _school),
    Screen("plan", "teacher", _plan),
    Screen("missing", "pupil1", _missing),
)
# only for people to look at
MORE_SCREENS = (
    Screen("room-panel", "pupil1", _panel),
    Screen("room-asked", "pupil6", _asked),
    Screen("recordings", "teacher", _recordings),
    Screen("refused", "pupil1", _refused),
)
