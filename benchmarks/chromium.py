"""A Chromium that takes its turn like everybody else.

Started by root it gives its sound threads real time and its others a nice of -8: it then keeps the server that it looks
at from its core, and freezes would be counted that are of its own making. So it starts without the right to do that
(`CAP_SYS_NICE`); whoever is not root has none to give up.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright

PROGRAM = "/usr/bin/chromium"
_WITHOUT_HASTE = ("setpriv", "--bounding-set=-sys_nice")
_FLAGS = ("--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns")


@asynccontextmanager
async def open_chromium(content: str) -> AsyncIterator[Page]:
    """A page of a new browser with this content."""
    with tempfile.TemporaryDirectory(prefix="kreide-chromium-") as folder:
        async with async_playwright() as playwright:
            program = _write_starter(Path(folder)) if os.geteuid() == 0 else PROGRAM
            browser = await playwright.chromium.launch(executable_path=program, args=_FLAGS)
            page = await browser.new_page()
            await page.set_content(content)
            yield page
            await browser.close()


def _write_starter(folder: Path) -> Path:
    """A program that gives the right up and becomes Chromium."""
    starter = folder / "chromium"
    starter.write_text(f'#!/bin/sh\nexec {shlex.join((*_WITHOUT_HASTE, PROGRAM))} "$@"\n')
    starter.chmod(0o700)
    return starter
