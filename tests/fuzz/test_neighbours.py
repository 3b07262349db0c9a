"""Edits that no editor makes, but well formed: parts beside any others of a document, wherever these hang, and anything
deleted. The CRDT takes what was judged to fit, also letters that it sees only later; and Yjs opens what comes of it.

KREIDE_FUZZ_ROUNDS and KREIDE_FUZZ_SEED as in `test_sync_frames.py`.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from collab.document import LiveDocument
from collab.errors import ProtocolError
from collab.keystroke import place_keystroke
from tests.collab.build import block, deletions, item, shared_map, string, update, value
from tests.fuzz.test_sync_frames import FIRST_SEED, ROUNDS, check_loadable, check_stock_yjs

EDITS = 300  # into one document


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


class Stranger:
    """Somebody who knows which ids there are, and nothing else."""

    def __init__(self, random: Random, live: LiveDocument) -> None:
        self._random = random
        self._live = live

    def edit(self, letters: bool) -> bytes:
        """Some letters, as typed, or anything."""
        random, clocks = self._random, self._live.outline.state_vector()
        self._clocks = clocks
        client = random.choice((*clocks, 7, 8, 2**40))
        where = self._beside()
        if letters:
            part = string(random.choice(("a", "bc", "d" * 119, "e" * 130)), **where)
        else:
            if random.random() < 0.3:
                where = {"parent": self._anywhere(), "key": random.choice((None, "k", "value", "text"))}
            make = random.choice((self._letters, self._value, self._type, self._deleted))
            part = make(where)
        deleted = b"\x00"
        if not letters and random.random() < 0.3:
            who, start = self._anywhere()
            deleted = deletions((who, start, random.randrange(1, max(2, clocks[who] - start))))
        return update(block(client, clocks.get(client, 0), part), deleted=deleted)

    def _beside(self) -> dict[str, object]:
        random, left = self._random, self._anywhere()
        if random.random() < 0.4:
            return {"left": left}
        near = [(left[0], left[1] + 1), (left[0], max(0, left[1] - 1)), left]
        right = random.choice((self._anywhere(), self._anywhere(), *near))
        return {"right": right} if random.random() < 0.1 else {"left": left, "right": right}

    def _anywhere(self) -> tuple[int, int]:
        client = self._random.choice(list(self._clocks))
        return client, self._random.randrange(self._clocks[client] + (self._random.random() < 0.02))

    def _letters(self, where: dict[str, object]) -> bytes:
        return string("xyz", **where)

    def _value(self, where: dict[str, object]) -> bytes:
        return value(b"\x7e", **where)

    def _type(self, where: dict[str, object]) -> bytes:
        if self._random.random() < 0.5:
            return shared_map(**where)
        return item(7, self._random.choice((b"\x00", b"\x02", b"\x04", b"\x06")), **where)  # type: ignore[arg-type]

    def _deleted(self, where: dict[str, object]) -> bytes:
        return item(1, b"\x03", **where)  # type: ignore[arg-type]


@pytest.mark.parametrize("letters", [True, False])
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 2))
def test_what_is_beside_anything_is_taken_or_refused(seed: int, letters: bool) -> None:
    random, survivors, short, taken = Random(seed), list[bytes](), 0, 0
    for number in range(max(1, ROUNDS // 4 // EDITS)):
        live, where = LiveDocument(), f"seed {seed} document {number}"
        live.apply(live.judge(grown(random)))
        stranger = Stranger(random, live)
        for _ in range(EDITS):
            data = stranger.edit(letters)
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
