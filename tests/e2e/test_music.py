"""Music: a choice of the device dialog, negotiated while the call goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.devices import SPY
from tests.e2e.screens import enter, new_lesson
from tests.e2e.waits import until
from tests.server import KreideServer

pytestmark = pytest.mark.e2e

# What was agreed on for the microphone: what I offer to send, and what the server asks for.
AGREED = """() => {
  const connection = window.connections.find((one) => one.connectionState === 'connected');
  if (connection === undefined) return ['', ''];
  const microphone = ({ sdp }) => sdp.split('\\r\\nm=').find((line) => line.includes('a=mid:0\\r\\n'));
  return [microphone(connection.currentLocalDescription), microphone(connection.currentRemoteDescription)];
}"""
# Bytes of sound that have arrived.
HEARD = """async () => {
  let bytes = 0;
  for (const connection of window.connections)
    (await connection.getStats()).forEach((report) => {
      if (report.type === 'inbound-rtp' && report.kind === 'audio') bytes += report.bytesReceived;
    });
  return bytes;
}"""


def test_music_is_sent_in_stereo_from_the_switch_on(
    open_page: OpenPage, server: KreideServer, shots: Callable[[Page, str], None]
) -> None:
    lesson = new_lesson(server.login("teacher"))
    pages = {}
    for account in ("teacher", "pupil1"):
        pages[account] = open_page(account, "/login", url=server.url)
        pages[account].context.add_init_script(SPY)
        enter(pages[account], lesson)
    teacher, pupil = pages["teacher"], pages["pupil1"]
    teacher.get_by_role("button", name="Mikro aus").click()
    until(lambda: pupil.evaluate(HEARD) > 5_000, "the pupil hears")
    until(lambda: all(teacher.evaluate(AGREED)), "it is agreed on")
    offered, asked = teacher.evaluate(AGREED)
    assert "sprop-stereo" not in offered and "usedtx=1" in asked
    assert asked.index("red/48000") < asked.index("opus/48000"), "with redundancy"

    teacher.get_by_role("button", name="Mehr", exact=True).click()
    teacher.get_by_role("menuitem", name="Geräte einstellen").click()
    dialog = teacher.get_by_role("dialog", name="Geräte einstellen")
    dialog.get_by_role("switch", name="Musik übertragen").check()
    until(lambda: "sprop-stereo=1" in teacher.evaluate(AGREED)[0], "stereo is offered")
    until(lambda: "maxaveragebitrate=128000" in teacher.evaluate(AGREED)[1], "and asked for")
    assert "usedtx" not in teacher.evaluate(AGREED)[1]
    shots(teacher, "music")
    before = pupil.evaluate(HEARD)
    until(lambda: pupil.evaluate(HEARD) > before + 5_000, "and the pupil goes on hearing")
    expect(dialog.get_by_role("switch", name="Musik übertragen")).to_be_checked()
