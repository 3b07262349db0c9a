"""Firefox beside Chromium: each sees and hears the other, also encrypted and in the school's own format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.devices import SPY, frames_and_sound
from tests.e2e.firefox import Firefox
from tests.e2e.screens import enter, new_lesson, new_meeting
from tests.e2e.visits import CODECS
from tests.e2e.waits import until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e

LOGIN = """
const answer = await fetch('/api/v1/login', { method: 'POST', headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ account: arguments[0], password: 'kreide' }) });
return answer.status;
"""
STATS = """
let frames = 0, energy = 0, sent = 0;
for (const connection of window.connections) {
  if (connection.connectionState !== 'connected') continue;
  (await connection.getStats()).forEach((report) => {
    if (report.type === 'inbound-rtp') frames += report.framesDecoded ?? 0;
    if (report.type === 'inbound-rtp') energy += report.totalAudioEnergy ?? 0;
    if (report.type === 'outbound-rtp' && report.kind === 'video') sent += report.framesEncoded ?? 0;
  });
}
return { frames, energy, sent };
"""
# Whether all that this page sends and receives goes through the worker with the keys.
SEALED = """
const lines = window.connections.at(-1).getTransceivers().filter((one) => one.mid !== null);
const ends = lines.map((one) => (one.direction === 'sendonly' ? one.sender : one.receiver));
return ends.length > 0 && ends.every((end) => end.transform !== null);
"""
FRESH = "return document.querySelectorAll('figure.tile video[data-fresh=true]').length"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KreideServer]:
    """A server on all addresses: Firefox pairs no loopback address with another."""
    kreide = KreideServer(tmp_path / "data", "--host", "0.0.0.0")
    kreide.start()
    yield kreide
    assert kreide.stop() == 0


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    browser = Firefox(tmp_path / "firefox")
    yield browser
    browser.close()


def join_with_firefox(firefox: Firefox, server: KreideServer, account: str, lesson: str) -> None:
    firefox.open(f"{server.url}/login")
    assert firefox.run(LOGIN, account) in (200, 204)
    firefox.open(f"{server.url}/meeting/{lesson}")
    firefox.run(SPY)
    for button in ("Turn on mic", "Turn on camera", "Join"):
        firefox.press(button)


def tile_of(page: Page, name: str) -> Locator:
    return page.locator(f"figure.tile:has(figcaption:has-text('{name}')) video")


def visit(open_page: OpenPage, server: KreideServer, account: str, lesson: str) -> Page:
    page = open_page(account, "/login", url=server.url)
    page.context.add_init_script(SPY)
    enter(page, lesson)
    for button in ("Mikro aus", "Kamera aus"):
        page.get_by_role("button", name=button).click()
    expect(page.get_by_role("button", name="Kamera an")).to_be_visible()
    return page


def test_firefox_and_chromium_see_and_hear_each_other(
    firefox: Firefox, open_page: OpenPage, server: KreideServer
) -> None:
    lesson = new_lesson(server.login("teacher"))
    teacher = visit(open_page, server, "teacher", lesson)
    join_with_firefox(firefox, server, "pupil1", lesson)
    expect(tile_of(teacher, "Amira")).to_have_attribute("data-fresh", "true")
    frames, energy = frames_and_sound(teacher)
    until(lambda: frames_and_sound(teacher)[0] > frames + 20, "Chromium sees Firefox")
    until(lambda: frames_and_sound(teacher)[1] > energy, "Chromium hears Firefox")
    firefox.until(FRESH, what="Firefox shows the teacher")
    before = firefox.run(STATS)
    until(lambda: firefox.run(STATS)["frames"] > before["frames"] + 20, "Firefox sees Chromium")
    until(lambda: firefox.run(STATS)["energy"] > before["energy"], "Firefox hears Chromium")
    teacher.close()

    # The school chooses VP9: both send it, and show it.
    rules, admin = server.login("admin"), open_page("admin", "/settings", url=server.url)
    admin.get_by_label("Bildformat der Kameras").select_option(label="VP9: spart Bandbreite, für neuere Geräte")
    until(lambda: rules.get("/api/v1/school")["video_codec"] == "vp9", "it is stored")
    admin.close()
    lesson = new_lesson(server.login("teacher"))
    teacher = visit(open_page, server, "teacher", lesson)
    join_with_firefox(firefox, server, "pupil1", lesson)
    expect(tile_of(teacher, "Amira")).to_have_attribute("data-fresh", "true")
    until(lambda: teacher.evaluate(CODECS) == ["video/VP9"], "Chromium shows VP9 of Firefox")
    until(lambda: firefox.run(f"return ({CODECS})()") == ["video/VP9"], "Firefox shows VP9 of Chromium")
    teacher.close()

    # An encrypted meeting: each opens what the other seals.
    lesson = new_meeting(server.login("teacher"), "lesson", "Vertraulich", school_class="demo-8b", encrypted=True)
    teacher = visit(open_page, server, "teacher", lesson)
    join_with_firefox(firefox, server, "pupil1", lesson)
    expect(tile_of(teacher, "Amira")).to_have_attribute("data-fresh", "true")
    frames, energy = frames_and_sound(teacher)
    until(lambda: frames_and_sound(teacher)[0] > frames + 10, "Chromium opens pictures of Firefox")
    until(lambda: frames_and_sound(teacher)[1] > energy, "Chromium opens sound of Firefox")
    firefox.until(FRESH, what="Firefox opens pictures of Chromium")
    assert firefox.run(SEALED), "nothing of it went out as it was"
