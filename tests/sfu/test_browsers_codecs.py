"""Real Chromium in every codec we carry: pictures are decoded, their layer is the one that was asked for, half of the
frames is what the allocator says, RED, and what was recorded of them plays in a browser.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import av
import pytest
from msgspec.structs import replace
from playwright.async_api import Browser, Page

from sfu.codecs import VideoCodec
from sfu.model import PeerConnected
from sfu.recorder import RecorderEvent, Recording, RecordingEnded
from sfu.room import MediaRoom
from sfu.server import MediaServer
from tests.sfu.halves import Watch, halved
from tests.sfu.peers import TEACHER, Log, running
from tests.sfu.test_browsers import _chromium, _is_wide, _join, _rises, _signalling

pytestmark = pytest.mark.e2e
CODECS: tuple[VideoCodec, ...] = ("h264", "vp9", "av1")
SMALL = (
    160,
    320,
)  # which of them a tile gets is for the rates to say: a slow machine's encoder makes the middle one cheap
MIME = {"vp8": "video/VP8", "h264": "video/H264", "vp9": "video/VP9", "av1": "video/AV1"}


TAKEN = 240
"""Pictures and sounds of three seconds and more."""


async def _record(server: MediaServer, room: MediaRoom, folder: Path) -> tuple[Recording, list[RecorderEvent]]:
    """Record the teacher for a while; then they take back their word, and go on sending."""
    told: list[RecorderEvent] = []
    recording = await room.record(folder, 0, told.append)
    before = server.counters()["recorded_frames"]
    room.set_rights("teacher", replace(TEACHER, record=1))
    async with asyncio.timeout(60):
        while server.counters()["recorded_frames"] < before + TAKEN:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    room.set_rights("teacher", TEACHER)
    recording.end(1, forget=False)
    return recording, told


def _look(path: Path, codec: VideoCodec) -> tuple[str, str, float]:
    """A decoder that is not ours finds every picture; the file for a page, its kind, and how long it is."""
    data = path.read_bytes()
    assert (b"matroska" in data[:64]) == (codec == "h264")
    with av.open(path, "r") as container:
        assert container.duration is not None
        (video,) = container.streams.video
        assert codec in video.codec_context.codec.canonical_name
        assert len([frame for frame in container.decode(video=0) if frame.width == 640]) > 15
        kind = "video/x-matroska" if codec == "h264" else "video/webm"
        return base64.b64encode(data).decode(), kind, container.duration / 1e6


async def _play(page: Page, path: Path, codec: VideoCodec) -> None:
    """A browser plays the file from anywhere and to its end."""
    data, kind, length = _look(path, codec)
    found = await page.evaluate("([data, kind]) => played(data, kind)", [data, kind])
    assert (found["width"], found["height"]) == (640, 360) and found["bright"] > 60
    assert abs(found["duration"] - length) < 0.2 and abs(found["end"] - length) < 0.2
    assert length > 1.5 and found["frames"] > 5


async def _watch(server: MediaServer, browser: Browser, codec: VideoCodec, folder: Path) -> None:
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
        watch = Watch(pages["teacher"], pages["pupil"])
        await watch.begin()
        recording, told = await _record(server, room, folder)
        await watch.end()
        assert await pages["pupil"].evaluate("codecOf('stage')") == MIME[codec]
        await _rises(pages["pupil"], "stage", found["framesDecoded"] + 20)
        if codec != "h264":  # which marks no rates
            await halved(room, watch)
        room.set_stage("pupil")
        found = await _is_wide(pages["pupil"], "tile-1", *SMALL)
        await _rises(pages["pupil"], "tile-1", found["framesDecoded"] + 10)
        assert await pages["pupil"].evaluate("redundant('voice-1')") > 20
        taken = server.counters()["recorded_frames"]
        room.stop_recording()
        await recording.closed()
        assert told[-1] == RecordingEnded("closed") and server.counters()["recorded_frames"] == taken
        await _play(pages["pupil"], folder / "2.webm", codec)
        for page in pages.values():
            await page.close()
        room.leave("teacher")
        room.leave("pupil")


async def test_pictures_of_every_codec_arrive_in_the_layer_asked_for_and_are_recorded(tmp_path: Path) -> None:
    async with running() as server, _chromium() as browser:
        for codec in CODECS:
            (tmp_path / codec).mkdir()
            await _watch(server, browser, codec, tmp_path / codec)
        assert server.counters()["dropped_malformed"] == 0
