"""The way of a recording through real browsers: it is begun, agreed to or not, withdrawn from, listed and deleted.

Laws: what a file holds is judged by a decoder that is not ours: by its frames and by whose colour they have.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import av
from av import VideoFrame
from playwright.sync_api import Page, expect

from tests.e2e.devices import COLOURS

COLOUR_OF = {"teacher": "red", "pupil1": "green"}


def files_in(data: Path) -> list[Path]:
    return sorted(data.glob("recordings/*/*.webm"))


def content(path: Path) -> tuple[int, int, str]:
    """How many pictures and sounds of a file can be decoded, and the colour of the last picture."""
    pictures = sounds = 0
    chroma = (128, 128)
    with av.open(path, "r") as container:
        for frame in container.decode():
            if isinstance(frame, VideoFrame):
                pictures += 1
                blue, red = (bytes(plane)[plane.buffer_size // 2 + 40] for plane in frame.planes[1:3])
                chroma = blue, red
            else:
                sounds += 1
    near = {name: abs(u - chroma[0]) + abs(v - chroma[1]) for name, (_, u, v) in COLOURS.items()}
    return pictures, sounds, min(near, key=lambda name: near[name])


def shows(path: Path) -> bool:
    """Whether there is something to see and to hear; a cluster that is just being written does not count yet."""
    try:
        pictures, sounds, _ = content(path)
    except (OSError, av.error.FFmpegError):
        return False
    return pictures > 10 and sounds > 40


def listed(page: Page) -> list[dict[str, Any]]:
    """What the server lists for whoever this is."""
    answer = page.context.request.get("/api/v1/recordings")
    assert answer.ok
    return list(answer.json()["recordings"])


def begin(pages: dict[str, Page]) -> None:
    """The teacher begins, everybody sees the sign at once; teacher and first pupil agree, the second does not."""
    teacher = pages["teacher"]
    teacher.get_by_role("button", name="Mehr", exact=True).click()
    teacher.get_by_role("menuitem", name="Aufnahme starten").click()
    for page in pages.values():
        expect(page.locator("[data-recording=ask]").get_by_role("alert")).to_contain_text("Aufnahme läuft")
    for account in ("teacher", "pupil1"):
        pages[account].get_by_role("button", name="Ja, ich stimme zu").click()
        expect(pages[account].locator("[data-recording=mine]")).to_contain_text("aufgenommen")
    pages["pupil2"].get_by_role("button", name="Nein", exact=True).click()
    expect(pages["pupil2"].locator("[data-recording=not]")).to_contain_text("Du wirst nicht aufgenommen")
    expect(teacher.locator("[data-recording]")).to_contain_text("2 von 3 haben zugestimmt")


def end(teacher: Page) -> None:
    teacher.locator("[data-recording]").get_by_role("button", name="Aufnahme beenden").click()
    expect(teacher.get_by_text("Die Aufnahme ist beendet.")).to_be_visible()


def delete(page: Page, button: str) -> None:
    """Delete by the list, and confirm."""
    page.get_by_role("button", name=re.compile(button)).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Löschen").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
