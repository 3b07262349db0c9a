"""People with a running camera in a lesson, and what their pages tell: what arrives, and whether they were reloaded."""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.devices import SPY, frames_and_sound
from tests.e2e.screens import enter
from tests.server import KreideServer

MARK = "() => { window.neverReloaded = true; }"
MARKED = "() => window.neverReloaded === true"
# Bytes of pictures that have arrived; padding is not counted.
PICTURES = """async () => {
  let bytes = 0;
  for (const connection of window.connections)
    (await connection.getStats()).forEach((report) => {
      if (report.type === 'inbound-rtp' && report.kind === 'video') bytes += report.bytesReceived;
    });
  return bytes;
}"""
# The codecs in which this page gets pictures now.
CODECS = """async () => {
  const codecs = [];
  for (const connection of window.connections) {
    if (connection.connectionState !== 'connected') continue;
    const stats = await connection.getStats();
    stats.forEach((report) => {
      if (report.type === 'inbound-rtp' && report.framesDecoded > 10) codecs.push(stats.get(report.codecId)?.mimeType);
    });
  }
  return codecs;
}"""


def visit(open_page: OpenPage, server: KreideServer, account: str, lesson: str, script: str = "") -> Page:
    """Bring somebody with a running camera into a lesson; `script` runs before the page does."""
    page = open_page(account, "/login", url=server.url)
    page.context.add_init_script(SPY + script)
    enter(page, lesson)
    page.get_by_role("button", name="Kamera aus").click()
    expect(page.get_by_role("button", name="Kamera an")).to_be_visible()
    page.evaluate(MARK)
    return page


def moving(page: Page) -> bool:
    """Whether frames are being decoded now."""
    before, _ = frames_and_sound(page)
    time.sleep(0.1)
    return frames_and_sound(page)[0] > before
