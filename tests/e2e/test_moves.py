"""A room changes its worker: all are started anew and nobody sees more than a moment of it, or one is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.devices import SPY, frames_and_sound
from tests.e2e.screens import enter, in_room, new_lesson
from tests.e2e.test_media import active
from tests.e2e.visits import CODECS, MARK, moving, visit
from tests.e2e.waits import until
from tests.server import KreideServer
from tests.services import RedisServer

pytestmark = pytest.mark.e2e

# Looks at somebody's tile at each frame of the page: is a picture shown, and how long was there no new one?
WATCH = """(peer) => {
  const watch = { frames: 0, longest: 0, blanks: 0, looks: 0, last: performance.now() };
  window.watched = watch;
  const known = new WeakSet();
  const shown = (video) => {
    if (video.dataset.fresh === 'true') {
      const now = performance.now();
      watch.frames += 1;
      watch.longest = Math.max(watch.longest, now - watch.last);
      watch.last = now;
    }
    video.requestVideoFrameCallback(() => shown(video));
  };
  const look = () => {
    const videos = [...document.querySelectorAll(`figure.tile[data-peer="${peer}"] video`)];
    for (const video of videos) {
      if (!known.has(video)) {
        known.add(video);
        video.requestVideoFrameCallback(() => shown(video));
      }
    }
    watch.looks += 1;
    if (!videos.some((video) => video.dataset.fresh === 'true')) watch.blanks += 1;
    requestAnimationFrame(look);
  };
  look();
}"""
# What was seen since the last time somebody asked.
SEEN = """() => {
  const { frames, longest, blanks, looks } = window.watched;
  Object.assign(window.watched, { frames: 0, longest: 0, blanks: 0, looks: 0, last: performance.now() });
  return { frames, longest, blanks, looks };
}"""
CONNECTIONS = "() => window.connections.length"


@pytest.fixture
def house(tmp_path: Path, redis_server: RedisServer) -> Iterator[KreideServer]:
    """A server of two workers."""
    server = KreideServer(tmp_path / "data", "--workers", "2", "--redis", redis_server.url)
    server.start()
    yield server
    assert server.stop() == 0


def owner_of(meeting: str, server: KreideServer, redis_server: RedisServer) -> int:
    """The process in which the room lives, by its lease."""
    with redis.Redis.from_url(redis_server.url) as client:
        (holder,) = (client.get(key) for key in client.scan_iter(f"*lease:{{room:{meeting}}}"))
    assert isinstance(holder, bytes)
    index = holder.decode().partition("-")[0].removeprefix("w")
    for pid in server.workers():
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if command[command.index(b"--worker-index") + 1].decode() == index:
            return pid
    raise AssertionError(f"no worker {index}")


def watch_in(codec: str, open_page: OpenPage, house: KreideServer) -> tuple[Page, Page]:
    """Who sends and who watches in another lesson, of a codec and a cap that the school takes back afterwards."""
    rules = house.login("admin")
    rules.patch("/api/v1/school", {"video_codec": codec, "downlink_cap": 200})
    lesson = new_lesson(house.login("teacher"))
    sender = visit(open_page, house, "pupil2", lesson)
    rules.patch("/api/v1/school", {"video_codec": None, "downlink_cap": None})
    watcher = open_page("pupil3", "/login", url=house.url)
    watcher.context.add_init_script(SPY)
    enter(watcher, lesson)
    watcher.evaluate(MARK)
    return sender, watcher


def tile_of_another(page: Page) -> str:
    tile = page.locator("figure.tile:has(video[data-fresh=true][data-slot])").first
    expect(tile).to_be_visible()
    return str(tile.get_attribute("data-peer"))


def connections(page: Page) -> tuple[int, int]:
    """How many media connections the page has made, and how many of them are up."""
    made, up = page.evaluate(
        "() => [connections.length, connections.filter((c) => c.connectionState === 'connected').length]"
    )
    return made, up


def test_all_workers_are_started_anew_during_a_lesson(open_page: OpenPage, house: KreideServer) -> None:
    lesson = new_lesson(house.login("teacher"))
    teacher, pupil = (visit(open_page, house, account, lesson) for account in ("teacher", "pupil1"))
    pupil.get_by_role("button", name="Melden").click()
    teacher.get_by_role("button", name="Mikro aus").click()
    sender, watcher = watch_in("vp9", open_page, house)
    pages = (teacher, pupil, watcher)
    for page in pages:
        page.evaluate(WATCH, tile_of_another(page))
    until(lambda: all(page.evaluate("() => window.watched.frames") > 30 for page in pages), "pictures move")
    usual = [page.evaluate(SEEN) for page in pages]
    before, old = [connections(page)[0] for page in pages], house.workers()

    house.signal(signal.SIGUSR2)
    until(lambda: not set(old) & set(house.workers()) and len(house.workers()) == 2 and house.ready(), "new workers")
    until(lambda: all(connections(page)[1] == 1 for page in pages), "one connection is left")
    seen = [page.evaluate(SEEN) for page in pages]
    for who, calm, moved in zip(("teacher", "pupil", "watcher"), usual, seen, strict=True):
        print(f"{who}: longest time without a new picture {moved['longest']:.0f} ms, before {calm['longest']:.0f} ms")
        print(f"{who}: {moved['blanks']} of {moved['looks']} looks at the tile found no picture")
        assert moved["frames"] > 0 and moved["blanks"] <= moved["looks"] / 10, moved  # a busy machine skips some
    assert all(connections(page)[0] > count for page, count in zip(pages, before, strict=True)), "media went elsewhere"

    for page in pages:
        in_room(page)
        frames, _ = frames_and_sound(page)
        until(lambda page=page, frames=frames: frames_and_sound(page)[0] > frames + 20, "decoded frames rise")  # type: ignore[misc]
        assert page.evaluate("() => window.neverReloaded === true")
    until(lambda: watcher.evaluate(CODECS) == ["video/VP9"], "the room has kept its codec")
    until(lambda: pupil.evaluate(CODECS) == ["video/VP8"], "and the other one its own")
    until(lambda: "f" in active(teacher) and "f" not in active(sender), "each room has kept its cap")
    expect(pupil.get_by_role("button", name="Gemeldet")).to_be_visible()
    expect(teacher.get_by_role("region", name="Meldungen").first.get_by_text("Amira")).to_be_visible()
    expect(teacher.locator("figure.tile")).to_have_count(2)


def test_a_room_whose_worker_is_killed_is_back_with_its_pictures(
    open_page: OpenPage, house: KreideServer, redis_server: RedisServer
) -> None:
    lesson = new_lesson(house.login("teacher"))
    pages = [visit(open_page, house, account, lesson) for account in ("teacher", "pupil1")]
    for page in pages:
        until(partial(moving, page), "pictures move before")
    killed = owner_of(lesson, house, redis_server)
    made = [page.evaluate(CONNECTIONS) for page in pages]
    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    for page, before in zip(pages, made, strict=True):
        until(lambda page=page, before=before: page.evaluate(CONNECTIONS) > before, "a new connection")  # type: ignore[misc]
        until(partial(moving, page), "pictures are back")
    print(f"back after {time.monotonic() - began:.1f} s")
    assert owner_of(lesson, house, redis_server) != killed
