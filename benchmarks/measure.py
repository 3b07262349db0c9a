"""What a benchmark's figures are and how they are told: rounds, paired ratios, the JSON and the table.

Laws: servers take turns in one run (A B A B), a ratio compares neighbours of one turn, the figure is the median with
its spread; a round whose load came late by more than 5 ms (99th percentile of all sends) is void and not counted.
"""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.goals import BOUND, BUSY, P99, RATIO, Goal
from benchmarks.media_chart import Bars, Group, draw
from benchmarks.servers import Server

LAG = 0.005
RESULTS = Path(__file__).resolve().parent / "results"


class Round(Struct, kw_only=True):
    """One measured round of one server. Times in seconds."""

    server: str
    turn: int
    cpu: float
    seconds: float
    units: int
    lost: int
    p50: float
    p99: float
    lag: float
    extra: dict[str, float] = {}  # msgspec copies it

    @property
    def micro(self) -> float:
        """Microseconds of CPU for each unit of work."""
        return self.cpu / max(1, self.units) * 1e6

    @property
    def void(self) -> bool:
        return self.lag > LAG


class Row(Struct, kw_only=True):
    """All rounds of one row; `unit` is what CPU is counted for. A row without rounds has figures by server."""

    name: str
    unit: str = ""
    rounds: list[Round] = []  # msgspec copies it
    figures: dict[str, dict[str, float]] = {}
    goals: list[Goal] = []
    kept: dict[str, str] = {}  # by server: what it has done with a unit before it passes it on
    made: str = ""  # when, of what and beside which load; rows of one file may come from several runs

    @property
    def servers(self) -> list[str]:
        return [*dict.fromkeys(one.server for one in self.rounds), *self.figures]


class Lateness:
    """How late the load was with each of its sends."""

    def __init__(self) -> None:
        self.values: list[float] = []

    async def send_all(self, schedule: Iterable[tuple[float, Callable[[], None]]]) -> None:
        """Call each at its time from now, in order."""
        began = time.perf_counter()
        for due, send in schedule:
            wait = began + due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            send()
            self.values.append(time.perf_counter() - began - due)

    @property
    def p99(self) -> float:
        return percentile(self.values, 99)


def percentile(values: Sequence[float], rank: float) -> float:
    """Return a percentile; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * rank / 100))] if ordered else 0.0


def paired(row: Row, server: str, peer: str) -> list[float]:
    """Return CPU of `server` by CPU of `peer`, turn by turn, without void rounds."""
    found = {(one.server, one.turn): one for one in row.rounds if not one.void and one.units}
    turns = {turn for name, turn in found if name == server}
    return [found[server, turn].micro / found[peer, turn].micro for turn in sorted(turns) if (peer, turn) in found]


async def settle(server: Server) -> None:
    """Return when the server has nothing left to do from what was before, or after a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        before = server.cpu()
        await asyncio.sleep(0.5)
        if server.cpu() - before < 0.02:
            return


def good_rounds(row: Row, server: str) -> list[Round]:
    """Return the server's rounds that count; all of them if none does, which the table says."""
    mine = [one for one in row.rounds if one.server == server]
    return [one for one in mine if not one.void] or mine


def reached(row: Row, goal: Goal) -> float | None:
    """Return what the row shows where the goal looks; None if that was not measured."""
    if goal.what == RATIO:
        ratios = paired(row, "kreide", goal.beside)
        return statistics.median(ratios) if ratios else None
    good = good_rounds(row, "kreide")
    if not good:
        return row.figures.get("kreide", {}).get(goal.what)
    values: dict[str, Callable[[Round], float]] = {
        P99: lambda one: one.p99 * 1e3,
        BUSY: lambda one: one.cpu / one.seconds * 100,
        BOUND: lambda one: one.p99 * 1e3 / next(value for name, value in one.extra.items() if name.startswith("bound")),
    }
    return statistics.median(map(values[goal.what], good))


def table(row: Row) -> str:
    """Return the row as a Markdown table with its goals."""
    lines = _rounds_table(row) if row.rounds else _figures_table(row)
    if row.goals:
        lines += ["", "Goals: " + "; ".join(goal.tell(reached(row, goal)) for goal in row.goals)]
    if row.made:
        lines += ["", f"({row.made})"]
    return "\n".join([f"### {row.name}", "", *lines, ""])


def _figures_table(row: Row) -> list[str]:
    names = list(dict.fromkeys(name for values in row.figures.values() for name in values))
    head = [f"| server | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    body = [
        f"| {server} | " + " | ".join(f"{values[name]:.1f}" if name in values else "—" for name in names) + " |"
        for server, values in row.figures.items()
    ]
    return [*head, *body]


