"""What a round of media cost: CPU at the two marks of its window, and the round that is told of it.

Laws: every clock is the kernel's own count; a process is asked by its CPU clock, the machine by /proc/stat. Who marks
is a program like others, and may be kept from its core: a window whose marks lie nearer together or farther apart than
it is long counts as late by the difference, so that it is void like one whose load was late.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from benchmarks.measure import Round
from benchmarks.media_generator import Result
from benchmarks.servers import Server, process_seconds


class Meter:
    """CPU seconds at the two marks of a window: of the server, and of all that the load causes.

    `all` is the server, the load and the kernel's softirq threads, each by its own clock; `stat` is what /proc/stat
    says of the whole machine, in ticks, other programs included.
    """

    def __init__(self, server: Server, load: int) -> None:
        self._server = server.processes()  # now: of one with hundreds of threads it takes a while
        self._others = [load, *softirq_threads()]
        self._marks: list[tuple[float, float, float]] = []
        self._times: list[tuple[float, float]] = []

    def mark(self) -> None:
        """Remember how much was used so far."""
        began = time.monotonic()
        server, others = (sum(map(process_seconds, some)) for some in (self._server, self._others))
        # user, nice, system; then idle and waiting; then irq and softirq, all in 1/100 s
        numbers = list(map(int, Path("/proc/stat").read_text().split(maxsplit=8)[1:8]))
        self._marks.append((server, server + others, sum(numbers[:3] + numbers[5:]) / 100))
        self._times.append((began, time.monotonic()))

    def late(self, seconds: float) -> float:
        """By how much the marks, as they begin or as they end, miss a window of this length."""
        return max(abs(last - first - seconds) for first, last in zip(self._times[0], self._times[-1], strict=True))

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
        lag=max(result.lag, meter.late(result.seconds)),
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


def tell(load: str, one: Round) -> str:
    """A round as a line."""
    return (
        f"{load} {one.turn} {one.server}: {one.micro:.2f} us a packet (all {one.extra['all us']:.2f}, /proc/stat "
        f"{one.extra['stat us']:.2f}), p50 {one.p50 * 1e3:.2f} ms, p99 {one.p99 * 1e3:.2f} ms, "
        f"lost {one.lost} of {one.extra['expected']:.0f} frames, broken {one.extra['broken']:.0f}, "
        f"strange {one.extra['strange']:.0f}, lag {one.lag * 1e3:.2f} ms, {one.extra['kbit']:.0f} kbit/s"
    )
