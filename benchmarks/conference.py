"""A staff conference of 200: all listen, nine are seen, three speak; then people leave and come, one by one.

Real signalling, ICE and DTLS for each (`joins_*`). Counted: the server's CPU for coming in, for a second of
conference, for somebody's leaving and coming again; what the signalling tells one person; the streams that all get.

    python -m benchmarks.conference [--people 200] [--seconds 20] [--write]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from time import monotonic

import aiohttp
import uvloop

from benchmarks.joins import Part, Storm, until_ready
from benchmarks.joins_figures import Join, percentile
from benchmarks.measure import RESULTS, machine
from benchmarks.servers import Server, _open_auth, build_server, pin_load
from web.school.model import Role

MEETING = "demo-conference"
SEEN, SPEAKING, COMING = 9, 3, 20
SLOTS = ("stage-audio", "stage", "voice-1", "voice-2", *(f"tile-{number + 1}" for number in range(8)))
STEADY_SECONDS = 10.0


async def tickets(server: Server, people: int) -> list[str]:
    assert server.data is not None
    store, auth = await _open_auth(server.data)
    try:
        roles: list[Role] = ["teacher" if number else "head" for number in range(people)]
        issued = [await auth.issue_role_ticket(MEETING, role, f"Person {n}") for n, role in enumerate(roles)]
    finally:
        auth.close()
        await store.close()
    return [one.ticket for one in issued]


class Conference:
    """One conference on one server."""

    def __init__(self, server: Server, storm: Storm, passes: list[str]) -> None:
        self._server = server
        self._storm = storm
        self._passes = passes
        self._seen: tuple[str, ...] = ()
        self.joins: list[Join] = []

    async def hold(self, seconds: float) -> list[str]:
        """Hold it; return what was counted as lines of Markdown."""
        sending = asyncio.create_task(self._storm.send())
        cpu, begin = self._server.cpu(), monotonic()
        parts = [Part(("microphone", "camera") if n < SPEAKING else ("camera",), SLOTS, 2) for n in range(SEEN)]
        self.joins += await asyncio.gather(*(self._enter(n, begin, part) for n, part in enumerate(parts)))
        self._seen = tuple(one.peer for one in self.joins)
        await self.joins[0].wire.ask("room:stage", {"peer": self._seen[0]})
        await self._come(seconds - (monotonic() - begin))
        coming = self._server.cpu() - cpu
        heard = statistics.median(wire.heard for wire in self._storm.wires)
        told = statistics.median(sum(wire.told.values()) for wire in self._storm.wires)
        cpu = self._server.cpu()
        await asyncio.sleep(STEADY_SECONDS)
        steady = (self._server.cpu() - cpu) / STEADY_SECONDS
        turnover = await self._turn_over(steady)
        sending.cancel()
        streams = [len(one.media.arrived) for one in self.joins if one.media is not None]
        waited = [one.first for one in self.joins if not one.wrong]
        wrong = [one.wrong for one in self.joins if one.wrong]
        people, why = len(self.joins), ": " + "; ".join(wrong[:3]) if wrong else ""
        return [
            f"- {people - len(wrong)} of {people} came in within {seconds:.0f} s, {len(wrong)} failed{why}",
            f"- coming in: {1000 * coming / people:.1f} ms of server CPU each, forwarding included; first packet after "
            f"{percentile(waited, 0.5):.2f} s (p50), {percentile(waited, 0.95):.2f} s (p95)",
            f"- the signalling told each {told:.0f} messages, {heard / 1024:.0f} KiB (median)",
            f"- streams that opened at each: {statistics.median(streams):.0f} (median), {min(streams)} at least",
            f"- a second of conference: {1000 * steady:.0f} ms of server CPU",
            f"- one leaves and comes again: {1000 * turnover:.0f} ms of server CPU beyond that",
            f"- the load's senders late by {1000 * percentile(self._storm.lags, 0.99):.0f} ms (p99)",
        ]

    async def _enter(self, number: int, due: float, part: Part) -> Join:
        return await self._storm.join(MEETING, self._passes[number], part, due)

    def _listener(self) -> Part:
        return Part((), SLOTS, SEEN + SPEAKING - 1, self._seen[1:])

    async def _come(self, seconds: float) -> None:
        begin, rest = monotonic(), len(self._passes) - SEEN
        coming = []
        for number in range(rest):
            due = begin + number * seconds / rest
            await asyncio.sleep(max(0.0, due - monotonic()))
            coming.append(asyncio.create_task(self._enter(SEEN + number, due, self._listener())))
        self.joins += await asyncio.gather(*coming)
        await asyncio.sleep(2)

    async def _turn_over(self, steady: float) -> float:
        cpu, begin = self._server.cpu(), monotonic()
        for number in range(COMING):
            wire = self.joins[-1 - number].wire
            await wire.ask("room:leave", {})
            await wire.close()
            await self._enter(len(self._passes) - 1 - number, monotonic(), self._listener())
        return (self._server.cpu() - cpu - steady * (monotonic() - begin)) / COMING


async def conference(people: int, seconds: float) -> list[str]:
    """One conference with a server of its own."""
    server, load = build_server("kreide"), os.getloadavg()[0]
    server.start()
    try:
        await until_ready(server)
        passes = await tickets(server, people)
        own = time.process_time()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            storm = Storm(f"http://127.0.0.1:{server.port}", http)
            lines = await Conference(server, storm, passes).hold(seconds)
            await storm.close()
        used = time.process_time() - own
        return [*lines, f"- the load used {used:.1f} s of CPU in all; load average before: {load:.1f}"]
    finally:
        server.stop()


def main() -> None:
    """Hold the conference as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--write", action="store_true", help=f"into {RESULTS / 'conference.md'}")
    options = parser.parse_args()
    pin_load()
    lines = uvloop.run(conference(options.people, options.seconds))
    print("\n".join(lines))
    if options.write:
        title = f"# A staff conference of {options.people}: nine seen, three speak"
        about = [f"- {name}: {value}" for name, value in machine().items()]
        (RESULTS / "conference.md").write_text("\n".join([title, "", *about, "", *lines, ""]))


if __name__ == "__main__":
    main()
