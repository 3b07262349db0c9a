"""One server under one load: brought up, filled with people, played round by round, ended.

Laws: everything that waits for the server has a bound that grows with the people of the load; whoever is left behind by
a failure is closed, so that no connection of it disturbs the servers that play on.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Sequence

from benchmarks.measure import Round
from benchmarks.media_connect import Connector
from benchmarks.media_generator import Generator, Plan
from benchmarks.media_loads import Load
from benchmarks.media_meter import Meter, build_round
from benchmarks.media_servers import Driver
from benchmarks.media_stage import Stage

WARM = 1.0
HALF, STEPS = 0.5, 5
PATIENCE, SCARCE, HARDLY, LOOK = 12, 0.01, 0.9, 0.5
"""Looks that a server may take until everybody is sent (nearly) all, each as long as what comes before it; who loses
more than `HARDLY` even then does not forward."""
STARTING, ENTERING, ENTRY, CLOSING = 20.0, 20.0, 0.4, 15.0
"""Seconds to begin to listen; to let everybody in, and for each of them; to let everybody leave."""
SERVER_PRIORITY, LOAD_PRIORITY = ("nice", "-n", "-10"), ("chrt", "--rr", "1")
"""So that other programs disturb a round less; the load, which uses little of its core, is not late because of them."""


class NothingArrived(Exception):
    """Everybody was let in, and hardly anybody was sent anything."""


def where_allowed(prefix: Sequence[str]) -> Sequence[str]:
    """The prefix, or nothing if this user may not run programs with it."""
    try:
        done = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    except OSError:
        return ()
    return () if done.returncode or done.stderr else prefix


class Playing:
    """One server with everybody connected."""

    def __init__(self, driver: Driver, stage: Stage) -> None:
        self.driver = driver
        self._stage = stage
        self.pace = 1.0
        self.generator: Generator | None = None
        self.connector: Connector | None = None

    async def open(self, load: Load, gro: bool) -> None:
        """Start it and bring everybody in; TimeoutError if that takes too long."""
        self.driver.server.command[:0] = where_allowed(SERVER_PRIORITY)
        self.driver.server.start(STARTING)
        self.connector = Connector(Plan(gro))
        async with asyncio.timeout(ENTERING + ENTRY * load.people):
            await self.driver.open(load, self.connector)
        self.generator = await Generator.start(self.connector.plan, where_allowed(LOAD_PRIORITY))

    @property
    def entered(self) -> int:
        """How many connections there are."""
        return len(self.connector.plan.legs) if self.connector is not None else 0

    def load_processes(self) -> list[int]:
        """The load's process; none before it was started and after it ended."""
        return [self.generator.process_id] if self.generator is not None and self.generator.running else []

    def server_processes(self) -> list[int]:
        """The server's processes; none before it was started and after it ended."""
        process = self.driver.server.process
        return self.driver.server.processes() if process is not None and process.poll() is None else []

    async def play(self, turn: int, seconds: float, warm: float = WARM) -> Round:
        """One round, while all others on the stage stand still."""
        assert self.generator is not None
        async with self._stage.alone(self):
            meter = Meter(self.driver.server, self.generator.process_id)
            result = await self.generator.run(warm, seconds, meter.mark, self.pace)
        return build_round(self.driver.name, turn, result, meter)

    async def settle(self) -> Round:
        """Play until hardly anything is lost: who has just come is not given all at once; return the last round."""
        for _ in range(PATIENCE):
            played = await self.play(-1, LOOK, LOOK)
            if played.lost <= SCARCE * played.extra["expected"]:
                break
        if not played.units or played.lost > HARDLY * played.extra["expected"]:
            raise NothingArrived(f"{self.entered} connections stood, and {played.lost} frames were lost on them")
        return played

    async def find_half(self) -> None:
        """Set the pace at which the server uses half of its core."""
        for _ in range(STEPS):
            played = await self.settle()
            more = 2.0 if played.lost <= SCARCE * played.extra["expected"] else 1.0  # it may be idle for lack of a turn
            self.pace *= min(more, max(0.25, HALF * played.seconds / max(played.cpu, 1e-3)))
        await self.settle()

    async def close(self) -> None:
        """End load and server."""
        try:
            if self.generator is not None:
                await self.generator.close()
            elif self.connector is not None:
                await self.connector.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await self.driver.close()
        finally:
            self.driver.server.stop()
