"""The live document takes what fits, returns exactly what is new, and stays whole when something is refused."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import pytest
from pycrdt import Doc, Map, Text

from collab.codec import parse_state_vector, parse_update
from collab.document import LiveDocument
from collab.errors import ProtocolError, StateError
from tests.collab.build import block, deletions, item, string, text, update
from tests.collab.clients import Replica


def test_apply_returns_what_is_new_and_none_for_what_was_known() -> None:
    live = LiveDocument()
    replica = Replica(5)
    replica.text += "hallo"
    data = replica.doc.get_update()
    event = live.apply(live.judge(data))
    assert event is not None and parse_update(event).pieces
    assert live.apply(live.judge(data)) is None
    assert live.apply(live.judge(b"\x00\x00")) is None
    assert live.state_vector() == replica.doc.get_state()
    assert live.diff(b"\x00") == live.full() and live.diff(live.state_vector()) == b"\x00\x00"


def test_nothing_incomplete_gets_in() -> None:
    live = LiveDocument()
    judged = live.judge(update(block(5, 1, string("x", left=(5, 0)))))
    assert judged.placement is None
    with pytest.raises(StateError):
        live.apply(judged)
    assert live.full() == b"\x00\x00"


def test_what_the_crdt_cannot_decode_changes_nothing() -> None:
    live = LiveDocument()
    live.apply(live.judge(update(block(5, 0, string("ab")))))
    before = live.full()
    with pytest.raises(ProtocolError):
        live.apply(live.judge(update(block(5, 2, item(5, text("{no json"), left=(5, 1))))))
    assert live.full() == before and not live.broken
    live.apply(live.judge(update(block(5, 2, string("c", left=(5, 1))))))
    assert live.outline.state_vector() == {5: 3}


def test_a_document_that_is_let_go_is_gone() -> None:
    live = LiveDocument()
    live.apply(live.judge(update(block(5, 0, string("ab")))))
    inside = live.read(weakref.ref)
    del live
    assert inside() is None, "its memory would never come back"


def test_a_snapshot_comes_back_with_or_without_its_outline() -> None:
    live = LiveDocument()
    replica = Replica(5)
    replica.text += "a😀b"
    replica.map["k"] = Map({"x": 1})
    live.apply(live.judge(replica.doc.get_update()))
    for outline in (live.outline.encode(), None):
        again = LiveDocument()
        again.load_snapshot(live.full(), outline)
        assert again.full() == live.full()
        assert again.outline.encode() == live.outline.encode()
        doc: Doc[Text] = Doc()
        doc.apply_update(again.full())
        assert str(doc.get("text", type=Text)) == "a😀b"


def test_an_update_that_changes_nothing_is_recognised() -> None:
    live = LiveDocument()
    replica = Replica(5)
    replica.text += "hallo welt"
    del replica.text[2:4]
    del replica.text[0:2]
    live.apply(live.judge(replica.doc.get_update()))
    assert live.changes_nothing(live.judge(replica.doc.get_update()))
    assert live.changes_nothing(live.judge(update(deleted=deletions((5, 1, 3)))))
    assert not live.changes_nothing(live.judge(update(deleted=deletions((5, 3, 2)))))
    assert not live.changes_nothing(live.judge(update(block(6, 0, string("x")))))
    assert not live.changes_nothing(live.judge(update(block(6, 5, string("x", left=(6, 4))))))
    del replica.text[0:1]
    live.apply(live.judge(replica.doc.get_update()))
    assert live.changes_nothing(live.judge(update(deleted=deletions((5, 0, 5)))))


def test_a_large_document_is_told_by_what_was_encoded_and_what_came_since() -> None:
    """Encoding it anew for each edit would hold everybody up."""
    live, doc = LiveDocument(), Doc[Text](client_id=7)
    text = doc.get("text", type=Text)
    sent: list[bytes] = []
    doc.observe(lambda event: sent.append(event.update))
    text.insert(0, "x" * 100_000)
    live.apply(live.judge(sent[0]))
    encoded, since = live.whole()
    assert since == []
    for letter in "abc":
        text.insert(0, letter)
        live.apply(live.judge(sent[-1]))
    assert live.whole() == (encoded, sent[1:]) and live.whole()[0] is encoded
    again = Doc[Text]()
    for data in (encoded, *live.whole()[1]):
        again.apply_update(data)
    assert str(again.get("text", type=Text)) == str(text)
    assert live.full() == bytes(doc.get_update()) and live.whole()[1] == []


def letters(live: LiveDocument, number: int, first: int = 0) -> None:
    """Type behind what client 5 has written."""
    for clock in range(first, first + number):
        judged = live.judge(update(block(5, clock, string("x", left=(5, clock - 1)) if clock else string("x"))))
        assert live.apply(judged) == judged.data


def known(state: bytes) -> int:
    """Return how many letters of client 5 are in an update."""
    doc = Doc[Text]()
    doc.apply_update(state)
    return parse_state_vector(doc.get_state()).get(5, 0)


LOOKS: dict[str, Callable[[LiveDocument], int]] = {
    "state_vector": lambda live: parse_state_vector(live.state_vector())[5],
    "check": lambda live: parse_state_vector(live.check())[5],
    "full": lambda live: known(live.full()),
    "diff": lambda live: known(live.diff(b"\x01\x05\x00")),
    "whole": lambda live: known(live.whole()[0]),
    "read": lambda live: known(live.read(lambda doc: bytes(doc.get_update()))),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_letters_wait_for_the_crdt_and_nobody_who_looks_notices(look: Callable[[LiveDocument], int]) -> None:
    live = LiveDocument()
    letters(live, 10)
    assert look(live) == 10
    letters(live, 5, 10)
    assert look(live) == 15


def test_what_builds_on_waiting_letters_finds_them() -> None:
    live = LiveDocument()
    letters(live, 10)
    assert live.apply(live.judge(update(block(6, 0, string("ü", left=(5, 9))))))
    letters(live, 5, 10)
    assert live.apply(live.judge(update(deleted=deletions((5, 14, 1)))))


def test_many_letters_do_not_pile_up() -> None:
    live = LiveDocument()
    letters(live, 1000)
    assert len(live._letters) < 100
    live.check()


def test_letters_that_the_crdt_does_not_take_end_the_document() -> None:
    """What lies in the log is then put aside when it is loaded, and reported."""
    live = LiveDocument()
    letters(live, 1)
    live._letters.append(b"\x01\x01\x05")  # cut off
    with pytest.raises(StateError, match="letters"):
        live.full()
    assert live.broken
