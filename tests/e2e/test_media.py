"""Media over the real wire: what a browser sends when nobody looks, and what people see of a line and of a screen."""

from __future__ import annotations

import json
import os
import re
import shutil
import urllib.request
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from tests.e2e import visits
from tests.e2e.conftest import FLAGS, OpenPage
from tests.e2e.devices import SPY, START_MS, frames_and_sound
from tests.e2e.screens import enter, leave_room, new_lesson
from tests.e2e.visits import PICTURES, moving
from tests.e2e.waits import PATIENCE, until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
Visit = Callable[[str, str, KreideServer], Page]

# The layers of the camera that leave: encoded now, and the packets that each has sent.
LAYERS = """async () => {
  const layers = {};
  for (const connection of window.connections) {
    if (connection.connectionState !== 'connected') continue;
    (await connection.getStats()).forEach((report) => {
      if (report.type === 'outbound-rtp' && ['q', 'h', 'f'].includes(report.rid) && report.mid === '1')
        layers[report.rid] = { active: report.active, packets: report.packetsSent };
    });
  }
  return layers;
}"""


# What is said to the page as if its server had said it.
HEAR = """
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    if (String(given[0]).includes('socket.io'))
      window.hear = (said) => this.dispatchEvent(new MessageEvent('message', { data: said }));
  }
};
"""

# Where calls are switched off, and, as without https, what only safe pages have.
BARRED = "delete window.RTCPeerConnection; delete Crypto.prototype.randomUUID;"
# Sound and pictures of others; there are always several of both.
PLAYING = """() => {
  const all = [...document.querySelectorAll('[data-slot]')];
  return all.length > 4 && all.every(({ paused }) => !paused);
}"""
PAUSE = "() => document.querySelectorAll('[data-slot]').forEach((one) => one.pause())"


@pytest.fixture
def visit(open_page: OpenPage) -> Visit:
    """Bring somebody with a running camera into a lesson."""

    def go(account: str, lesson: str, server: KreideServer) -> Page:
        return visits.visit(open_page, server, account, lesson, HEAR)

    return go


def hear(page: Page, event: str, **payload: object) -> None:
    """Let the page hear from the server what is hard to bring about."""
    page.evaluate("(said) => window.hear(said)", f"42{json.dumps([event, payload])}")


def active(page: Page) -> set[str]:
    return {rid for rid, layer in page.evaluate(LAYERS).items() if layer["active"]}


def packets(page: Page) -> Counter[str]:
    """What each layer has sent; nothing while the connection is not up."""
    return Counter({rid: layer["packets"] for rid, layer in page.evaluate(LAYERS).items()})


def test_layers_that_nobody_watches_are_not_sent(visit: Visit, server: KreideServer) -> None:
    lesson = new_lesson(server.login("teacher"))
    teacher = visit("teacher", lesson, server)
    until(lambda: active(teacher) == {"q"}, "alone in the room, only the smallest is sent")
    resting = packets(teacher)
    pupil = visit("pupil1", lesson, server)
    until(lambda: "f" in active(teacher), "the only face is asked for in full")
    until(lambda: packets(teacher)["f"] > resting["f"] + 20, "and is sent")

    # Whose picture is missing says why, and no longer once it is back.
    tile = pupil.locator("figure.tile", has=pupil.locator("video[data-fresh=true]")).first
    peer = tile.get_attribute("data-peer")
    said = pupil.locator(f"figure.tile[data-peer='{peer}'] .wait")
    for reasons, text in (({"line": [peer], "screen": []}, "Kein Platz"), ({"line": [], "screen": [peer]}, "Pause")):
        hear(pupil, "media:left_out", **reasons)
        expect(said).to_contain_text(text)
    hear(pupil, "media:left_out", line=[], screen=[])
    expect(said).to_have_count(0)
    notice = pupil.get_by_role("status").filter(has_text="Verbindung ist gerade zu langsam für Bilder")
    for stopped in (True, False):
        hear(pupil, "media:paused", paused=stopped)
        expect(notice).to_have_count(int(stopped))
    leave_room(pupil)
    until(lambda: active(teacher) == {"q"}, "the pupil has gone")

    def paused() -> bool:
        resting = packets(teacher)
        until(lambda: packets(teacher)["q"] > resting["q"] + 20, "the smallest goes on")
        now = packets(teacher)
        return "f" in now and now["f"] == resting["f"]

    until(paused, "what is paused sends nothing, once what waited has left")


