"""No device runs that nobody sees: not while one joins before the camera has opened, not after leaving."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.screens import in_room, new_lesson
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
# A camera that opens only when the test says so, and every track that was ever opened.
SLOW = """
window.tracks = [];
window.held = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  window.tracks.push(...stream.getTracks());
  await new Promise((resolve) => window.held.push(resolve));
  return stream;
};
"""
RELEASE = "() => window.held.splice(0).forEach((go) => go())"
HELD = "(count) => window.held.length === count"
RUNNING = "(count) => window.tracks.filter((track) => track.readyState === 'live').length === count"


@pytest.fixture
def prejoin(open_page: OpenPage, server: KreideServer) -> Page:
    """A pupil before joining, with a slow camera."""
    page = open_page("pupil4", "/")
    page.context.add_init_script(SLOW)
    page.goto(f"/meeting/{new_lesson(server.login('teacher'))}")
    expect(page.get_by_role("button", name="Beitreten")).to_be_visible()
    return page


def press_camera(page: Page) -> None:
    page.get_by_role("button", name="Kamera einschalten").click()
    page.wait_for_function(HELD, arg=1)


def test_a_camera_that_opens_after_joining_comes_along(prejoin: Page) -> None:
    press_camera(prejoin)
    prejoin.get_by_role("button", name="Beitreten").click()
    in_room(prejoin)
    expect(prejoin.get_by_role("button", name="Kamera aus")).to_be_visible()
    prejoin.evaluate(RELEASE)
    expect(prejoin.get_by_role("button", name="Kamera an")).to_be_visible()
    expect(prejoin.locator("figure.tile video")).to_be_visible()
    prejoin.get_by_role("button", name="Kamera an").click()
    prejoin.wait_for_function(RUNNING, arg=0)


def test_a_camera_that_was_asked_for_twice_runs_once(prejoin: Page) -> None:
    press_camera(prejoin)
    prejoin.get_by_role("button", name="Kamera einschalten").click()
    prejoin.wait_for_function(HELD, arg=2)
    prejoin.evaluate(RELEASE)
    expect(prejoin.get_by_role("button", name="Kamera ist an")).to_be_visible()
    prejoin.wait_for_function(RUNNING, arg=1)
    prejoin.get_by_role("button", name="Kamera ist an").click()
    prejoin.wait_for_function(RUNNING, arg=0)


def test_a_camera_that_opens_after_leaving_is_closed(prejoin: Page) -> None:
    prejoin.get_by_role("button", name="Beitreten").click()
    in_room(prejoin)
    prejoin.get_by_role("button", name="Kamera aus").click()
    prejoin.wait_for_function(HELD, arg=1)
    prejoin.get_by_role("button", name="Verlassen").click()
    expect(prejoin.get_by_text("Mikrofon und Kamera sind aus.")).to_be_visible()
    prejoin.evaluate(RELEASE)
    prejoin.wait_for_function(RUNNING, arg=0)

    # And the check before joining works a second time.
    prejoin.get_by_role("button", name="Wieder beitreten").click()
    press_camera(prejoin)
    prejoin.evaluate(RELEASE)
    expect(prejoin.get_by_role("button", name="Kamera ist an")).to_be_visible()
    prejoin.get_by_role("link", name="Kreide").click()
    expect(prejoin.get_by_role("heading", name="Mein Tag")).to_be_visible()
    prejoin.wait_for_function(RUNNING, arg=0)