def _rounds_table(row: Row) -> list[str]:
    kept = bool(row.kept)
    lines = [
        f"| server | us of CPU a {row.unit} (min–max) | Kreide / it (min–max) "
        f"| p50 ms | p99 ms | lost | busy | rounds (void) |{' before it passes on |' if kept else ''}",
        "|---" * (8 + kept) + "|",
    ]
    for server in row.servers:
        mine = [one for one in row.rounds if one.server == server]
        good = good_rounds(row, server)
        micro = [one.micro for one in good]
        p50, p99 = (statistics.median(getattr(one, rank) for one in good) * 1e3 for rank in ("p50", "p99"))
        ratios = paired(row, "kreide", server) if server != "kreide" else []
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})" if ratios else "—"
        busy = statistics.median(one.cpu / one.seconds for one in good)
        lines.append(
            f"| {server} | {statistics.median(micro):.1f} ({min(micro):.1f}–{max(micro):.1f}) | {ratio} "
            f"| {p50:.1f} | {p99:.1f} "
            f"| {sum(one.lost for one in mine)} | {busy:.0%} | {len(mine)} ({sum(one.void for one in mine)}) |"
            + (f" {row.kept.get(server, '')} |" if kept else "")
        )
    for name in dict.fromkeys(name for one in row.rounds for name in one.extra):
        values = {
            server: statistics.median(
                one.extra[name] for one in row.rounds if one.server == server and name in one.extra
            )
            for server in dict.fromkeys(one.server for one in row.rounds if name in one.extra)
        }
        lines += ["", f"{name}: " + ", ".join(f"{server} {value:.4g}" for server, value in values.items())]
    return lines


class _Saved(Struct):
    rows: list[Row]


def load_rows(name: str) -> list[Row]:
    """Return the rows that results/<name>.json holds; none if it is not there."""
    path = RESULTS / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=_Saved).rows if path.is_file() else []


def chart(name: str, rows: list[Row]) -> str:
    """Return the rows' CPU a unit as a chart."""
    groups = []
    for row in rows:
        bars = []
        for server in row.servers if row.rounds else []:
            micro = [one.micro for one in good_rounds(row, server)]
            bars.append(Bars(server, statistics.median(micro), min(micro), max(micro)))
        if len(bars) > 1:
            groups.append(Group(row.name, bars))
    return draw(f"{name}: microseconds of the server's CPU a delivery, median and spread", groups)


def save(name: str, rows: list[Row]) -> None:
    """Write results/<name>.json, .md and, where rounds were played, .svg; print the table."""
    RESULTS.mkdir(exist_ok=True)
    about = machine()
    facts = "\n".join(f"- {key}: {value}" for key, value in about.items())
    text = f"# Benchmark: {name}\n\n{facts}\n\n" + "\n".join(map(table, rows))
    encoded = msgspec.json.format(msgspec.json.encode({"about": about, "rows": rows}), indent=1)
    (RESULTS / f"{name}.json").write_bytes(encoded + b"\n")
    (RESULTS / f"{name}.md").write_text(text)
    if any(row.rounds for row in rows):
        (RESULTS / f"{name}.svg").write_text(chart(name, rows))
    print(text)


def made_now() -> str:
    """What stands under a row: rows of one file may come from several runs."""
    about = machine()
    made = f"{about['date']}, commit {about['commit']}, load before {about['load before']}"
    return f"{made}, `{about['command'].strip()}`"


class Kept:
    """The rows of results/<name>: what was measured is saved at once, in the place of an older row of its name.

    With `resume`, a row that was measured at this very commit is not measured again.
    """

    def __init__(self, name: str, resume: bool) -> None:
        self._name = name
        self._resume = resume
        self.rows = load_rows(name)

    def lacks(self, title: str, servers: Iterable[str]) -> bool:
        """Whether this row is still to be measured for one of these servers."""
        made = f"commit {machine()['commit']},"
        return not self._resume or not any(
            row.name == title and set(servers) <= set(row.servers) and made in row.made for row in self.rows
        )

    def add(self, row: Row) -> None:
        """Save a row."""
        row.made = made_now()
        names = [one.name for one in self.rows]
        place = names.index(row.name) if row.name in names else len(names)
        self.rows[place : place + 1] = [row]
        save(self._name, self.rows)


def machine() -> dict[str, str]:
    """Return where, when and of what this was measured."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    module = ".".join(Path(sys.argv[0]).with_suffix("").parts[-2:])
    return {
        "machine": f"{models[0].partition(': ')[2] if models else platform.machine()}, {os.cpu_count()} cores",
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "Node": _output("node", "--version"),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": _output("git", "rev-parse", "--short", "HEAD")
        + (" with local changes" if _output("git", "status", "--porcelain", "collab", "web", "sfu") else ""),
        "command": f".venv/bin/python -m {module} {' '.join(sys.argv[1:])}",
        "load before": f"{os.getloadavg()[0]:.2f} (1 min)",
        "cores": "server 0, load 1",
    }


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=RESULTS.parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()