# Frames that have arrived are swallowed before the decoder while `window.swallow` says so.
SWALLOW = """
const worker = new Worker('/swallow.js');
window.swallow = (on) => worker.postMessage(on);
const native = RTCPeerConnection.prototype.addTransceiver;
RTCPeerConnection.prototype.addTransceiver = function (...given) {
  const made = native.apply(this, given);
  if (made.direction === 'recvonly') made.receiver.transform = new RTCRtpScriptTransform(worker);
  return made;
};
"""
SWALLOWER = """
let swallow = false;
onmessage = ({ data }) => (swallow = data);
onrtctransform = ({ transformer: { readable, writable } }) => {
  const gate = new TransformStream({ transform: (frame, out) => swallow || out.enqueue(frame) });
  readable.pipeThrough(gate).pipeTo(writable);
};
"""
# A way on which every fourth packet is lost.
LOSSY = """
const read = RTCPeerConnection.prototype.getStats;
RTCPeerConnection.prototype.getStats = async function () {
  const report = new Map(await read.call(this));
  for (const [id, entry] of report)
    if (entry.type === 'inbound-rtp') report.set(id, { ...entry, packetsLost: Math.floor(entry.packetsReceived / 3) });
  return report;
};
"""


def sums(server: KreideServer) -> str:
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        return str(answer.read().decode())


def test_a_frozen_picture_is_seen_and_heals(open_page: OpenPage, visit: Visit, server: KreideServer) -> None:
    lesson = new_lesson(server.login("teacher"))
    visit("teacher", lesson, server)
    pupil = open_page("pupil1", "/login", url=server.url)
    swallower = partial(Route.fulfill, body=SWALLOWER, content_type="text/javascript")
    pupil.context.route("**/swallow.js", lambda route: swallower(route))
    for script in (SPY, SWALLOW):
        pupil.context.add_init_script(script)
    enter(pupil, lesson)
    until(partial(moving, pupil), "the teacher's picture moves")
    pupil.evaluate("() => window.swallow(true)")
    until(lambda: 'kreide_media_freezes_total{done="keyframe"}' in sums(server), "a keyframe is asked for")
    until(lambda: 'kreide_media_freezes_total{done="again"}' in sums(server), "and then the picture anew")
    pupil.evaluate("() => window.swallow(false)")
    until(partial(moving, pupil), "it moves again")
    log = server.log.read_text()
    assert '"event":"frozen"' in log and '"event":"connected"' in log
    assert "127.0.0.1" not in log.partition("\n")[2], "no address is written down"


def test_a_poor_line_is_shown_on_the_tile_and_in_the_list(
    open_page: OpenPage, visit: Visit, server: KreideServer, shots: Callable[[Page, str], None]
) -> None:
    lesson = new_lesson(server.login("teacher"))
    teacher = visit("teacher", lesson, server)
    pupil = open_page("pupil1", "/login", url=server.url)
    pupil.context.add_init_script(LOSSY)
    enter(pupil, lesson)
    tile = teacher.locator("figure.tile:has(figcaption:has-text('Amira'))")
    expect(tile.get_by_text("Verbindung schwach")).to_be_attached()
    teacher.get_by_role("tab", name="Personen").click()
    row = teacher.get_by_role("listitem").filter(has_text="Amira")
    expect(row.get_by_text("Verbindung schwach")).to_be_attached()
    own = teacher.locator("figure.tile:has(figcaption:has-text('Sie'))")
    expect(own.get_by_text("Verbindung schwach")).to_have_count(0)
    for page in (teacher, pupil):
        page.get_by_role("button", name="Mehr", exact=True).click()
        page.get_by_role("menuitem", name="Verbindung ansehen").click()
    panel = pupil.get_by_role("dialog", name="Verbindung")
    expect(panel.get_by_role("row").filter(has_text="Yıldız")).to_contain_text("×")
    expect(panel.get_by_text(re.compile("^2[0-9](,[0-9])? %$"))).to_be_visible()
    expect(panel.get_by_text("direkt (UDP)")).to_be_visible()
    expect(teacher.get_by_role("dialog", name="Verbindung").get_by_role("row").filter(has_text="Kamera")).to_have_count(
        3
    )
    shots(pupil, "line-pupil")
    shots(teacher, "line-teacher")


