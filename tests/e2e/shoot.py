"""Every screen in five sizes and two languages as PNG files in tests/e2e/shots, for people to look at.

python -m tests.e2e.shoot [part of a screen's name]
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.conftest import FLAGS
from tests.e2e.screens import LOCALES, MORE_SCREENS, SCREENS, SIZES, Place, Screen, enter, leave_room, new_lesson
from tests.server import KreideServer

# beside the sizes that the tests look at: a tablet upright, a phone on its side
MORE_SIZES = SIZES | {"upright": (820, 1180), "side": (844, 390)}
SHOTS = Path(__file__).parent / "shots"


def open_as(browser: Browser, server: KreideServer, account: str | None, locale: str, size: tuple[int, int]) -> Page:
    context = browser.new_context(
        base_url=server.url,
        locale=locale,
        viewport={"width": size[0], "height": size[1]},
        permissions=["camera", "microphone"],
        has_touch=size[0] < 1200,
    )
    context.set_default_timeout(60_000)
    if account is not None:
        answer = context.request.post("/api/v1/login", data={"account": account, "password": "kreide"})
        assert answer.ok, answer.text()
    return context.new_page()


def shoot(browser: Browser, server: KreideServer, place: Place, screen: Screen) -> None:
    for locale in LOCALES:
        for name, size in MORE_SIZES.items():
            page = open_as(browser, server, screen.account, locale, size)
            try:
                screen.way(page, place)
            except Exception as error:  # what is on the screen then is worth seeing, too
                print(f"{screen.name} {locale} {name}: {error}", file=sys.stderr)
            page.screenshot(path=SHOTS / f"{screen.name}-{name}-{locale[:2]}.png")
            leave_room(page)
            page.context.close()


def company(browser: Browser, server: KreideServer, place: Place, count: int = 3) -> None:
    """Pupils with cameras in the lesson, so that there are tiles to look at."""
    pupil = next(screen for screen in SCREENS if screen.name == "room-pupil")
    for number in range(3, 3 + count):
        page = open_as(browser, server, f"pupil{number}", "de-DE", SIZES["desktop"])
        pupil.way(page, place)
        page.get_by_role("button", name="Kamera aus").click()


def record(browser: Browser, server: KreideServer, place: Place) -> Place:
    """A lesson of its own in which the teacher has begun to record."""
    recorded = new_lesson(server.login("teacher"), "Biologie: Der Igel")
    page = open_as(browser, server, "teacher", "de-DE", SIZES["desktop"])
    enter(page, recorded)
    page.get_by_role("button", name="Mehr", exact=True).click()
    page.get_by_role("menuitem", name="Aufnahme starten").click()
    expect(page.locator("[data-recording]")).to_be_visible()
    return replace(place, recorded=recorded)


def main(wanted: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = KreideServer(Path(folder) / "data")
        server.start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        place = Place.prepare(server)
        screens = [screen for screen in (*SCREENS, *MORE_SCREENS) if wanted in screen.name]
        if any(screen.name.startswith("room") for screen in screens):
            company(browser, server, place)
        if any(screen.name == "room-asked" for screen in screens):
            place = record(browser, server, place)
        for screen in screens:
            shoot(browser, server, place, screen)
        browser.close()
        server.stop()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
