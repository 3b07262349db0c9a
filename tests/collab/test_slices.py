"""Slices of a state: together they are the state, and none builds on a later one."""

from __future__ import annotations

import random
from typing import Any

import pytest
from msgspec.structs import astuple
from pycrdt import Doc, Map, Text

from collab.codec import parse_update
from collab.content import shown
from collab.document import LiveDocument
from collab.errors import ProtocolError, StateError
from collab.outline import Outline
from collab.slices import Cuts, Record, find_cuts, slice_state

SEEDS = range(12)


def written(seed: int) -> bytes:
    """Return what three people made of a text and of some rows, writing into and over each other's work."""
    chance = random.Random(seed)
    docs: list[Doc[Any]] = [Doc(client_id=1 + chance.randrange(2**32 - 1)) for _ in range(3)]
    for number in range(120):
        doc = chance.choice(docs)
        text, rows = doc.get("text", type=Text), doc.get("rows", type=Map)
        at = chance.randrange(len(text.to_py() or "") + 1)
        if chance.random() < 0.6:
            text.insert(len((text.to_py() or "")[:at].encode()), chance.choice(("a", "bc", "ä", "😀")))
        elif chance.random() < 0.5:
            rows[f"r{number % 7}"] = Map({"a": number})
        elif len(text):
            size = len((text.to_py() or "")[:at].encode())
            text.clear() if chance.random() < 0.1 else text.insert(size, "-")
        if chance.random() < 0.2:
            other = chance.choice(docs)
            other.apply_update(doc.get_update(other.get_state()))
    for doc in docs[1:]:
        docs[0].apply_update(doc.get_update(docs[0].get_state()))
    return bytes(docs[0].get_update())


def outline_of(state: bytes) -> Outline:
    live = LiveDocument()
    live.load_snapshot(state, None)
    return live.outline


@pytest.mark.parametrize("seed", SEEDS)
def test_slices_are_the_state_and_build_on_what_was_before(seed: int) -> None:
    state = written(seed)
    cuts = find_cuts(state, 5)
    assert cuts is not None and len(cuts.slices) > 3
    outline = Outline()
    for update in slice_state(state, cuts):
        placed = outline.place(parse_update(update))
        assert placed is not None, "nothing of it waits for a later slice"
        outline.add(placed)
    assert outline.state_vector() == outline_of(state).state_vector()

    live = LiveDocument()
    steps = list(live.load_slices(state, Record(outline_of(state), cuts).encode()))
    assert len(steps) == len(cuts.slices) + 1
    assert live.full() == state
    whole = LiveDocument()
    whole.load_snapshot(state, None)
    for read in (shown, lambda doc: str(doc.get("text", type=Text))):
        assert live.read(read) == whole.read(read)
    deleted, wanted = (parse_update(one.read(lambda doc: bytes(doc.get_update()))).deletions for one in (live, whole))
    assert sorted(map(astuple, deleted)) == sorted(map(astuple, wanted))


def test_a_small_state_and_an_outline_alone_are_one_slice() -> None:
    state = written(1)
    assert find_cuts(state) is None
    assert list(slice_state(state, None)) == [state]
    read = Record.decode(outline_of(state).encode())
    assert read is not None
    assert read.cuts is None and read.outline.state_vector() == outline_of(state).state_vector()


def test_an_outline_of_an_earlier_version_is_made_anew() -> None:
    state = written(2)
    old = b"\x01\x05\x03\x01\x00\x02\x00"  # one client, three ids at depth 1
    assert Record.decode(old) is None
    live = LiveDocument()
    live.load_snapshot(state, old)
    assert live.outline.state_vector() == outline_of(state).state_vector()
    assert live.outline.encode() == outline_of(state).encode()


def test_damaged_cuts_are_refused() -> None:
    state = written(2)
    cuts = find_cuts(state, 5)
    assert cuts is not None
    outline = outline_of(state)
    with pytest.raises(ProtocolError):
        Record.decode(Record(outline, cuts).encode()[:-1])
    with pytest.raises(StateError, match="did not take"):
        LiveDocument().load_snapshot(state, Record(outline, Cuts(cuts.slices[:-1], cuts.deletions)).encode())
