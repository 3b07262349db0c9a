"""What the media benchmark writes: results/media.json with every round, and from it media.md and media.svg.

Laws: a load that is measured again replaces only itself, and says when, where and with what command it was measured.
"""

from __future__ import annotations

import statistics
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.measure import RESULTS, Round, Row, machine, paired
from benchmarks.media_chart import Bars, Group, draw

JSON, MARKDOWN, CHART = (RESULTS / f"media.{ending}" for ending in ("json", "md", "svg"))
_HEAD = """# Benchmark: media

The same load into Kreide and into its peers, one after the other in each round, all connected by real ICE and DTLS. CPU
is counted for each RTP packet of a publisher that reached a viewer within a whole frame; every frame was opened and
compared byte for byte. *Server* is the server's processes; a softirq counts for whom it interrupts, so delivery to the
viewers' sockets over loopback is in it. *All* is the server, the load and the kernel's softirq threads, by their own
clocks; `/proc/stat` is the machine with whatever else ran, in ticks, so the least of all rounds is told. Ratios are
medians of neighbours of one round, with their spread; server and load have priority over other programs where the user
may give it; a round whose load was late by more than 5 ms is void. Latency is
that of whole frames, from their sending to the kernel's time of their last packet's arrival.

![CPU of the server for each forwarded packet]({chart})
"""
_COLUMNS = (
    "server",
    "server us (min–max)",
    "all us (min–max)",
    "/proc/stat us, least",
    "Kreide / it (min–max)",
    "by all",
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


def save(name: str, row: Row, facts: dict[str, str]) -> None:
    """Put one load among the results and write all of them."""
    RESULTS.mkdir(exist_ok=True)
    known = _known()
    known[name] = Measured(machine(), facts, row)
    JSON.write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=1) + b"\n")
    write(known, MARKDOWN, CHART)
    print(section(known[name]))


def is_measured(name: str, rounds: int) -> bool:
    """Whether every server of this load has that many good rounds at this very commit."""
    found = _known().get(name)
    if found is None or found.about["commit"] != machine()["commit"]:
        return False
    return all(len(_good(found.row, server)) >= rounds for server in _servers(found.row))


def _known() -> dict[str, Measured]:
    return msgspec.json.decode(JSON.read_bytes(), type=dict[str, Measured]) if JSON.is_file() else {}


def write(known: dict[str, Measured], markdown: Path, chart: Path) -> None:
    """Write the page and its chart."""
    markdown.write_text(_HEAD.format(chart=chart.name) + "\n" + "\n".join(map(section, known.values())))
    groups = [
        Group(one.row.name, [bars for server in _servers(one.row) if (bars := _bars(one.row, server)) is not None])
        for one in known.values()
    ]
    chart.write_text(draw("CPU of the server for each forwarded packet, in microseconds", groups))


def section(one: Measured) -> str:
    """A load as Markdown."""
    lines = [f"## {one.row.name}", "", f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    lines += [_line(one.row, server) for server in _servers(one.row)]
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
        f"{statistics.median(total):.2f} ({min(total):.2f}–{max(total):.2f})",
        f"{min(one.extra['stat us'] for one in good):.2f}",
        "—" if server == "kreide" else _spread(paired(row, "kreide", server)),
        "—" if server == "kreide" else _spread(_paired_totals(row, server)),
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
