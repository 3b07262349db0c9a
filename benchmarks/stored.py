"""The stored ack: one connection for each of many documents, how long until "saved", beside fdatasync itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time

from benchmarks.measure import Lateness, Round, percentile
from benchmarks.peers.install import bench_home
from benchmarks.servers import Server
from benchmarks.yjs import EDITS, Client, Notes, updates

_WARM = 1.0
_PROBE_PAUSE = 0.05


class DiskProbe:
    """Appends 4 KiB and calls fdatasync, 20 times a second, on the disk where the server's data lies."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._path = bench_home() / "fdatasync.probe"
        self._running = True

    async def run(self) -> None:
        """Probe until stopped."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while self._running:
                self.times.append(await asyncio.to_thread(self._sync, descriptor))
                await asyncio.sleep(_PROBE_PAUSE)
        finally:
            os.close(descriptor)
            self._path.unlink()

    def stop(self) -> None:
        self._running = False

    @staticmethod
    def _sync(descriptor: int) -> float:
        began = time.perf_counter()
        os.write(descriptor, bytes(4096))
        os.fdatasync(descriptor)
        return time.perf_counter() - began


async def measure_acks(
    server: Server, groups: list[list[Client]], notes: Notes, rate: float, seconds: float, turn: int
) -> Round:
    """Everybody types `rate` times a second; the round's p50 and p99 are those of the ack."""
    clients = [group[0] for group in groups]
    edits = min(EDITS, int((_WARM + seconds) * rate))
    calls = []
    for number, client in enumerate(clients):
        shift = number / (len(clients) * rate)
        for edit, message in enumerate(updates(0, edits)):
            calls.append((edit / rate + shift, client.typing(edit, client.frame(message))))
    calls.sort(key=lambda one: one[0])
    warm = sum(due < _WARM for due, _ in calls)
    await Lateness().send_all(calls[:warm])
    await asyncio.sleep(0.2)
    notes.start()
    probe, lateness = DiskProbe(), Lateness()
    probing = asyncio.create_task(probe.run())
    cpu, began = server.cpu(), time.monotonic()
    await lateness.send_all([(due - _WARM, call) for due, call in calls[warm:]])
    expected = len(calls) - warm
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(notes.acked(expected), 15)
    cpu, spent = server.cpu() - cpu, time.monotonic() - began
    probe.stop()
    await probing
    sync = percentile(probe.times, 99)
    return Round(
        server=server.kind,
        turn=turn,
        cpu=cpu,
        seconds=spent,
        units=len(notes.acks),
        lost=max(0, expected - len(notes.acks)),
        p50=percentile(notes.acks, 50),
        p99=percentile(notes.acks, 99),
        lag=lateness.p99,
        extra={"fdatasync p99 ms": sync * 1e3, "bound of the ack's p99 (15 + 3 x fdatasync) ms": 15 + 3e3 * sync},
    )
