"""The record of the media thread alone: medians of the rounds, ratios of neighbours, and what it was measured with."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from benchmarks import forward_record
from benchmarks.forward_record import RECORDED, Ours, Turn, write_record


def test_each_load_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_record, "RESULTS", tmp_path)
    arguments = argparse.Namespace(viewers=30, bytes=1200, profile="GCM", plain_sinks=False, rounds=3)
    turns = [Turn(Ours(micro, 990, 1000, 9.5), plain) for micro, plain in ((1.0, 4.0), (2.0, 10.0), (9.0, 9.0))]
    alone = [Turn(Ours(3.0, 10, 10, 1.0), None)]
    write_record(arguments, [(RECORDED[0], turns), (RECORDED[2], alone)], 0.5)
    lines = (tmp_path / "forward.md").read_text().splitlines()
    assert [line for line in lines if line.startswith("| ")][1:] == [
        "| frames of ten packets | 2.00 (1.00–9.00) | 9.00 (4.00–10.00) | 0.25 (0.20–1.00) | 2,970 of 3,000 | 9.5 |",
        "| one packet for each destination | 3.00 (3.00–3.00) | — | — | 10 of 10 | 1.0 |",
    ]
    assert "- load before: 0.50 (1 min)" in lines
