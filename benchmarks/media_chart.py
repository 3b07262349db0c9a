"""A bar chart as SVG, drawn by hand: groups of bars with their spread, readable in light and dark, by eye and by ear.

Laws: every figure stands as text beside its bar; title and description say the same to those who do not see it; it
brings its own ground, since a page may be dark where the system is light. Each group has a scale of its own, since
loads differ in cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import zip_longest

COLUMN, LEFT, RIGHT, MARGIN = 430, 118, 62, 16
WIDTH = 2 * COLUMN
BAR, STEP, HEAD, GAP = 16, 22, 30, 18
_STYLE = """text{font:13px system-ui,sans-serif;fill:#1f2328}.h{font-weight:600}.t{font-size:15px}.ground{fill:#fff}
.ours{fill:#1a6b4f}.peer{fill:#a3adb8}.o{font-weight:600}.spread{stroke:#1f2328;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.ours{fill:#4fc498}.peer{fill:#6b7683}
.spread{stroke:#e6edf3}}"""


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
    """Return the chart: two groups beside each other, the next two below."""
    top, parts = 44, [f'<text class="h t" x="{MARGIN}" y="28">{escape(title)}</text>']
    for left, right in zip_longest(groups[::2], groups[1::2]):
        heights = [_group(group, place * COLUMN, top, parts) for place, group in enumerate((left, right)) if group]
        top += max(heights)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">{escape(title)}</title>\n<desc id="d">{escape(describe(groups))}</desc>\n'
        f'<style>{_STYLE}</style>\n<path class="ground" d="M0 0H{WIDTH}V{top}H0z"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _group(group: Group, left: int, top: int, parts: list[str]) -> int:
    """Draw a group; return its height."""
    parts.append(f'<text class="h" x="{left + MARGIN}" y="{top + 18}">{escape(_short(group.title))}</text>')
    most = max((bar.most for bar in group.bars), default=1.0) or 1.0
    for place, bar in enumerate(group.bars):
        parts += _bar(bar, left + LEFT, top + HEAD + place * STEP, (COLUMN - LEFT - RIGHT) / most)
    return HEAD + len(group.bars) * STEP + GAP


def _short(title: str, most: int = 58) -> str:
    """A title that fits into a column; the description has it whole."""
    return title if len(title) <= most else title[: most - 1].rsplit(" ", 1)[0].rstrip(",") + " …"


def _bar(bar: Bars, left: int, top: float, scale: float) -> list[str]:
    ours = bar.name == "kreide"
    middle, base = top + BAR / 2, top + BAR - 4
    least, most = left + bar.least * scale, left + bar.most * scale
    weight = ' class="o"' if ours else ""
    return [
        f'<text{weight} x="{left - 8}" y="{base}" text-anchor="end">{escape(bar.name)}</text>',
        f'<rect class="{"ours" if ours else "peer"}" x="{left}" y="{top}" width="{bar.median * scale:.1f}" '
        f'height="{BAR}" rx="2"/>',
        f'<line class="spread" x1="{least:.1f}" x2="{most:.1f}" y1="{middle}" y2="{middle}"/>',
        f'<text{weight} x="{most + 8:.1f}" y="{base}">{bar.median:.1f}</text>',
    ]
