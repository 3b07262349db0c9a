"""What the short way says is what the long way says, and only for updates that hide nothing."""

from __future__ import annotations

from random import Random

import pytest
from pycrdt import Doc, Text, TransactionEvent

from collab.codec import parse_update
from collab.document import LiveDocument
from collab.errors import ProtocolError
from collab.keystroke import place_keystroke
from tests.collab.build import block, deletions, string, update


def typed(seed: int, emoji: bool) -> list[bytes]:
    """The updates of somebody who types and deletes anywhere in a text."""
    random, found = Random(seed), list[bytes]()
    doc: Doc[Text] = Doc(client_id=random.choice((3, 300, 2**31, 2**45)))
    text = doc.get("text", type=Text)

    def collect(event: TransactionEvent) -> None:
        found.append(event.update)

    subscription = doc.observe(collect)
    for _ in range(120):
        if emoji:
            text += random.choice(("a", "word", "ü", "😀"))
        elif len(text) > 3 and random.random() < 0.2:
            start = random.randrange(len(text) - 1)
            del text[start : start + 1]
        else:
            text.insert(random.randrange(len(text) + 1), random.choice(("a", "word", "ü", "x" * 130)))
    doc.unobserve(subscription)
    return found


@pytest.mark.parametrize("emoji", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_it_places_as_the_long_way_does(seed: int, emoji: bool) -> None:
    live, quick = LiveDocument(), 0
    for data in typed(seed, emoji):
        short = place_keystroke(data, live.outline)
        quick += short is not None
        assert short in (None, live.outline.place(parse_update(data)))
        event = live.apply(live.judge(data))
        assert event == data
    assert emoji or quick > 30


@pytest.mark.parametrize("seed", range(3))
def test_damaged_keystrokes_are_judged_as_ever(seed: int) -> None:
    random, live = Random(seed), LiveDocument()
    for data in typed(seed, emoji=False):
        for _ in range(30):
            broken = bytearray(data)
            for _ in range(random.randrange(1, 3)):
                broken[random.randrange(len(broken))] = random.randrange(256)
            mutated = bytes(broken[: random.randrange(1, len(broken) + 1)])
            short = place_keystroke(mutated, live.outline)
            if short is not None:
                assert short == live.outline.place(parse_update(mutated)), f"seed {seed}"
        live.apply(live.judge(data))


def test_what_is_no_keystroke_goes_the_long_way() -> None:
    live = LiveDocument()
    live.apply(live.judge(update(block(5, 0, string("ab")))))
    fits = update(block(5, 2, string("c", left=(5, 1))))
    assert place_keystroke(fits, live.outline) is not None
    others = {
        "deletes": update(block(5, 2, string("c", left=(5, 1))), deleted=deletions((5, 0, 1))),
        "known": update(block(5, 1, string("b", left=(5, 0)))),
        "too early": update(block(5, 3, string("c", left=(5, 1)))),
        "no such neighbour": update(block(5, 2, string("c", left=(6, 0)))),
        "no such right neighbour": update(block(5, 2, string("c", left=(5, 1), right=(5, 2)))),
        "two parts": update(block(5, 2, string("c", left=(5, 1)), string("d", left=(5, 2)))),
        "no ASCII": update(block(5, 2, string("ü", left=(5, 1)))),
        "at the start": update(block(6, 0, string("c"))),
        "cut": fits[:-2],
        "goes on": fits + b"\x00",
        "too large a clock": update(block(5, 2**50, string("c", left=(5, 1)))),
    }
    for name, data in others.items():
        assert place_keystroke(data, live.outline) is None, name
    with pytest.raises(ProtocolError):
        live.judge(others["goes on"])
