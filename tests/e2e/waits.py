"""Waiting in browser tests: for a condition, with a deadline that a loaded machine keeps."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page

from tests.e2e.devices import face_of, frames_and_sound

SECONDS = 180  # an outer bound for a machine that is slow and busy, not what is promised
PATIENCE = 1000 * SECONDS  # of Playwright's own waiting, in ms
LONGEST = 1800  # seconds for a whole test with all its browsers


def until(check: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait until `check` holds; browsers are asked through the page, so there is nothing to await."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def until_face(page: Page, name: str, colour: str) -> None:
    seen: list[str] = []

    def shown() -> bool:
        seen.append(face_of(page, name))
        return seen[-1] == colour

    try:
        until(shown, "")
    except AssertionError:
        raise AssertionError(f"{name} is seen in {colour}, not as {seen[-5:]}") from None


def until_rising(page: Page) -> None:
    frames, energy = frames_and_sound(page)
    until(lambda: frames_and_sound(page)[0] > frames + 20, "decoded frames rise")
    until(lambda: frames_and_sound(page)[1] > energy, "sound arrives")
