"""Real Chromium with fake devices against a real server.

Each test gets browsers of its own; the server with its demo school is shared, so tests bring rooms and
documents of their own where they change something.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.e2e.devices import START_MS
from tests.e2e.waits import LONGEST, PATIENCE
from tests.server import KreideServer

# Nothing may leave the machine: no component updates, no field trials, no QUIC.
FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
OpenPage = Callable[..., Page]
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests wait for browsers: a machine that is slow and busy at once takes minutes for the longest."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.timeout(LONGEST))


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(_playwright: Playwright) -> Iterator[Browser]:
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser = _playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags, timeout=START_MS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KreideServer]:
    kreide = KreideServer(tmp_path_factory.mktemp("kreide") / "data")
    kreide.start()
    yield kreide
    assert kreide.stop() == 0


@pytest.fixture
def open_page(chromium: Browser, server: KreideServer) -> Iterator[OpenPage]:
    """Open a page as somebody: `open_page("pupil1", "/meeting/demo-lesson", locale="de-DE", size=(390, 844))`."""
    contexts: list[BrowserContext] = []

    def open_as(
        account: str | None, path: str, *, locale: str = "de-DE", size: tuple[int, int] = (1440, 900), url: str = ""
    ) -> Page:
        base = url or server.url
        context = chromium.new_context(
            base_url=base,
            locale=locale,
            viewport={"width": size[0], "height": size[1]},
            permissions=["camera", "microphone"],
            reduced_motion="reduce",  # what moves can be neither measured nor pressed
            has_touch=size[0] < 1200,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if account is not None:
            body = {"account": account, "password": "kreide"}
            answer = context.request.post(f"{base}/api/v1/login", data=body)
            assert answer.ok, answer.text()
        page = context.new_page()
        page.goto(path)
        return page

    yield open_as
    for context in contexts:
        context.close()


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a screenshot beside the tests, for people to look at; git does not keep it."""
    folder = Path(__file__).parent / "shots"

    def shoot(page: Page, name: str) -> None:
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{name}.png")

    return shoot
