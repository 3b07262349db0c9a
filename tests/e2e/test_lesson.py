"""A teacher and two pupils hold a lesson in three real browsers."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.e2e import recordings
from tests.e2e.conftest import FLAGS
from tests.e2e.devices import SPY, face_of, launch
from tests.e2e.waits import PATIENCE, until, until_face, until_rising
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
NAMES = {"teacher": "Yıldız", "pupil1": "Amira", "pupil2": "Ben"}  # part of what a tile and a list show
PEOPLE = {"teacher": ("red", 300), "pupil1": ("green", 500), "pupil2": ("blue", 700)}


def join(page: Page, *, devices: bool = True) -> None:
    """Walk through the check before joining: everything is off until pressed."""
    expect(page.get_by_text("Deine Kamera ist aus").or_(page.get_by_text("Ihre Kamera ist aus")).first).to_be_visible()
    assert page.locator("video").count() == 0, "the camera runs before anybody asked"
    if devices:
        page.get_by_role("button", name="Mikro einschalten").click()
        page.get_by_role("button", name="Kamera einschalten").click()
    page.get_by_role("button", name="Beitreten").click()
    expect(page.get_by_role("button", name="Verlassen")).to_be_visible()


@pytest.fixture(scope="module")
def lesson(
    _playwright: Playwright, server: KreideServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Page]]:
    """Three people in demo-lesson, each with a browser, a colour and a tone of their own."""
    chromium = shutil.which("chromium")
    assert chromium is not None
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    folder = tmp_path_factory.mktemp("devices")
    pages: dict[str, Page] = {}
    with ExitStack() as stack:
        for account, (colour, tone) in PEOPLE.items():
            browser = launch(_playwright, chromium, flags, folder, colour, tone)
            stack.callback(browser.close)
            context = browser.new_context(base_url=server.url, locale="de-DE", permissions=["camera", "microphone"])
            context.set_default_timeout(PATIENCE)
            context.add_init_script(SPY)
            answer = context.request.post("/api/v1/login", data={"account": account, "password": "kreide"})
            assert answer.ok, answer.text()
            page = context.new_page()
            page.goto("/meeting/demo-lesson")
            join(page)
            pages[account] = page
        yield pages


def test_everybody_sees_and_hears_everybody(lesson: dict[str, Page]) -> None:
    for account, page in lesson.items():
        for other, (colour, _) in PEOPLE.items():
            if other != account:
                until_face(page, NAMES[other], colour)
    for page in lesson.values():
        until_rising(page)


def test_a_camera_that_is_switched_off_is_gone_for_others(lesson: dict[str, Page]) -> None:
    lesson["pupil1"].get_by_role("button", name="Kamera an").click()
    until(lambda: face_of(lesson["teacher"], NAMES["pupil1"]) in ("", "blank"), "the teacher sees initials")
    until_face(lesson["teacher"], NAMES["pupil2"], "blue")
    lesson["pupil1"].get_by_role("button", name="Kamera aus").click()
    until(lambda: face_of(lesson["teacher"], NAMES["pupil1"]) == "green", "the picture is back")


def test_hands_form_one_queue(lesson: dict[str, Page]) -> None:
    lesson["pupil2"].get_by_role("button", name="Melden").click()
    hands = lesson["teacher"].get_by_role("region", name="Meldungen").first
    expect(hands.get_by_text(NAMES["pupil2"])).to_be_visible()
    lesson["pupil1"].get_by_role("button", name="Melden").click()
    expect(hands.get_by_text(NAMES["pupil1"])).to_be_visible()
    text = hands.inner_text()
    assert text.index(NAMES["pupil2"]) < text.index(NAMES["pupil1"])
    lesson["teacher"].get_by_role("button", name="Alle senken").click()
    expect(lesson["pupil2"].get_by_role("button", name="Melden")).to_be_visible()


def test_chat_reaches_everybody(lesson: dict[str, Page]) -> None:
    text = f"Guten Morgen {time.time_ns()}"
    field = lesson["pupil1"].get_by_placeholder("Nachricht an alle")
    field.fill(text)
    field.press("Enter")
    for page in lesson.values():
        expect(page.get_by_text(text)).to_be_visible()
    lesson["teacher"].reload()
    join(lesson["teacher"])
    expect(lesson["teacher"].get_by_text(text)).to_be_visible()


def test_a_mute_by_the_teacher_holds(lesson: dict[str, Page]) -> None:
    teacher, pupil = lesson["teacher"], lesson["pupil1"]
    teacher.get_by_role("tab", name="Personen").click()
    teacher.get_by_role("button", name=re.compile(f"{NAMES['pupil1']}.* stumm schalten")).click()
    expect(pupil.get_by_role("button", name="Mikro aus")).to_be_visible()
    expect(pupil.get_by_text("hat dein Mikrofon ausgeschaltet")).to_be_visible()
    pupil.get_by_role("button", name="Mikro aus").click()
    expect(pupil.get_by_role("button", name="Mikro an")).to_be_visible()
    teacher.get_by_role("tab", name="Chat").click()


def test_who_agrees_is_recorded_and_nobody_else(lesson: dict[str, Page], server: KreideServer) -> None:
    teacher, one, two = (lesson[account] for account in PEOPLE)

    def sizes() -> dict[str, int]:
        return {path.name: path.stat().st_size for path in recordings.files_in(server.data)}

    recordings.begin(lesson)
    until(lambda: len(sizes()) == 2 and all(map(recordings.shows, recordings.files_in(server.data))), "two files grow")
    one.get_by_role("button", name="Nicht mehr aufnehmen").click()
    expect(one.locator("[data-recording=not]")).to_be_visible()
    one.get_by_role("button", name="Behalten").click()
    until(lambda: recordings.listed(one)[0]["tracks"][0]["bytes"] is not None, "the pupil's file is finished")
    (mine,) = recordings.listed(one)[0]["tracks"]
    before = sizes()
    assert before[f"{mine['file']}.webm"] == mine["bytes"]
    until(lambda: sum(sizes().values()) > sum(before.values()) + 30_000, "the teacher's goes on")
    recordings.end(teacher)
    until(lambda: recordings.listed(teacher)[0]["ended_at"] is not None, "all is written down")
    recording = recordings.listed(teacher)[0]
    found = {
        track["file"]: ("pupil1" if NAMES["pupil1"] in track["name"] else "teacher") for track in recording["tracks"]
    }
    assert sorted(found.values()) == ["pupil1", "teacher"] and recordings.listed(two) == []
    assert sizes()[f"{mine['file']}.webm"] == mine["bytes"], "somebody was recorded who had taken back their word"
    for path in recordings.files_in(server.data):
        assert recordings.shows(path) and recordings.content(path)[2] == recordings.COLOUR_OF[found[int(path.stem)]]


def test_a_recording_is_fetched_and_deleted(lesson: dict[str, Page], server: KreideServer) -> None:
    page = lesson["pupil1"].context.new_page()
    page.goto("/recordings")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("herunterladen")).click()
    (mine,) = recordings.listed(page)[0]["tracks"]
    assert download.value.path().stat().st_size == mine["bytes"]
    recordings.delete(page, "Kamera und Mikro: löschen")
    expect(page.get_by_text("Es gibt keine Aufnahmen.")).to_be_visible()
    assert f"{mine['file']}.webm" not in {path.name for path in recordings.files_in(server.data)}
    page.close()
    page = lesson["teacher"].context.new_page()
    page.goto("/recordings")
    expect(page.get_by_role("listitem").filter(has_text="Kamera und Mikro")).to_have_count(1)
    recordings.delete(page, "Ganze Aufnahme löschen")
    expect(page.get_by_text("Es gibt keine Aufnahmen.")).to_be_visible()
    assert list((server.data / "recordings").iterdir()) == []
    page.close()


def test_the_teacher_removes_a_pupil(lesson: dict[str, Page]) -> None:
    teacher = lesson["teacher"]
    teacher.get_by_role("tab", name="Personen").click()
    teacher.get_by_role("button", name=re.compile(f"Mehr zu {NAMES['pupil2']}")).click()
    teacher.get_by_role("menuitem", name="Aus dem Raum nehmen").click()
    expect(lesson["pupil2"].get_by_text("Du wurdest aus dem Raum genommen")).to_be_visible()
    expect(teacher.locator(f"figure.tile:has(figcaption:has-text('{NAMES['pupil2']}'))")).to_have_count(0)


def test_the_teacher_ends_the_lesson(lesson: dict[str, Page]) -> None:
    teacher = lesson["teacher"]
    teacher.get_by_role("button", name="Mehr", exact=True).click()
    teacher.get_by_role("menuitem", name="Für alle beenden").click()
    teacher.get_by_role("dialog").get_by_role("button", name=re.compile("beenden")).click()
    expect(lesson["pupil1"].get_by_text("Das Treffen ist beendet")).to_be_visible()
