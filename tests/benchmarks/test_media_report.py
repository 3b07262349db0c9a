"""The page and the chart of the media benchmark: paired ratios without void rounds, every figure as text."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from benchmarks.measure import Round, Row
from benchmarks.media_report import Measured, section, write

SVG = "{http://www.w3.org/2000/svg}"
ABOUT = dict.fromkeys(("machine", "kernel", "date", "commit", "load before", "cores", "command"), "x")


def one(server: str, turn: int, micro: float, lag: float = 0.0) -> Round:
    extra = {"all us": micro + 1, "stat us": micro + 2, "expected": 50.0}
    return Round(
        server=server,
        turn=turn,
        cpu=micro / 1e3,
        seconds=1,
        units=1000,
        lost=1,
        p50=0.0002,
        p99=0.001,
        lag=lag,
        extra=extra,
    )


def rows() -> dict[str, Measured]:
    rounds = [one("kreide", 0, 2), one("janus", 0, 8), one("kreide", 1, 3), one("janus", 1, 9)]
    rounds += [one("kreide", 2, 90, lag=0.006), one("janus", 2, 10)]
    return {"30": Measured(ABOUT, {"galene": "not driven: <why>"}, Row(name="1 & 30", unit="packet", rounds=rounds))}


def test_void_rounds_count_for_nothing() -> None:
    lines = section(rows()["30"]).splitlines()
    kreide, janus = (next(line for line in lines if line.startswith(f"| {name} ")) for name in ("kreide", "janus"))
    assert "| 2.50 (2.00–3.00) |" in kreide
    assert "| 3 (1) |" in kreide
    assert "| 0.29 (0.25–0.33) |" in janus
    assert "| 2 of 100 |" in kreide
    assert "- galene: not driven: <why>" in lines


def test_the_chart_says_in_words_what_it_draws(tmp_path: Path) -> None:
    write(rows(), tmp_path / "media.md", tmp_path / "media.svg")
    root = ElementTree.parse(tmp_path / "media.svg").getroot()
    title, told = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert told is not None
    assert told.text == "1 & 30: kreide 2.5, janus 9.0."
    assert root.get("aria-labelledby") == "t d"
    assert {"kreide", "janus", "2.5", "9.0"} <= {text.text for text in root.iter(f"{SVG}text")}
    assert len(root.findall(f"{SVG}rect")) == 2
    assert "media.svg" in (tmp_path / "media.md").read_text()
