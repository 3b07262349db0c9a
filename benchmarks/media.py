"""Media: the same load into Kreide and into the servers people know, in turns of one run.

Every connection is made by real ICE and DTLS through the server's own way in (WHIP, WHEP, its signalling); then a
native program owns the sockets (`media_load/`): it sends what the publishers send, keeps consent, reports and gives
transport-wide feedback as browsers do, and opens, compares and times each frame at each viewer. The server has core 0,
the load core 1.

    .venv/bin/python -m benchmarks.media --loads 30 --peers mediamtx
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Round, Row
from benchmarks.media_connect import Connector
from benchmarks.media_generator import Generator, Plan, Result, build
from benchmarks.media_loads import LOADS, Load
from benchmarks.media_report import is_measured, save
from benchmarks.media_servers import PEERS, Driver, make_driver
from benchmarks.peers.gomodule import NotInstalled
from benchmarks.servers import Server, pin_load

WARM = 1.0
HALF, STEPS = 0.5, 5
PATIENCE, SCARCE = 8, 0.01
"""Seconds that a server may take until everybody is sent (nearly) all."""
SERVER_PRIORITY, LOAD_PRIORITY = ("nice", "-n", "-10"), ("chrt", "--rr", "1")
"""So that other programs disturb a round less; the load, which uses little of its core, is not late because of them."""


def where_allowed(prefix: Sequence[str]) -> Sequence[str]:
    """The prefix, or nothing if this user may not run programs with it."""
    try:
        done = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    except OSError:
        return ()
    return () if done.returncode or done.stderr else prefix


class Meter:
    """CPU seconds at the two marks of a window: of the server, and of all that the load causes.

    `all` is the server, the load and the kernel's softirq threads, each by its own clock; `stat` is what /proc/stat
    says of the whole machine, in ticks, other programs included.
    """

    def __init__(self, server: Server, load: int) -> None:
        self._server = server
        self._others = [load, *softirq_threads()]
        self._marks: list[tuple[float, float, float]] = []

    def mark(self) -> None:
        """Remember how much was used so far."""
        server = self._server.cpu()
        others = sum(time.clock_gettime((~pid << 3) | 2) for pid in self._others)
        # user, nice, system; then idle and waiting; then irq and softirq, all in 1/100 s
        numbers = list(map(int, Path("/proc/stat").read_text().split(maxsplit=8)[1:8]))
        self._marks.append((server, server + others, sum(numbers[:3] + numbers[5:]) / 100))

    def used(self) -> tuple[float, float, float]:
        """The server's, all, and the machine's by /proc/stat."""
        first, last = self._marks[0], self._marks[-1]
        return last[0] - first[0], last[1] - first[1], last[2] - first[2]


def softirq_threads() -> list[int]:
    """The kernel's threads that deliver what could not be delivered at once."""
    found = []
    for name in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # others end meanwhile
            if name.read_text().startswith("ksoftirqd/"):
                found.append(int(name.parent.name))
    return found


def build_round(name: str, turn: int, result: Result, meter: Meter) -> Round:
    """What one run says; units are the publisher's packets that arrived within whole and right frames."""
    server, everything, machine = meter.used()
    each = 1e6 / max(1, result.packets)
    return Round(
        server=name,
        turn=turn,
        cpu=server,
        seconds=result.seconds,
        units=result.packets,
        lost=result.expected - result.awaited,
        p50=result.p50,
        p99=result.p99,
        lag=result.lag,
        extra={
            "all us": everything * each,
            "stat us": machine * each,
            "expected": result.expected,
            "strange": result.strange,
            "broken": result.broken,
            "datagrams": result.datagrams,
            "messages": result.messages,
            "keyframe requests": result.keyframes,
            "kbit": result.bytes * 8 / result.seconds / 1e3,
        },
    )


