"""A bar chart as SVG, drawn by hand: groups of bars with their spread, readable in light and dark, by eye and by ear.

Laws: every figure stands as text beside its bar; title and description say the same to those who do not see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT = 760, 130, 90
BAR, GAP, HEAD = 18, 6, 30
_STYLE = """text{font:13px system-ui,sans-serif;fill:#1f2328}.h{font-weight:600}.ours{fill:#1a6b4f}.peer{fill:#7a8794}
.spread{stroke:#1f2328;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#4fc498}.peer{fill:#8b98a5}.spread{stroke:#e6edf3}}"""


@dataclass(frozen=True)
class Bars:
    """One bar: the median and its spread."""

    name: str
    median: float
    least: float
    most: float


@dataclass(frozen=True)
class Group:
    """The bars of one load."""

    title: str
    bars: list[Bars]


def describe(groups: list[Group]) -> str:
    """The chart in words."""
    told = [f"{group.title}: " + ", ".join(f"{bar.name} {bar.median:.1f}" for bar in group.bars) for group in groups]
    return ". ".join(told) + "."


def draw(title: str, groups: list[Group]) -> str:
    """Return the chart; each group has its own scale, since loads differ in cost."""
    top, parts = 40, [f'<text class="h" x="12" y="24">{escape(title)}</text>']
    for group in groups:
        parts.append(f'<text class="h" x="12" y="{top + 18}">{escape(group.title)}</text>')
        top += HEAD
        most = max((bar.most for bar in group.bars), default=1.0) or 1.0
        for bar in group.bars:
            parts += _bar(bar, top, (WIDTH - LEFT - RIGHT) / most)
            top += BAR + GAP
        top += GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">{escape(title)}</title>\n<desc id="d">{escape(describe(groups))}</desc>\n'
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _bar(bar: Bars, top: float, scale: float) -> list[str]:
    kind = "ours" if bar.name == "kreide" else "peer"
    middle, base = top + BAR / 2, top + BAR - 4
    least, most = LEFT + bar.least * scale, LEFT + bar.most * scale
    return [
        f'<text x="{LEFT - 8}" y="{base}" text-anchor="end">{escape(bar.name)}</text>',
        f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{bar.median * scale:.1f}" height="{BAR}" rx="2"/>',
        f'<line class="spread" x1="{least:.1f}" x2="{most:.1f}" y1="{middle}" y2="{middle}"/>',
        f'<text x="{most + 8:.1f}" y="{base}">{bar.median:.1f}</text>',
    ]
