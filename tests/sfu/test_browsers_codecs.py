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
CODECS: tuple[VideoCodec, ...] = ("h264", "vp9", "av1")
SMALL = (
    160,
    320,
)  # which of them a tile gets is for the rates to say: a slow machine's encoder makes the middle one cheap
MIME = {"vp8": "video/VP8", "h264": "video/H264", "vp9": "video/VP9", "av1": "video/AV1"}


async def _watch(server: MediaServer, browser: Browser, codec: VideoCodec) -> None:
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
        found = await _is_wide(pages["pupil"], "tile-1", *SMALL)
        await _rises(pages["pupil"], "tile-1", found["framesDecoded"] + 10)
        assert await pages["pupil"].evaluate("redundant('voice-1')") > 20
        for page in pages.values():
            await page.close()
        room.leave("teacher")
        room.leave("pupil")


async def test_pictures_of_every_codec_arrive_in_the_layer_asked_for() -> None:
    async with running() as server, _chromium() as browser:
        for codec in CODECS:
            await _watch(server, browser, codec)
        assert server.counters()["dropped_malformed"] == 0
