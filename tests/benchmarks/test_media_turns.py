"""The turns of one load: a peer that fails costs its own rounds only, and the table says why."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from benchmarks import media_turns
from benchmarks.measure import Round
from benchmarks.media_loads import LOADS
from benchmarks.media_report import Measured, covers
from benchmarks.media_turns import Options, Turns, why


class Scripted:
    """A server that plays as it is told, up to a turn in which it fails; -2 is before the first."""

    def __init__(self, name: str, fails: int = 99, late: int = 0) -> None:
        self.name = name
        self.late = late  # so often it does not let people in
        self.opened = 0
        self.fails = fails
        self.driver = self
        self.version = "1"
        self.profiles = {"GCM"}
        self.generator: Scripted | None = None
        self.entered = 3
        self.closed = 0

    async def open(self, *_: object) -> None:
        self.opened += 1
        if self.fails == -2 or self.opened <= self.late:
            raise TimeoutError
        self.generator = self

    async def settle(self) -> None:
        pass

    async def play(self, turn: int, seconds: float) -> Round:
        if turn >= self.fails:
            raise ExceptionGroup("together", [ConnectionError("it is gone")])
        extra = {"all us": 2.0, "stat us": 3.0, "expected": 9.0, "broken": 0.0, "strange": 0.0, "kbit": 1.0}
        times = {"cpu": 0.001, "seconds": seconds, "p50": 0.1, "p99": 0.2, "lag": 0.0}
        return Round(server=self.name, turn=turn, units=9, lost=0, extra=extra, **times)

    async def close(self) -> None:
        self.closed += 1


async def played(servers: Iterable[Scripted], monkeypatch: pytest.MonkeyPatch) -> Turns:
    """A run of three rounds with these servers."""
    known = {one.name: one for one in servers}
    monkeypatch.setattr(media_turns, "make_driver", lambda name, _: known[name])
    monkeypatch.setattr(media_turns, "Playing", lambda driver, _: driver)
    turns = Turns(LOADS["1"], Options([name for name in known if name != "kreide"], 3, 1.0, gro=True))
    await turns.play()
    return turns


async def test_who_fails_is_left_out_and_the_others_play_on(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = [Scripted("kreide"), Scripted("janus", fails=1), Scripted("galene", fails=-2), Scripted("mediamtx")]
    turns = await played(servers, monkeypatch)
    assert [(one.server, one.turn) for one in turns.row.rounds] == [
        (name, turn) for turn in range(3) for name in ("kreide", "mediamtx")
    ]
    assert turns.facts["janus"] == "not driven: ConnectionError: it is gone"
    assert turns.facts["galene"] == "not driven: it took too long with 3 of 2 connections"
    assert turns.facts["mediamtx"] == "1, GCM"
    assert [one.closed for one in servers] == [1, 1, 2, 1]
    measured = Measured({}, turns.facts, turns.row)
    assert covers(measured, ["kreide", "janus", "galene", "mediamtx"], 3)
    assert not covers(measured, ["kreide", "livekit"], 3)
    assert not covers(measured, ["kreide"], 4)


async def test_who_does_not_come_in_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = [Scripted("kreide"), Scripted("livekit", late=1)]
    turns = await played(servers, monkeypatch)
    assert turns.facts["livekit"] == "1, GCM"
    assert sum(one.server == "livekit" for one in turns.row.rounds) == 3
    assert [one.closed for one in servers] == [1, 2]


async def test_a_failure_of_ours_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = [Scripted("kreide", fails=0), Scripted("janus")]
    with pytest.raises(ExceptionGroup):
        await played(servers, monkeypatch)
    assert [one.closed for one in servers] == [1, 1]


def test_a_reason_is_one_line() -> None:
    nested = ExceptionGroup("x", [ExceptionGroup("y", [RuntimeError("it\n said  no")])])
    assert why(nested) == "RuntimeError: it said no"
    assert why(TimeoutError()) == "it took too long"
