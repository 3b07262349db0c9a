"""The table of documents and chat: goals judged by the rounds that count, and rows that are kept or measured again."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import measure
from benchmarks.goals import BOUND, BUSY, P99, RATIO, Goal
from benchmarks.measure import Kept, Round, Row, reached, table


def one(server: str, turn: int, micro: float, lag: float = 0.0) -> Round:
    """A round of 1,000 units in a second, with a p99 of so many ms as a unit costs µs."""
    cpu = micro / 1e3
    extra = {"bound of it ms": 20.0}
    return Round(
        server=server,
        turn=turn,
        cpu=cpu,
        seconds=1,
        units=1000,
        lost=0,
        p50=0.001,
        p99=micro / 1e3,
        lag=lag,
        extra=extra,
    )


def row(*goals: Goal) -> Row:
    rounds = [one("kreide", 0, 10), one("node", 0, 20), one("kreide", 1, 12), one("node", 1, 20)]
    rounds += [one("kreide", 2, 900, lag=0.006), one("node", 2, 20)]
    kept = {"kreide": "on disk", "node": "in memory"}
    return Row(name="thirty", unit="edit", rounds=rounds, goals=list(goals), kept=kept)


def test_goals_are_judged_by_the_rounds_that_count() -> None:
    values = [reached(row(), Goal(what, 1, "node")) for what in (RATIO, P99, BUSY, BOUND)]
    assert values == pytest.approx([0.55, 11.0, 1.1, 0.55])


def test_the_table_tells_each_goal_and_what_was_kept() -> None:
    lines = table(row(Goal(RATIO, 0.6, "node"), Goal(P99, 10), Goal(RATIO, 0.5, "go"))).splitlines()
    told = "CPU at most 0.6 of node's: 0.55, reached; p99 ms at most 10: 11, missed"
    assert f"Goals: {told}; CPU at most 0.5 of go's: not measured" in lines
    cells = [line for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in cells}) == 1
    assert cells[2].endswith("| 3 (1) | on disk |")
    assert cells[3].endswith("| 3 (0) | in memory |")


def test_a_row_of_figures_has_goals_by_column() -> None:
    idle = Row(name="idle", figures={"kreide": {"plain": 12.0}, "node": {"plain": 30.0}}, goals=[Goal("plain", 20)])
    assert reached(idle, idle.goals[0]) == 12
    assert "Goals: plain at most 20: 12, reached" in table(idle)


def test_what_was_measured_is_kept_unless_a_peer_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    monkeypatch.setattr(measure, "machine", lambda: about("abc"))
    Kept("it", resume=False).add(row())
    kept = Kept("it", resume=True)
    assert not kept.lacks("thirty", ["kreide", "node"])
    assert kept.lacks("thirty", ["kreide", "go"])
    assert kept.lacks("forty", ["kreide"])
    assert Kept("it", resume=False).lacks("thirty", ["kreide"])
    monkeypatch.setattr(measure, "machine", lambda: about("abcd"))
    assert kept.lacks("thirty", ["kreide"])


def test_a_row_that_is_measured_again_replaces_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    monkeypatch.setattr(measure, "machine", lambda: about("abc"))
    for name, server in (("thirty", "node"), ("forty", "node"), ("thirty", "go")):
        Kept("it", resume=False).add(Row(name=name, figures={server: {"plain": 1.0}}))
    rows = Kept("it", resume=False).rows
    assert [(one.name, one.servers) for one in rows] == [("thirty", ["go"]), ("forty", ["node"])]
    assert rows[0].made == "today, commit abc, load before 0, `python it`"
    assert f"({rows[0].made})" in (tmp_path / "it.md").read_text()


def about(commit: str) -> dict[str, str]:
    return {"date": "today", "commit": commit, "load before": "0", "command": "python it "}
