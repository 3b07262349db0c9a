"""What keeps people out of a page: what axe finds, and what is wider than the window."""

from __future__ import annotations

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


def violations(page: Page) -> list[str]:
    """Everything that axe finds, one line each."""
    page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate("(tags) => axe.run({ runOnly: tags })", RULES)
    return [
        f"{found['id']} ({found['impact']}): {node['target']} {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


def barriers(page: Page) -> list[str]:
    """What axe finds, and what is too wide."""
    return violations(page) + list(page.evaluate(OVERFLOW))
