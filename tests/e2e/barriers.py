"""What keeps people out of a page: what axe finds, and what is wider than the window."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page

from tests.server import ROOT

AXE = (ROOT / "web/client/node_modules/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What pushes the page wider than its window; a region that scrolls by itself does not count.
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= width) return [];
  const over = (one) => one.getBoundingClientRect().right > width + 0.5;
  const wide = [...document.querySelectorAll('body *')].filter(over);
  return wide.map((one) => `${one.tagName} ${one.className} ${one.innerText?.slice(0, 30) ?? ''}`);
}"""


SETTLED = 20.0  # seconds in which a page is done with what it was told: another width, something that came


def violations(page: Page) -> list[str]:
    """Everything that axe finds and goes on finding, one line each."""
    end = time.monotonic() + SETTLED
    while (found := _violations(page)) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def too_wide(page: Page) -> list[str]:
    """What is wider than the window and stays so."""
    end = time.monotonic() + SETTLED
    while (found := list(page.evaluate(OVERFLOW))) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def _violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate("(tags) => axe.run({ runOnly: tags })", RULES)
    return [
        f"{found['id']} ({found['impact']}): {node['target']} {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


def barriers(page: Page) -> list[str]:
    """What axe finds, and what is too wide."""
    return violations(page) + too_wide(page)
