"""What Kreide wants to reach in a row of a benchmark, and whether the row shows it.

Laws: a goal stands beside what was measured, reached or missed, and is never part of a figure. Ratios are medians of
the paired rounds, everything else is the median of the rounds that count.
"""

from __future__ import annotations

from msgspec import Struct

RATIO, P99, BUSY, BOUND = "CPU", "p99 ms", "busy %", "p99 by its bound"


class Goal(Struct, frozen=True):
    """At most `most` of `what`: of CPU beside a peer, of latency, of a core, or of a column of the row's figures."""

    what: str
    most: float
    beside: str = ""

    def tell(self, value: float | None) -> str:
        """Say the goal and how the row stands to it; no value: it was not measured."""
        wanted = f"{self.what} at most {self.most:g}" + (f" of {self.beside}'s" if self.beside else "")
        if value is None:
            return f"{wanted}: not measured"
        return f"{wanted}: {value:.3g}, {'reached' if value <= self.most else 'missed'}"
