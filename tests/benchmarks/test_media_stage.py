"""While one plays, the others are stopped; afterwards they go on, also where the play failed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from benchmarks import media_stage
from benchmarks.media_stage import Stage


class Pair:
    """A load and a server that only wait."""

    def __init__(self) -> None:
        self.load, self.server = (subprocess.Popen(["sleep", "60"]) for _ in range(2))

    def load_processes(self) -> Iterable[int]:
        return [self.load.pid]

    def server_processes(self) -> Iterable[int]:
        return [self.server.pid]

    def stop(self) -> None:
        for process in (self.load, self.server):
            process.kill()
            process.wait()


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Pair]]:
    monkeypatch.setattr(media_stage, "MOMENT", 0)
    made = [Pair(), Pair(), Pair()]
    yield made
    for one in made:
        one.stop()


def stopped(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].startswith("T")


def expect(pair: Pair, *, halted: bool) -> None:
    """The kernel takes a moment to stop a process."""
    end = time.monotonic() + 20
    while {stopped(pair.load.pid), stopped(pair.server.pid)} != {halted}:
        assert time.monotonic() < end
        time.sleep(0.001)


async def test_the_others_stand_still(pairs: list[Pair]) -> None:
    stage = Stage(pairs)
    async with stage.alone(pairs[1]):
        expect(pairs[0], halted=True)
        expect(pairs[1], halted=False)
        expect(pairs[2], halted=True)
    for pair in pairs:
        expect(pair, halted=False)


async def test_they_go_on_after_a_failure_and_who_has_ended_disturbs_nobody(pairs: list[Pair]) -> None:
    pairs[0].stop()
    with pytest.raises(ConnectionError):
        async with Stage(pairs).alone(pairs[1]):
            expect(pairs[2], halted=True)
            raise ConnectionError
    expect(pairs[2], halted=False)