# Joins without a gesture, as a page does that a browser has loaded again by itself, and says when sound was refused.
# Nothing else may look into the page until then: what a test runs there counts as a gesture.
NO_GESTURE = """
setInterval(() => {
  const named = (text) => [...document.querySelectorAll('button')].find((button) => button.textContent.includes(text));
  named('Beitreten')?.click();
  if (named('Ton einschalten')) console.log('refused');
}, 200);
"""


def test_a_camera_to_the_teacher_only_reaches_no_pupil(
    visit: Visit, server: KreideServer, shots: Callable[[Page, str], None]
) -> None:
    lesson = new_lesson(server.login("teacher"))
    teacher = visit("teacher", lesson, server)
    teacher.get_by_role("button", name="Kamera an").click()
    amira, ben = (visit(account, lesson, server) for account in ("pupil1", "pupil2"))
    for page in (teacher, amira, ben):
        until(partial(moving, page), "everybody sees the pupils")
    teacher.get_by_role("tab", name="Personen").click()
    teacher.get_by_role("button", name="Kameras nur zu mir").click()
    for pupil in (amira, ben):
        expect(pupil.locator("figure.tile").get_by_text("nur für die Leitung zu sehen")).to_be_attached()

    def unseen() -> bool:
        before = [pupil.evaluate(PICTURES) for pupil in (amira, ben)]
        frames, _ = frames_and_sound(teacher)
        until(lambda: frames_and_sound(teacher)[0] > frames + 100, "the teacher sees both")
        return before == [pupil.evaluate(PICTURES) for pupil in (amira, ben)]

    until(unseen, "no pupil gets a byte of the other, once what was on its way has come")
    shots(teacher, "private-teacher")
    shots(amira, "private-pupil")
    teacher.get_by_role("button", name="Kameras nur zu mir").click()
    for pupil in (amira, ben):
        until(partial(moving, pupil), "everybody sees the pupils again")


def test_sound_that_the_browser_refuses_begins_with_a_press(_playwright: Playwright, server: KreideServer) -> None:
    flags = [flag for flag in FLAGS if "autoplay" not in flag]
    flags += ["--autoplay-policy=document-user-activation-required", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    lesson = new_lesson(server.login("teacher"))
    browser = _playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags, timeout=START_MS)
    try:
        context = browser.new_context(base_url=server.url, locale="de-DE")
        context.set_default_timeout(PATIENCE)
        context.add_init_script(NO_GESTURE)
        page = context.new_page()
        assert page.request.post("/api/v1/login", data={"account": "pupil1", "password": "kreide"}).ok
        with page.expect_console_message(lambda message: message.text == "refused"):
            page.goto(f"/meeting/{lesson}")
        notice = page.get_by_role("alert").filter(has_text="Der Browser spielt noch keinen Ton ab.")
        expect(notice).to_be_visible()
        playing = "() => [...document.querySelectorAll('audio')].filter((audio) => !audio.paused).length"
        assert page.evaluate(playing) == 0
        notice.get_by_role("button", name="Ton einschalten").click()
        expect(notice).to_be_hidden()
        until(lambda: page.evaluate(playing) == 4, "all four voices play")
    finally:
        browser.close()


def test_what_the_device_pauses_plays_on(visit: Visit, open_page: OpenPage, server: KreideServer) -> None:
    lesson = new_lesson(server.login("teacher"))
    visit("teacher", lesson, server)
    pupil = open_page("pupil5", "/login")
    enter(pupil, lesson)
    pupil.wait_for_function(PLAYING)
    pupil.evaluate(PAUSE)  # as for a call on an iPad, or by the key of a headset
    pupil.wait_for_function(PLAYING)


def test_a_browser_without_calls_lets_people_read_and_write(open_page: OpenPage, server: KreideServer) -> None:
    page = open_page("pupil5", "/login")
    page.add_init_script(BARRED)
    page.goto(f"/meeting/{new_lesson(server.login('teacher'))}")
    page.get_by_role("button", name="Beitreten").click()
    expect(page.get_by_role("button", name="Verlassen")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Bild und Ton")).to_be_visible()
    page.get_by_placeholder("Nachricht an alle").fill("Ich höre nichts")
    page.get_by_placeholder("Nachricht an alle").press("Enter")
    expect(page.get_by_role("log").locator("article p").filter(has_text="Ich höre nichts")).to_be_visible()
