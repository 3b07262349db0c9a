"""Real Chromium in every codec we carry: pictures are decoded, their layer is the one that was asked for, and RED."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from sfu.codecs import VideoCodec
from sfu.model import PeerConnected
from sfu.server import MediaServer
from tests.sfu.peers import TEACHER, Log, running
from tests.sfu.test_browsers import _chromium, _is_wide, _join, _rises, _signalling

pytestmark = pytest.mark.e2e
MIME = {"vp8": "video/VP8", "h264": "video/H264", "vp9": "video/VP9", "av1": "video/AV1"}


async def _watch(server: MediaServer, browser: Browser, codec: VideoCodec, small: int) -> None:
    """A camera is shown large on the stage, and small in a tile while somebody else is there."""
    log = Log()
    room = server.room(codec, log, codec)
    for name in ("teacher", "pupil"):
        room.admit(name, TEACHER)
    async with _signalling(room) as url:
        pages = {name: await _join(browser, url, name, layered=True, codec=codec) for name in ("teacher", "pupil")}
        await pages["teacher"].evaluate("publish(960, 540)")
        room.set_stage("teacher")
        for name in ("teacher", "pupil"):
            await log.until(PeerConnected(name))
        found = await _is_wide(pages["pupil"], "stage", 640)
        assert await pages["pupil"].evaluate("codecOf('stage')") == MIME[codec]
        await _rises(pages["pupil"], "stage", found["framesDecoded"] + 20)
        room.set_stage("pupil")
        found = await _is_wide(pages["pupil"], "tile-1", small)
        await _rises(pages["pupil"], "tile-1", found["framesDecoded"] + 10)
        assert await pages["pupil"].evaluate("redundant('voice-1')") > 20
        for page in pages.values():
            await page.close()
        room.leave("teacher")
        room.leave("pupil")


async def test_pictures_of_every_codec_arrive_in_the_layer_asked_for() -> None:
    async with running() as server, _chromium() as browser:
        # The middle layer of this picture costs little in H.264; Chromium makes two layers of 640 x 360 in VP9.
        for codec, small in (("h264", 320), ("vp9", 320), ("av1", 160)):
            await _watch(server, browser, codec, small)  # type: ignore[arg-type]
        assert server.counters()["dropped_malformed"] == 0
