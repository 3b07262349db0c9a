"""A page loads its parts when they are wanted: a network that changes or is away just then costs nobody the lesson."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.screens import new_lesson
from tests.e2e.visits import MARK, MARKED
from tests.server import KreideServer

pytestmark = pytest.mark.e2e
# Every camera that the page opens.
LIVING = """
window.cameras = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  window.cameras.push(...stream.getVideoTracks());
  return stream;
};
"""
PARTS = re.compile(r"/assets/.*\.(js|css)$")


def before_the_lesson(open_page: OpenPage, server: KreideServer) -> Page:
    page = open_page("pupil1", f"/meeting/{new_lesson(server.login('teacher'))}")
    expect(page.get_by_role("button", name="Beitreten")).to_be_enabled()
    page.evaluate(MARK)
    return page


def test_what_breaks_on_its_way_comes_again(open_page: OpenPage, server: KreideServer) -> None:
    page, asked = before_the_lesson(open_page, server), Counter[str]()

    def break_first(route: Route) -> None:
        asked[route.request.url] += 1
        if asked[route.request.url] == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(PARTS, break_first)
    page.get_by_role("button", name="Beitreten").click()
    expect(page.get_by_role("button", name="Verlassen")).to_be_visible()
    styles = [url for url in asked if url.endswith(".css")]
    assert styles, "the room has styles of its own"
    loaded = page.evaluate("() => [...document.styleSheets].map(({ href }) => href)")
    assert set(styles) <= set(loaded), "a style that broke was loaded by the next try"
    assert page.evaluate(MARKED)


def test_what_does_not_come_is_said(open_page: OpenPage, server: KreideServer) -> None:
    page = before_the_lesson(open_page, server)
    page.add_init_script(LIVING)
    page.reload()
    expect(page.get_by_role("button", name="Beitreten")).to_be_enabled()
    page.route(PARTS, lambda route: route.abort("internetdisconnected"))
    page.get_by_role("button", name="Kamera einschalten").click()
    expect(page.get_by_role("button", name="Kamera ist an")).to_be_visible()
    page.get_by_role("button", name="Beitreten").click()
    expect(page.get_by_role("alert").get_by_role("heading", name="Keine Verbindung zum Server.")).to_be_visible()
    page.wait_for_function("() => window.cameras.every(({ readyState }) => readyState === 'ended')")
    page.unroute(PARTS)
    page.get_by_role("button", name="Noch einmal versuchen").click()
    page.get_by_role("button", name="Beitreten").click()
    expect(page.get_by_role("button", name="Verlassen")).to_be_visible()