class Playing:
    """One server with everybody connected."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.pace = 1.0
        self.generator: Generator

    async def open(self, load: Load, gro: bool) -> None:
        """Start it and bring everybody in."""
        self.driver.server.command[:0] = where_allowed(SERVER_PRIORITY)
        self.driver.server.start()
        plan = Plan(gro)
        await self.driver.open(load, Connector(plan))
        self.generator = await Generator.start(plan, where_allowed(LOAD_PRIORITY))

    async def play(self, turn: int, seconds: float) -> Round:
        """One round."""
        meter = Meter(self.driver.server, self.generator.process_id)
        result = await self.generator.run(WARM, seconds, meter.mark, self.pace)
        return build_round(self.driver.name, turn, result, meter)

    async def settle(self) -> Round:
        """Play until hardly anything is lost: who has just come is not given all at once; return the last round."""
        for _ in range(PATIENCE):
            played = await self.play(-1, 1.0)
            if played.lost <= SCARCE * played.extra["expected"]:
                break
        return played

    async def find_half(self) -> None:
        """Set the pace at which the server uses half of its core."""
        for _ in range(STEPS):
            played = await self.settle()
            self.pace *= min(2.0, max(0.25, HALF * played.seconds / max(played.cpu, 1e-3)))
        await self.settle()

    async def close(self) -> None:
        """End load and server."""
        if hasattr(self, "generator"):
            await self.generator.close()
        await self.driver.close()
        self.driver.server.stop()


async def play_load(load: Load, arguments: argparse.Namespace) -> tuple[Row, dict[str, str]]:
    """All rounds of one load, and who was left out and why; the first turn warms up and is not counted.

    Void rounds are made up for, by half as many turns again at most.
    """
    row = Row(name=load.title, unit="packet", rounds=[])
    left_out: dict[str, str] = {}
    playing: list[Playing] = []
    facts: dict[str, str] = {}
    try:
        for name in ("kreide", *arguments.peers):
            try:
                one = Playing(make_driver(name, load))
            except NotInstalled as error:
                left_out[name] = str(error)
                continue
            playing.append(one)
            await one.open(load, not arguments.plain)
            await one.settle()
            facts[one.driver.name] = f"{one.driver.version}, {' and '.join(sorted(one.generator.profiles))}"
            if load.half:
                await one.find_half()
                facts[one.driver.name] += f", {one.pace:.2f} times as quick as with 100 viewers above"
        for turn in range(-1, arguments.rounds + arguments.rounds // 2):
            if turn >= arguments.rounds and not any(
                is_short_of(row, one.driver.name, arguments.rounds) for one in playing
            ):
                break
            for one in playing:
                played = await one.play(turn, arguments.seconds)
                print(_line(load, played), flush=True)
                if turn >= 0:
                    row.rounds.append(played)
    finally:
        for one in playing:
            await one.close()
    return row, {**facts, **{name: f"not driven: {why}" for name, why in left_out.items()}}


def is_short_of(row: Row, server: str, rounds: int) -> bool:
    """Whether a server has fewer good rounds than were asked for."""
    return sum(one.server == server and not one.void for one in row.rounds) < rounds


def _line(load: Load, one: Round) -> str:
    return (
        f"{load.name} {one.turn} {one.server}: {one.micro:.2f} us a packet (all {one.extra['all us']:.2f}, /proc/stat "
        f"{one.extra['stat us']:.2f}), p50 {one.p50 * 1e3:.2f} ms, p99 {one.p99 * 1e3:.2f} ms, "
        f"lost {one.lost} of {one.extra['expected']:.0f} frames, broken {one.extra['broken']:.0f}, "
        f"strange {one.extra['strange']:.0f}, lag {one.lag * 1e3:.2f} ms, {one.extra['kbit']:.0f} kbit/s"
    )


async def run(arguments: argparse.Namespace) -> None:
    """Measure the loads that were asked for; each is saved when it is done."""
    build()
    for name in arguments.loads:
        saved = name + ("-plain" if arguments.plain else "")
        if arguments.resume and is_measured(saved, arguments.rounds):
            print(f"{saved} was measured at this commit")
            continue
        row, facts = await play_load(LOADS[name], arguments)
        save(saved, row, facts)


def main() -> None:
    """Parse the arguments, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", nargs="+", choices=list(LOADS), default=list(LOADS))
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--plain", action="store_true", help="viewers without UDP_GRO")
    parser.add_argument("--resume", action="store_true", help="leave out what was measured at this commit")
    arguments = parser.parse_args()
    pin_load()
    asyncio.run(run(arguments))


if __name__ == "__main__":
    main()
