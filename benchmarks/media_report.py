"""What the media benchmark writes: results/media.json with every round, and from it media.md and media.svg.

Laws: a load that is measured again replaces only itself, and says when, where and with what command it was measured;
loads stand in the order of `media_loads`. A server that was not driven has a line that says so, and why.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.measure import RESULTS, Round, Row, machine, paired
from benchmarks.media_chart import Bars, Group, draw
from benchmarks.media_loads import LOADS

NOT_DRIVEN = "not driven: "
_HEAD = """# Benchmark: media

The same load into Kreide and into its peers, one after the other in each round, all connected by real ICE and DTLS.
While one plays, the others and their loads are stopped; their connections go on in between. CPU is counted for each
RTP packet of a publisher that reached a viewer within a whole frame; every frame was opened and compared byte for
byte. *Server* is the server's processes; a softirq counts for whom it interrupts, so delivery to the viewers' sockets
over loopback is in it. *All* is the server, the load and the kernel's softirq threads, by their own clocks;
`/proc/stat` is the machine with whatever else ran, in ticks, so the least of all rounds is told. Ratios are medians
of neighbours of one round, with their spread; server and load have priority over other programs where the user may
give it; a round whose load was late, or whose clocks were read late, by more than 5 ms is void. Latency is that of
whole frames, from their sending to the kernel's time of their last packet's arrival.

## Microseconds of the server's CPU for each forwarded packet

{summary}

![CPU of the server for each forwarded packet]({chart})
"""
_COLUMNS = (
    "server",
    "server µs (min–max)",
    "Kreide / it (min–max)",
    "all µs (min–max)",
    "Kreide / it by all",
    "/proc/stat µs, least",
    "p50 ms",
    "p99 ms",
    "frames lost",
    "busy",
    "rounds (void)",
)


class Measured(Struct):
    """One load: where it was measured, what stood beside Kreide, all rounds."""

    about: dict[str, str]
    facts: dict[str, str]
    row: Row


def save(name: str, load: str, row: Row, facts: dict[str, str]) -> None:
    """Put one load among the results of this name and write all of them."""
    RESULTS.mkdir(exist_ok=True)
    known = {**_known(name), load: Measured(machine(), facts, row)}
    known = {one: known[one] for one in sorted(known, key=_order)}
    (RESULTS / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=1) + b"\n")
    write(known, RESULTS / f"{name}.md", RESULTS / f"{name}.svg")
    print(section(known[load]))


def is_measured(name: str, load: str, servers: Iterable[str], rounds: int) -> bool:
    """Whether each of these servers has that many good rounds at this very commit, or could not be driven."""
    found = _known(name).get(load)
    return found is not None and found.about["commit"] == machine()["commit"] and covers(found, servers, rounds)


def covers(one: Measured, servers: Iterable[str], rounds: int) -> bool:
    """Whether a load holds all of these servers."""
    return all(
        one.facts.get(server, "").startswith(NOT_DRIVEN) or len(_good(one.row, server)) >= rounds for server in servers
    )


def _order(load: str) -> tuple[int, str]:
    names = list(LOADS)
    name = load.removesuffix("-plain")
    return names.index(name) if name in names else len(names), load


def _known(name: str) -> dict[str, Measured]:
    path = RESULTS / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Measured]) if path.is_file() else {}


def write(known: dict[str, Measured], markdown: Path, chart: Path) -> None:
    """Write the page and its chart."""
    head = _HEAD.format(chart=chart.name, summary="\n".join(summary(known)))
    markdown.write_text(head + "\n" + "\n".join(map(section, known.values())))
    groups = [
        Group(one.row.name, [bars for server in _servers(one.row) if (bars := _bars(one.row, server)) is not None])
        for one in known.values()
    ]
    chart.write_text(draw("CPU of the server for each forwarded packet, in microseconds", groups))


def summary(known: dict[str, Measured]) -> list[str]:
    """All loads in one table: the medians, and Kreide beside the best of the servers; the plain loop is none."""
    rows = sorted((_servers(one.row) for one in known.values()), key=len, reverse=True)
    names = list(dict.fromkeys(server for row in rows for server in row))
    lines = [f"| load | {' | '.join(names)} | Kreide / best server |", "|---" * (len(names) + 2) + "|"]
    for one in known.values():
        bars = {server: _bars(one.row, server) for server in names}
        cells = [f"{bar.median:.1f}" if bar is not None else "—" for bar in bars.values()]
        others = [bar for server, bar in bars.items() if bar is not None and server not in ("kreide", "plain loop")]
        best = min(others, key=lambda bar: bar.median).name if others else ""
        ratios = paired(one.row, "kreide", best)
        beside = f"{statistics.median(ratios):.2f} ({best})" if ratios else "—"
        lines.append(f"| {' | '.join([one.row.name, *cells, beside])} |")
    return lines


def section(one: Measured) -> str:
    """A load as Markdown."""
    lines = [f"## {one.row.name}", "", f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    lines += [_line(one.row, server) for server in _servers(one.row)]
    missing = [server for server, fact in one.facts.items() if fact.startswith(NOT_DRIVEN)]
    lines += [f"| {server} | not driven, see below |" + " |" * (len(_COLUMNS) - 2) for server in missing]
    lines += ["", *(f"- {server}: {fact}" for server, fact in one.facts.items()), ""]
    about = one.about
    lines += [f"{about['machine']}, Linux {about['kernel']}, {about['date']}, commit {about['commit']}, load before "]
    lines[-1] += f"{about['load before']}, cores: {about['cores']}. `{about['command'].strip()}`"
    return "\n".join([*lines, ""])


def _servers(row: Row) -> list[str]:
    return list(dict.fromkeys(one.server for one in row.rounds))


def _good(row: Row, server: str) -> list[Round]:
    return [one for one in row.rounds if one.server == server and not one.void and one.units]


def _bars(row: Row, server: str) -> Bars | None:
    micro = [one.micro for one in _good(row, server)]
    return Bars(server, statistics.median(micro), min(micro), max(micro)) if micro else None


def _line(row: Row, server: str) -> str:
    good, mine = _good(row, server), [one for one in row.rounds if one.server == server]
    void = f"{len(mine)} ({sum(one.void for one in mine)})"
    if not good:
        return f"| {server} |" + " — |" * (len(_COLUMNS) - 2) + f" {void} |"
    micro, total = [one.micro for one in good], [one.extra["all us"] for one in good]
    lost, expected = sum(one.lost for one in good), sum(one.extra["expected"] for one in good)
    cells = [
        server,
        f"{statistics.median(micro):.2f} ({min(micro):.2f}–{max(micro):.2f})",
        "—" if server == "kreide" else _spread(paired(row, "kreide", server)),
        f"{statistics.median(total):.2f} ({min(total):.2f}–{max(total):.2f})",
        "—" if server == "kreide" else _spread(_paired_totals(row, server)),
        f"{min(one.extra['stat us'] for one in good):.2f}",
        f"{statistics.median(one.p50 for one in good) * 1e3:.2f}",
        f"{statistics.median(one.p99 for one in good) * 1e3:.2f}",
        f"{lost} of {expected:.0f}",
        f"{statistics.median(one.cpu / one.seconds for one in good):.1%}",
        void,
    ]
    return f"| {' | '.join(cells)} |"


def _spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})" if ratios else "—"


def _paired_totals(row: Row, peer: str) -> list[float]:
    """The same ratio of all that was used."""
    ours, theirs = ({one.turn: one.extra["all us"] for one in _good(row, server)} for server in ("kreide", peer))
    return [ours[turn] / theirs[turn] for turn in sorted(ours.keys() & theirs.keys())]
