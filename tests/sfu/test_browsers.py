"""Real Chromium pages in one room of a real MediaServer: pictures are decoded and sound has energy."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright

from sfu.codecs import START_KBIT
from sfu.model import LayersWanted, PeerConnected, PeerLost, SlotOffer, SourceChanged, SourceOffer
from sfu.room import MediaRoom
from tests.sfu.halves import Watch, halved
from tests.sfu.peers import PUPIL, TEACHER, Log, running

pytestmark = pytest.mark.e2e

FLAGS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--no-sandbox",
]
LOOKS = 720  # three minutes and more
PAGE = Path(__file__).parent / "browser.html"


class OfferBody(msgspec.Struct):
    """What the page posts."""

    sdp: str
    sources: list[SourceOffer]
    slots: list[SlotOffer]


@asynccontextmanager
async def _signalling(room: MediaRoom) -> AsyncIterator[str]:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE)

    async def offer(request: web.Request) -> web.Response:
        body = msgspec.json.decode(await request.read(), type=OfferBody)
        answer = await room.offer(request.match_info["peer"], body.sdp, body.sources, body.slots)
        return web.json_response({"sdp": answer})

    async def whip(request: web.Request) -> web.Response:
        return web.Response(text=await room.publish(request.match_info["peer"], await request.text()))

    async def whep(request: web.Request) -> web.Response:
        return web.Response(text=await room.play(request.match_info["peer"], await request.text(), None))

    app = web.Application()
    app.router.add_post("/whip/{peer}", whip)
    app.router.add_post("/whep/{peer}", whep)
    app.router.add_get("/", page)
    app.router.add_post("/offer/{peer}", offer)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS, timeout=180_000)
        try:
            yield browser
        finally:
            await browser.close()


async def _join(
    browser: Browser, url: str, peer: str, *, layered: bool = False, tcp: bool = False, codec: str = "vp8"
) -> Page:
    page = await browser.new_page()
    await page.goto(url)
    await page.evaluate(f"window.codec = '{codec}'")
    await page.evaluate(f"window.onlyTcp = {str(tcp).lower()}; join('{peer}', {str(layered).lower()})")
    return page


async def _is_wide(page: Page, slot: str, *widths: int) -> dict[str, float]:
    """Wait until the slot shows pictures of one of these widths; returns what the browser says of them."""
    for _ in range(LOOKS):
        found: dict[str, float] = await page.evaluate(f"picture('{slot}')")
        if found.get("frameWidth") in widths:
            return found
        await page.wait_for_timeout(250)
    raise AssertionError(f"{slot} never became {widths} wide: {found}")


async def _rises(page: Page, slot: str, above: float) -> float:
    """Wait until a slot has decoded more pictures, or heard more energy, than this."""
    for _ in range(LOOKS):
        found: dict[str, float] = await page.evaluate("heardAndSeen()")
        if found.get(slot, 0) > above:
            return found[slot]
        await page.wait_for_timeout(250)
    raise AssertionError(f"{slot} never rose above {above}: {found}")


async def _stands(page: Page, slot: str, other: Page, beside: str) -> None:
    """Wait until a slot shows nothing new while another goes on: what was on its way has come."""
    for _ in range(20):
        before = (await page.evaluate("heardAndSeen()"))[slot]
        await _rises(other, beside, await _rises(other, beside, 0) + 30)
        if (await page.evaluate("heardAndSeen()"))[slot] == before:
            return
    raise AssertionError(f"{slot} goes on")


async def test_two_pages_see_and_hear_each_other() -> None:
    async with running() as server, _chromium() as browser:
        log = Log()
        room = server.room("lesson", log)
        room.admit("teacher", TEACHER)
        room.admit("pupil", PUPIL)
        async with _signalling(room) as url:
            teacher, pupil = await _join(browser, url, "teacher"), await _join(browser, url, "pupil")
            for name in ("teacher", "pupil"):
                await log.until(PeerConnected(name))
            await teacher.evaluate("publish()")
            await pupil.evaluate("publish()")
            for page in (teacher, pupil):
                await _rises(page, "tile-1", await _rises(page, "tile-1", 5) + 20)
                await _rises(page, "voice-1", await _rises(page, "voice-1", 0))

            room.set_stage("teacher")
            seen = await _rises(pupil, "stage", 5)
            await _rises(pupil, "stage-audio", 0)

            before = await pupil.evaluate("heardAndSeen()")
            time.sleep(5)  # noqa: ASYNC251  (the loop stands still, the media does not)
            after = await pupil.evaluate("heardAndSeen()")
            assert after["stage"] > before["stage"] + 10 and after["stage-audio"] > before["stage-audio"]
            seen = after["stage"]

            await pupil.evaluate("negotiate('pupil', true)")
            await _rises(pupil, "stage", seen + 60)

            room.set_rights("pupil", msgspec.structs.replace(PUPIL, publish=False))
            await _stands(teacher, "tile-1", pupil, "stage")

            await teacher.evaluate("connection.close()")
            await log.until(PeerLost("teacher", "closed"))
            room.leave("pupil")
            room.leave("teacher")
            assert set(room.counts().values()) == {0}


async def test_without_udp_pictures_and_sound_go_over_tcp_both_ways() -> None:
    async with running() as server, _chromium() as browser:
        log = Log()
        room = server.room("lesson", log)
        room.admit("teacher", TEACHER)
        room.admit("pupil", PUPIL)
        room.set_stage("teacher")
        async with _signalling(room) as url:
            pages = {}
            for name in ("teacher", "pupil"):
                pages[name] = await _join(browser, url, name, tcp=True)
                await log.until(PeerConnected(name))
                await pages[name].evaluate("publish()")
            for page, slot in ((pages["teacher"], "tile-1"), (pages["pupil"], "stage")):
                await _rises(page, slot, await _rises(page, slot, 5) + 40)
                assert await page.evaluate("transports()") == ["tcp"]
            await _rises(pages["pupil"], "stage-audio", 0)
            await _rises(pages["teacher"], "voice-1", 0)
            assert server.counters()["tcp_connections"] >= 2
            await pages["pupil"].evaluate("negotiate('pupil', true)")
            await _rises(pages["pupil"], "stage", await _rises(pages["pupil"], "stage", 0) + 60)


async def test_a_page_plays_by_whep_what_another_publishes_by_whip() -> None:
    async with running() as server, _chromium() as browser:
        room = server.room("lesson", Log())
        room.admit("camera", PUPIL)
        room.admit("watcher", PUPIL)
        async with _signalling(room) as url:
            camera, watcher = await browser.new_page(), await browser.new_page()
            for page in (camera, watcher):
                await page.goto(url)
            await camera.evaluate("whip('camera')")
            await watcher.evaluate("whep('watcher')")
            await _rises(watcher, "stage", await _rises(watcher, "stage", 5) + 20)
            await _rises(watcher, "voice-1", await _rises(watcher, "voice-1", 0))


async def test_the_stage_is_shown_in_full_and_tiles_small_and_what_nobody_watches_is_not_sent() -> None:
    async with running() as server, _chromium() as browser:
        log = Log()
        room = server.room("lesson", log)
        for name in ("teacher", "pupil", "viewer"):
            room.admit(name, TEACHER)
        async with _signalling(room) as url:
            pages = {name: await _join(browser, url, name, layered=True) for name in ("teacher", "pupil", "viewer")}
            # Before there is a picture: had a tile shown it, the first tile would be left empty.
            room.set_stage("teacher")
            for name in ("teacher", "pupil"):
                await pages[name].evaluate("publish(960, 540)")
            await _is_wide(pages["viewer"], "stage", 640)
            watch = Watch(pages["teacher"], pages["viewer"])
            await watch.begin()
            await _is_wide(pages["viewer"], "tile-1", 160)
            # Nobody waits while a browser feels its way up to the large layer: it begins with room for it.
            assert await pages["viewer"].evaluate("mayBeSent()") == START_KBIT * 1000
            await watch.end()
            await halved(room, watch)

            # The pupil's large layers are watched by nobody: its client is asked to pause them.
            await log.until(LayersWanted("pupil", {"camera": ["q"]}))
            await pages["pupil"].evaluate("oblige(['q'])")
            await log.until(SourceChanged("pupil", "camera", True))

            # On stage they are wanted again; the viewer sees the small one until the large one is there.
            await _is_wide(pages["viewer"], "tile-1", 160)
            room.set_stage("pupil")
            wanted = await log.until(lambda event: isinstance(event, LayersWanted) and _adds_full(event, "pupil"))
            assert isinstance(wanted, LayersWanted)
            await _is_wide(pages["viewer"], "stage", 160)
            await pages["pupil"].evaluate(f"oblige({wanted.layers['camera']})")
            small = await pages["viewer"].evaluate("picture('stage')")
            full = await _is_wide(pages["viewer"], "stage", 640)
            await _rises(pages["viewer"], "stage", full["framesDecoded"] + 20)
            after = await pages["viewer"].evaluate("picture('stage')")
            print(f"stood for {after['totalFreezesDuration'] - small['totalFreezesDuration']:.1f} s meanwhile")
            assert after["framesDecoded"] > small["framesDecoded"] + 20

            # The top layer stops without a word, as when the pupil's uplink becomes narrow.
            await pages["pupil"].evaluate("oblige(['q', 'h'])")
            fallen = await _is_wide(pages["viewer"], "stage", 320)
            await _rises(pages["viewer"], "stage", fallen["framesDecoded"] + 20)
            counters = server.counters()
            assert counters["layer_switches"] >= 2
            assert counters["dropped_malformed"] == 0


def _adds_full(event: LayersWanted, peer: str) -> bool:
    return event.peer == peer and "f" in event.layers["camera"]
