"""The meter of a media round: a window that was marked late is void, since its CPU is another window's."""

from __future__ import annotations

import os
import time

import pytest

from benchmarks.media_generator import Result
from benchmarks.media_meter import Meter, build_round
from benchmarks.servers import Server


class Ourselves(Server):
    """This process in the server's place."""

    def processes(self) -> list[int]:
        return [os.getpid()]


def marked(monkeypatch: pytest.MonkeyPatch, *times: float) -> Meter:
    """A meter whose marks were made at these times."""
    meter = Meter(Ourselves("kreide", [], 0), os.getpid())
    for at in times:
        monkeypatch.setattr(time, "monotonic", lambda at=at: at)
        meter.mark()
    return meter


RESULT = Result(2.0, 9, 9, 9, 0, 900, 0, 900, 900, 9_000, 0, 0, 0.001, 0.002, lag=0.0002)


@pytest.mark.parametrize(("end", "void"), [(12.0, False), (12.004, False), (12.006, True), (11.5, True)])
def test_a_window_marked_late_is_void(monkeypatch: pytest.MonkeyPatch, end: float, void: bool) -> None:
    played = build_round("kreide", 0, RESULT, marked(monkeypatch, 10.0, end))
    assert played.void is void
    assert played.units == 900
