"""When each letter was written: runs of clocks from the entries of a log."""

from __future__ import annotations

import msgspec
from pycrdt import Doc, Text

from collab.authorship import MOMENT, Run, bounded, join, runs


def entries_of(client: int, words: list[str]) -> list[bytes]:
    """One update a word, each written at the end."""
    doc: Doc[Text] = Doc(client_id=client)
    said: list[bytes] = []
    doc.observe(lambda event: said.append(event.update))
    text = doc.get("text", type=Text)
    for word in words:
        text += word
    return said


def test_each_entry_begins_a_run_unless_it_follows_closely() -> None:
    data = entries_of(7, ["eins", "zwei", "drei"])
    log = [(0, data[0]), (MOMENT // 2, data[1]), (3 * MOMENT, data[2]), (3 * MOMENT, b"\xff broken")]
    assert msgspec.msgpack.decode(runs(msgspec.msgpack.encode(log)), type=list[Run]) == [
        Run(7, 0, 0),
        Run(7, 8, 3 * MOMENT),
    ]


def test_long_histories_are_told_more_coarsely() -> None:
    found = [Run(client, clock, clock * MOMENT * 2) for client in (1, 2) for clock in range(500)]
    assert join(found, MOMENT) == found
    for most in (600, 100, 10, 1):
        left = bounded(found, most)
        assert len(left) <= max(most, 2)
        assert {(run.client, run.clock) for run in left} >= {(1, 0), (2, 0)}
        assert set(left) <= set(found), "no time is invented"
