"""What `benchmarks.forward` records: the loads it plays for results/forward.md, and their rounds as a table."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.measure import RESULTS, machine


@dataclass(frozen=True)
class Recorded:
    """A load: so many publishers send a frame of so many packets each at the same time."""

    title: str
    packets: int
    publishers: int


RECORDED = (
    Recorded("frames of ten packets", 10, 1),
    Recorded("eight publishers at a time, one packet each, merged for each viewer", 1, 8),
    Recorded("one packet for each destination", 1, 1),
)
_COLUMNS = (
    "load",
    "ours, µs a packet (min–max)",
    "plain loop",
    "ours / it (min–max)",
    "forwarded",
    "packets a message",
)


@dataclass(frozen=True)
class Ours:
    """One round of ours: microseconds of CPU for each copy, copies forwarded and wanted, packets in a message."""

    micro: float
    forwarded: int
    wanted: int
    together: float


@dataclass(frozen=True)
class Turn:
    """One round of both; the plain loop may have been left out."""

    ours: Ours
    plain: float | None

    @property
    def ratio(self) -> float | None:
        """Ours by the plain loop's."""
        return self.ours.micro / self.plain if self.plain is not None else None


def write_record(arguments: argparse.Namespace, played: Sequence[tuple[Recorded, Sequence[Turn]]], load: float) -> None:
    """Write the page and print it."""
    about = machine() | {"load before": f"{load:.2f} (1 min)", "cores": "any"}
    sinks = "plain" if arguments.plain_sinks else "GRO"
    lines = ["# Forwarding, the native plane alone, beside a plain loop", ""]
    lines += [f"- {name}: {value}" for name, value in about.items()]
    lines += [
        "",
        f"{arguments.viewers} viewers, packets of {arguments.bytes:,} B, {arguments.profile}, loopback, {sinks} sinks;",
        f"{arguments.rounds} rounds each, ours and the plain loop in turns (recvfrom, libsrtp's unprotect, for each",
        "viewer protect and sendto). CPU of the media thread for each forwarded packet; medians. Nobody here reports,",
        "so nothing is paced.",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        "|---" * len(_COLUMNS) + "|",
        *(_line(one, turns) for one, turns in played),
        "",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "forward.md").write_text("\n".join(lines))
    print("\n".join(lines))


def _line(one: Recorded, turns: Sequence[Turn]) -> str:
    cells = [
        one.title,
        _spread(turn.ours.micro for turn in turns),
        _spread(turn.plain for turn in turns if turn.plain is not None),
        _spread(turn.ratio for turn in turns if turn.ratio is not None),
        f"{sum(turn.ours.forwarded for turn in turns):,} of {sum(turn.ours.wanted for turn in turns):,}",
        f"{statistics.median(turn.ours.together for turn in turns):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _spread(found: Iterable[float]) -> str:
    values = list(found)
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})" if values else "—"
