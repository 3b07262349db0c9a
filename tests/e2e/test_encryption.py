"""An encrypted meeting in real browsers: who has the keys sees and hears, who has not sees nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from tests.e2e.conftest import FLAGS, OpenPage
from tests.e2e.devices import SPY, face_of, frames_and_sound, launch
from tests.e2e.screens import JOIN, enter, in_room, leave_room, new_meeting
from tests.e2e.visits import PICTURES
from tests.e2e.waits import PATIENCE, until, until_face, until_rising
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
COLOURS = {"teacher": ("red", 300), "pupil1": ("green", 500)}
CODE = re.compile(r"^(\d{4} ){5}\d{4}$")
# Keys that others send are thrown away.
DEAF = """
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...more) {
  if (message?.type !== 'secret') post.call(this, message, ...more);
};
"""
UNABLE = "delete window.RTCRtpScriptTransform;"
# The ids of the keys with which frames were opened: the last eight bytes of each trailer.
LISTEN = """() => {
  globalThis.opened = new Set();
  const native = SubtleCrypto.prototype.decrypt;
  SubtleCrypto.prototype.decrypt = function (algorithm, ...more) {
    if (algorithm.additionalData) globalThis.opened.add(String(algorithm.additionalData.slice(-8)));
    return native.call(this, algorithm, ...more);
  };
}"""


@pytest.fixture
def meeting(server: KreideServer) -> str:
    api = server.login("teacher")
    return new_meeting(api, "lesson", "Vertraulich", school_class="demo-8b", encrypted=True)


@pytest.fixture
def pair(_playwright: Playwright, server: KreideServer, meeting: str, tmp_path: Path) -> Iterator[dict[str, Page]]:
    """A teacher and a pupil in the meeting, each with a browser of their own, everything on."""
    chromium = shutil.which("chromium")
    assert chromium is not None
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    pages: dict[str, Page] = {}
    with ExitStack() as stack:
        for account, (colour, tone) in COLOURS.items():
            browser: Browser = launch(_playwright, chromium, flags, tmp_path, colour, tone)
            stack.callback(browser.close)
            context = browser.new_context(base_url=server.url, locale="de-DE", permissions=["camera", "microphone"])
            context.set_default_timeout(PATIENCE)
            context.add_init_script(SPY)
            answer = context.request.post("/api/v1/login", data={"account": account, "password": "kreide"})
            assert answer.ok, answer.text()
            pages[account] = context.new_page()
            pages[account].goto(f"/meeting/{meeting}")
            pages[account].get_by_role("button", name="Mikro einschalten").click()
            pages[account].get_by_role("button", name="Kamera einschalten").click()
            pages[account].get_by_role("button", name=JOIN).click()
            in_room(pages[account])
        yield pages


def code_of(page: Page) -> str:
    tab = page.get_by_role("tab", name="Personen")
    tab.click()
    return page.locator("[data-code]").inner_text() if page.locator("[data-code]").count() == 1 else ""


def opened(page: Page) -> set[str]:
    return set(page.workers[0].evaluate("() => { const all = [...opened]; opened.clear(); return all; }"))


def test_those_with_keys_see_each_other_and_nobody_else_does(
    pair: dict[str, Page], meeting: str, open_page: OpenPage, shots: Callable[[Page, str], None]
) -> None:
    teacher, pupil = pair["teacher"], pair["pupil1"]
    until_face(teacher, "Amira", "green")
    until_face(pupil, "Yıldız", "red")
    for page in (teacher, pupil):
        until_rising(page)
        expect(page.get_by_role("banner").get_by_text("Ende-zu-Ende-verschlüsselt").first).to_be_attached()
    until(lambda: CODE.match(code_of(teacher)) is not None and code_of(teacher) == code_of(pupil), "one code for both")
    alone = code_of(teacher)
    shots(teacher, "encrypted")

    deaf = open_page("pupil2", "/login")
    for script in (SPY, DEAF):
        deaf.context.add_init_script(script)
    deaf.goto(f"/meeting/{meeting}")
    deaf.get_by_role("button", name=JOIN).click()
    in_room(deaf)
    until(lambda: int(deaf.evaluate(PICTURES)) > 100_000, "frames arrive at the one without keys")
    assert frames_and_sound(deaf)[0] == 0, "a frame without its key was decoded"
    assert face_of(deaf, "Yıldız") in ("", "blank")
    until(lambda: code_of(teacher) not in ("", alone) and code_of(teacher) == code_of(pupil), "one more key counts")

    pupil.workers[0].evaluate(LISTEN)
    before: set[str] = set()

    def one_key() -> bool:
        before.clear()
        before.update(opened(pupil))
        return len(before) == 1

    until(one_key, "the teacher's frames are opened with one key")
    teacher.get_by_role("button", name="Mehr zu Ben").click()
    teacher.get_by_role("menuitem", name="Aus dem Raum nehmen").click()
    expect(deaf.get_by_role("heading", name="aus dem Raum genommen")).to_be_visible()
    until(lambda: len(keys := opened(pupil)) == 1 and not keys & before, "frames come with a new key and no other")
    until(lambda: code_of(teacher) == alone == code_of(pupil), "the code is that of the two again")
    until_rising(pupil)
    for page in (pupil, teacher):
        leave_room(page)


def test_a_browser_that_cannot_encrypt_is_told_before_joining(meeting: str, open_page: OpenPage) -> None:
    page = open_page("pupil1", "/login")
    page.context.add_init_script(UNABLE)
    page.goto(f"/meeting/{meeting}")
    expect(page.get_by_role("alert").filter(has_text="dein Browser kann das nicht")).to_be_visible()
    expect(page.get_by_role("button", name=JOIN)).to_be_disabled()


def test_who_leads_decides_before_anybody_is_inside(open_page: OpenPage, server: KreideServer) -> None:
    lesson = new_meeting(server.login("teacher"), "lesson", "Noch offen", school_class="demo-8b")
    teacher, pupil = (open_page(account, f"/meeting/{lesson}") for account in ("teacher", "pupil1"))
    promised = "Ton und Bild sind Ende-zu-Ende-verschlüsselt"
    expect(teacher.get_by_text(promised)).to_have_count(0)
    teacher.get_by_role("switch", name="Ende-zu-Ende verschlüsseln").check()
    expect(teacher.get_by_text(promised)).to_be_visible()
    expect(pupil.get_by_role("button", name=JOIN)).to_be_visible()
    expect(pupil.get_by_role("switch", name="Ende-zu-Ende verschlüsseln")).to_have_count(0)
    pupil.reload()
    expect(pupil.get_by_text(promised)).to_be_visible()
    pupil.get_by_role("button", name=JOIN).click()
    in_room(pupil)
    teacher.get_by_role("switch", name="Ende-zu-Ende verschlüsseln").click()
    expect(teacher.get_by_role("alert")).to_have_text("Das lässt sich nur ändern, solange niemand im Raum ist.")
    expect(teacher.get_by_role("switch", name="Ende-zu-Ende verschlüsseln")).to_be_checked()
    leave_room(pupil)


def test_what_seals_comes_again_when_it_broke_on_its_way(
    open_page: OpenPage, server: KreideServer, meeting: str
) -> None:
    teacher = open_page("teacher", "/login")
    teacher.context.add_init_script(SPY)
    enter(teacher, meeting)
    teacher.get_by_role("button", name="Kamera aus").click()
    pupil = open_page("pupil1", "/login")
    pupil.context.add_init_script(SPY)
    broken: list[str] = []

    def break_first(route: Route) -> None:
        broken.append(route.request.url)
        if len(broken) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    pupil.route(re.compile(r"/assets/e2ee_worker.*\.js$"), break_first)
    enter(pupil, meeting)
    pupil.get_by_role("button", name="Kamera aus").click()
    for page in (teacher, pupil):
        until(lambda page=page: frames_and_sound(page)[0] > 20, "frames are opened and decoded")  # type: ignore[misc]
    assert len(broken) == 2
    until(lambda: CODE.match(code_of(teacher)) is not None and code_of(teacher) == code_of(pupil), "one code for both")
