"""Edits that no editor makes, but well formed: parts beside any others of a document, wherever these hang, and anything
deleted. The CRDT takes what was judged to fit, also letters that it sees only later; and Yjs opens what comes of it.

KREIDE_FUZZ_ROUNDS and KREIDE_FUZZ_SEED as in `test_sync_frames.py`.
"""

from __future__ import annotations

from random import Random
from typing import Any, TypedDict

import pytest
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from collab.codec import parse_update
from collab.document import LiveDocument
from collab.errors import ProtocolError
from collab.keystroke import place_keystroke
from tests.collab.build import block, deletions, item, text, update
from tests.fuzz.test_sync_frames import FIRST_SEED, ROUNDS, check_loadable, check_stock_yjs

EDITS = 300  # into one document


class Where(TypedDict, total=False):
    """The neighbours of a part."""

    left: tuple[int, int]
    right: tuple[int, int]


def grown(random: Random) -> bytes:
    """A document with parts of every kind, some of them deleted, and no surrogate pair: it would end the short way."""
    doc: Doc[Any] = Doc(client_id=random.choice((1, 300, 2**31)))
    words = doc.get("t", type=Text)
    words += "Hallo Welt, hier steht etwas"
    words.format(0, 5, {"bold": True})
    words.insert_embed(2, {"image": [1, {"x": None}]})
    del words[7:12]
    doc.get("a", type=Array).extend([1, "x", None, {"k": [1]}, Text("in a list"), Map({"m": "n"})])
    shapes = doc.get("m", type=Map)
    shapes["inner"] = Map({"x": Array([Text("y"), Map({"z": 1})])})
    shapes["text"] = Text("under a key")
    shapes["value"] = "alt"
    shapes["value"] = "neu"
    if random.random() < 0.5:
        shapes.pop("text")
    doc.get("x", type=XmlFragment).children.append(XmlElement("p", {"a": "b"}, [XmlText("z"), XmlText("zz")]))
    return doc.get_update()


CONTENTS = [
    *((4, text(letters)) for letters in ("x", "xyz")),
    *((8, values) for values in (b"\x01\x7e", b"\x02\x7e\x7e")),
    *((7, bytes((kind,))) for kind in (0, 1, 2, 4, 6)),
    (7, b"\x03" + text("p")),
    *((1, bytes((length,))) for length in (1, 3)),  # deleted
    (3, b"\x02xy"),  # binary
    (5, text("{}")),  # embedded
    (6, text("bold") + text("true")),  # format
    (9, text("guid") + b"\x76\x00"),  # a document
]


class Stranger:
    """Somebody who knows which ids there are, and nothing else."""

    def __init__(self, random: Random, live: LiveDocument) -> None:
        self._random = random
        self._live = live
        self._clocks: dict[int, int] = {}

    def type(self) -> bytes:
        """Letters of a keystroke, beside anything."""
        client, start = self._begin()
        letters = self._random.choice(("a", "bc", "d" * 119, "e" * 130))
        return update(block(client, start, item(4, text(letters), **self._beside())))

    def write(self) -> bytes:
        """One to three parts of any kind, anywhere, and often something deleted."""
        random = self._random
        client, start = self._begin()
        parts, lengths = zip(*(self._part() for _ in range(random.choice((1, 1, 2, 3)))), strict=True)
        if random.random() < 0.7:
            return update(block(client, start, *parts))
        if random.random() < 0.5:  # all of it, as Yjs tells of values that were replaced
            return update(block(client, start, *parts), deleted=deletions((client, start, sum(lengths))))
        who, first = self._anywhere()
        length = random.randrange(1, max(2, self._clocks[who] - first))
        return update(block(client, start, *parts), deleted=deletions((who, first, length)))

    def _begin(self) -> tuple[int, int]:
        self._clocks = self._live.outline.state_vector()
        client = self._random.choice((*self._clocks, 7, 8, 2**40))
        return client, self._clocks.get(client, 0)

    def _part(self) -> tuple[bytes, int]:
        """A part and its length."""
        random = self._random
        if random.random() < 0.03:
            return b"\x00\x02", 2  # that were collected
        kind, content = random.choice(CONTENTS)
        length = parse_update(update(block(1, 0, item(kind, content)))).pieces[0].length
        if random.random() < 0.7:
            return item(kind, content, **self._beside()), length
        parent = random.choice(("t", "a", "m", "x", "new")) if random.random() < 0.5 else self._anywhere()
        return item(kind, content, parent=parent, key=random.choice((None, "k", "value", "text"))), length

    def _beside(self) -> Where:
        random, left = self._random, self._anywhere()
        if random.random() < 0.4:
            return {"left": left}
        near = [(left[0], left[1] + 1), (left[0], max(0, left[1] - 1)), left]
        right = random.choice((self._anywhere(), self._anywhere(), *near))
        return {"right": right} if random.random() < 0.1 else {"left": left, "right": right}

    def _anywhere(self) -> tuple[int, int]:
        client = self._random.choice(list(self._clocks))
        return client, self._random.randrange(self._clocks[client] + (self._random.random() < 0.02))


@pytest.mark.parametrize("letters", [True, False])
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 2))
def test_what_is_beside_anything_is_taken_or_refused(seed: int, letters: bool) -> None:
    random, survivors, short, taken = Random(seed), list[bytes](), 0, 0
    for number in range(max(1, ROUNDS // 4 // EDITS)):
        live, where = LiveDocument(), f"seed {seed} document {number}"
        live.apply(live.judge(grown(random)))
        stranger = Stranger(random, live)
        for _ in range(EDITS):
            data = stranger.type() if letters else stranger.write()
            short += place_keystroke(data, live.outline) is not None
            try:
                judged = live.judge(data)
                if judged.placement is not None:
                    taken += live.apply(judged) is not None
            except ProtocolError:
                continue
            if random.random() < 0.05:
                live.check()
            assert not live.broken, f"{where}: {data.hex()}"
        check_loadable(live, where)
        survivors.append(live.full())
        if len(survivors) == 500:
            check_stock_yjs(survivors, where)
            survivors.clear()
    check_stock_yjs(survivors, f"seed {seed}")
    assert taken > ROUNDS // 20 and (short > ROUNDS // 20 or not letters), "hardly any was taken, or the short way"
