"""Recorded offers, and small ways to change them."""

from __future__ import annotations

from pathlib import Path

VECTORS = Path(__file__).parent.parent / "vectors" / "sdp"
NAMES = sorted(path.stem for path in VECTORS.glob("*.sdp"))


def recorded(name: str) -> str:
    """One recorded offer, with the line ends it came with."""
    return (VECTORS / f"{name}.sdp").read_bytes().decode()


def line_of(text: str, prefix: str) -> str:
    """The first line of an SDP that begins so."""
    return next(line for line in text.split("\r\n") if line.startswith(prefix))
