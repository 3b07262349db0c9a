"""A screen is shared in two layers, and whose browser cannot decode a picture reads so in its place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.devices import SPY
from tests.e2e.screens import enter, new_lesson
from tests.e2e.test_media import LAYERS
from tests.e2e.visits import PICTURES
from tests.e2e.waits import until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
CANNOT = "Dieser Browser kann das Bild nicht zeigen"
# A browser that knows every codec but the one in which the others send.
NO_VP8 = """
const known = RTCRtpReceiver.getCapabilities.bind(RTCRtpReceiver);
RTCRtpReceiver.getCapabilities = (kind) => {
  const all = known(kind);
  return { ...all, codecs: all.codecs.filter(({ mimeType }) => mimeType !== 'video/VP8') };
};
"""


def screen_layers(page: Page) -> set[str]:
    """The layers of the shared screen that are encoded and have sent something."""
    layers = page.evaluate(LAYERS.replace("['q', 'h', 'f']", "['l', 'f']").replace("'1'", "'2'"))
    return {rid for rid, layer in layers.items() if layer["active"] and layer["packets"]}


def visit(open_page: OpenPage, server: KreideServer, account: str, lesson: str, script: str = "") -> Page:
    page = open_page(account, "/login", url=server.url)
    page.context.add_init_script(SPY + script)
    enter(page, lesson)
    return page


def test_a_screen_is_shared_in_two_layers_and_who_cannot_decode_reads_so(
    open_page: OpenPage, server: KreideServer, shots: Callable[[Page, str], None]
) -> None:
    lesson = new_lesson(server.login("teacher"))
    teacher, pupil = (visit(open_page, server, account, lesson) for account in ("teacher", "pupil1"))
    unable = visit(open_page, server, "pupil2", lesson, NO_VP8)
    tiles = unable.locator("figure.tile .wait").get_by_text(CANNOT)
    expect(tiles).to_have_count(0)
    teacher.get_by_role("button", name="Kamera aus").click()
    expect(tiles).to_have_count(1)
    teacher.get_by_role("button", name="Bildschirm teilen").click()
    picture = pupil.locator("video[data-slot=screen]")
    expect(picture).to_have_attribute("data-fresh", "true")
    until(lambda: {"l", "f"} <= screen_layers(teacher), "both rates leave")
    expect(unable.locator("#tafel [role=status]")).to_have_text(CANNOT)
    assert unable.evaluate(PICTURES) == 0, "nothing is sent to who cannot decode it"
    shots(unable, "undecodable")
    teacher.get_by_role("button", name="Teilen beenden").first.click()
    expect(picture).to_have_count(0)
