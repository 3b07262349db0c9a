"""How far each person of a join storm came, and what it all came to, as lines of Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.joins_peer import Media
from benchmarks.joins_wire import Wire

SHARES = (0.5, 0.95, 0.99)
STAGES = {
    "began": "the load begins it",
    "hello": "connected and greeted",
    "joined": "in the room",
    "answered": "offer answered",
    "checked": "ICE done",
    "keyed": "DTLS done",
    "first": "**first packet**",
}


@dataclass
class Join:
    """When one person was how far, in seconds from when the join should have begun; `wrong`: why it failed,
    `tries`: how often it was told to try again."""

    began: float = 0.0
    hello: float = 0.0
    joined: float = 0.0
    answered: float = 0.0
    checked: float = 0.0
    keyed: float = 0.0
    first: float = 0.0
    wrong: str = ""
    tries: int = 0
    peer: str = ""
    wire: Wire = field(init=False)
    media: Media | None = None
    offer: Mapping[str, object] = field(default_factory=dict)


def percentile(values: Sequence[float], share: float) -> float:
    """Of values in any order; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass
class Figures:
    """What one storm came to."""

    workers: int
    people: int
    seconds: float
    joins: list[Join]
    cpu: float
    steady: float  # of a core, in the ten seconds after the last join
    load_cpu: float
    lag: float
    loads: tuple[float, float, float]

    def lines(self) -> list[str]:
        """The figures as lines of Markdown."""
        done = [one for one in self.joins if not one.wrong]
        wrong = Counter(one.wrong for one in self.joins if one.wrong)
        rows = []
        for stage, title in STAGES.items():
            values = [getattr(one, stage) for one in done]
            rows.append(f"| {title} | " + " | ".join(f"{percentile(values, share):.2f}" for share in SHARES) + " |")
        again = sum(one.tries for one in done)
        return [
            f"### {self.people:,} joins in {self.seconds:.0f} s, workers: {self.workers}",
            "",
            f"{len(done):,} came in ({again} times told to try again), {wrong.total()} failed. "
            f"Server: {self.cpu:.1f} s of CPU until the last came in ({1000 * self.cpu / max(1, len(done)):.1f} ms a "
            f"join, forwarding included), then {self.steady:.2f} of a core. The load: {self.load_cpu:.1f} s of CPU, "
            f"its senders late by {1000 * self.lag:.0f} ms (p99). Load average before: {self.loads[0]:.1f}.",
            "",
            "| seconds from when it should have begun | p50 | p95 | p99 |",
            "|---|---|---|---|",
            *rows,
            "",
            *(f"- {number} × {what}" for what, number in wrong.most_common(5)),
        ]
