"""How soon a picture is there, in a real Chromium: after a join, and after a turned page.

Thirty publishers replay recorded VP8 in three layers (`replay.py`) into a room, at 15 frames a second, keyframes when
asked; one Chromium looks at five of them. A join is a new connection, from before its offer to a frame on the screen; a
turn is from before the signalling message to the first frame of each tile that carries another person's number.

    .venv/bin/python -m benchmarks.tiles
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from collections.abc import Sequence

from playwright.async_api import Page

from benchmarks.chromium import open_chromium
from benchmarks.freezes import PAGE, TILES, Sender, publish
from benchmarks.measure import LAG, RESULTS, machine
from benchmarks.media_kreide import Kreide
from benchmarks.media_loads import LOADS, ROOM
from benchmarks.replay import Replay, recordings
from benchmarks.servers import meeting_tickets
from sfu.dtls import Identity

RECORDINGS, PATIENCE, PAUSE = 6, 5_000, 1.0
GOALS = {"first picture after a join": 300, "all five after a join": 600, "a tile after a turned page": 600}
"""The 95th percentile that is wished for, ms."""
WATCH = """<script>
let began = 0, before = [];
const shown = [], number = (line) => line.receiver.getContributingSources()
  .reduce((newest, one) => !newest || one.timestamp > newest.timestamp ? one : newest, null)?.source ?? 0;
function begin() {
  began = performance.now();
  before = lines.map((_, place) => shown[place]?.source ?? 0);
}
async function open(count) {
  began = performance.now();
  const offered = await offer(count, false); // like our client: whoever answers with ICE-lite needs no candidates
  lines.forEach((line, place) => {
    const video = document.querySelectorAll("video")[place];
    const look = () => {
      const source = number(line);
      if (source !== shown[place]?.source) shown[place] = { source, at: performance.now() };
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });
  return offered;
}
async function changed(patience) {
  const is_new = (place) => shown[place]?.source && shown[place].source !== (before[place] ?? 0);
  while (performance.now() < began + patience && !lines.every((_, place) => is_new(place)))
    await new Promise((done) => setTimeout(done, 10));
  return lines.map((_, place) => is_new(place) ? shown[place].at - began : null);
}
</script>"""


async def join(kreide: Kreide, page: Page) -> list[float | None]:
    """Connect anew; ms until each tile's first picture."""
    await page.goto("about:blank")  # the scripts begin anew
    await page.set_content(PAGE + WATCH)
    offered = await page.evaluate(f"open({TILES})")
    slots = [{"mid": mid, "purpose": f"tile-{n}"} for n, mid in enumerate(offered["mids"], 1)]
    message = {"sdp": offered["sdp"], "sources": [], "slots": slots}
    await page.evaluate("answer", (await kreide.call(ROOM, "media:offer", message))["sdp"])
    return list(await page.evaluate(f"changed({PATIENCE})"))


async def turn(kreide: Kreide, page: Page, tiles: Sequence[str]) -> list[float | None]:
    """Ask for other people; ms until each tile shows one of them."""
    await page.evaluate("begin()")
    await kreide.call(ROOM, "media:page", {"tiles": list(tiles)})
    return list(await page.evaluate(f"changed({PATIENCE})"))


async def play(arguments: argparse.Namespace) -> tuple[dict[str, list[float]], int, float]:
    """All joins and turns: times by what was waited for, how often nothing came, and the sender's lateness."""
    known, kreide, identity = recordings(RECORDINGS), Kreide(LOADS["school"]), Identity.generateCertificate()
    kreide.server.start()
    replays: list[Replay] = []
    times: dict[str, list[float]] = {name: [] for name in GOALS}
    sender, missing = Sender(replays), 0
    task: asyncio.Task[None] | None = None
    try:
        tickets = await meeting_tickets(kreide.server, 1, "teacher") + await meeting_tickets(kreide.server, ROOM)
        peers = [await kreide.enter(ticket, place) for place, ticket in enumerate(tickets)]
        for place in range(ROOM):
            replays.append(await publish(kreide, place, known[place % len(known)], identity))
        pages = [peers[start : start + TILES] for start in range(0, ROOM, TILES)]
        task = asyncio.create_task(sender.run())
        async with open_chromium(PAGE) as page:
            await kreide.call(ROOM, "media:page", {"tiles": pages[0]})
            await join(kreide, page)  # the first one warms up
            for _ in range(arguments.joins):
                await asyncio.sleep(PAUSE)
                found = [one for one in await join(kreide, page) if one is not None]
                missing += TILES - len(found)
                times["first picture after a join"] += [min(found)] if found else []
                times["all five after a join"] += [max(found)] if len(found) == TILES else []
            for number in range(1, arguments.turns + 1):
                await asyncio.sleep(PAUSE)
                found = [one for one in await turn(kreide, page, pages[number % len(pages)]) if one is not None]
                missing += TILES - len(found)
                times["a tile after a turned page"] += found
        return times, missing, sender.lag
    finally:
        if task is not None:
            task.cancel()
        for replay in replays:
            await replay.leg.close()
        await kreide.close()
        kreide.server.stop()


def table(times: dict[str, list[float]], missing: int, lag: float) -> str:
    """The results as a page."""
    about = machine()
    lines = ["# How soon a picture is there", "", *(__doc__ or "").split("\n\n")[1].splitlines(), ""]
    lines += ["| waited for | times | p50 ms | p95 ms | longest ms | goal, p95 |", "|---" * 6 + "|"]
    for name, some in times.items():
        if some:
            ordered = sorted(some)
            values = [ordered[(len(ordered) - 1) * part // 100] for part in (50, 95, 100)]
            lines.append(f"| {name} | {len(some)} | {' | '.join(f'{one:.0f}' for one in values)} | {GOALS[name]} |")
    void = " (void: beyond 5 ms)" if lag > LAG * 1e3 else ""
    lines += [
        "",
        f"Nothing came within {PATIENCE / 1000:.0f} s: {missing} times. The sender's lateness: {lag:.1f} ms{void}.",
    ]
    where = f"{about['machine']}, Linux {about['kernel']}, {about['date']}, commit {about['commit']}"
    return "\n".join([*lines, "", f"{where}, load before {about['load before']}. `{about['command'].strip()}`", ""])


def main() -> None:
    """Parse the arguments, play, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--joins", type=int, default=20)
    parser.add_argument("--turns", type=int, default=20)
    arguments = parser.parse_args()
    with contextlib.suppress(PermissionError):  # the sender alone: what it starts is scheduled as usual
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    page = table(*asyncio.run(play(arguments)))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "tiles.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
