"""Seeds have the published shape and the same bytes each time; positions always fall between their neighbours."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Map, XmlFragment

from collab.demo import demo_deck, demo_table
from collab.schema import DIGITS, Column, Row, even_positions, position_between, table_seed


def _load(seed: bytes) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    doc.apply_update(seed)
    return doc


def test_the_demo_deck_has_the_published_shape() -> None:
    doc = _load(demo_deck())
    assert doc.get("meta", type=Map).to_py() == {"kind": "deck", "v": 1}
    slides: Map[Any] = doc.get("slides", type=Map)
    assert sorted(slides.keys()) == ["s1", "s2", "s3", "s4", "s5"]
    order = sorted(slides.keys(), key=lambda key: (slides[key]["!"], key))
    assert order == ["s1", "s2", "s3", "s4", "s5"]
    for slide in slides.values():
        assert slide["bg"] in ("board", "paper")
        assert isinstance(slide["ink"], Map) and isinstance(slide["notes"], XmlFragment)
        for element in slide["els"].values():
            assert len(element["g"]) == 5
            if element["k"] in ("title", "text"):
                assert all(child.tag == "paragraph" for child in element["body"].children)
    assert str(slides["s1"]["els"]["e1"]["body"]) == "<paragraph>Die Normalparabel verschieben</paragraph>"


def test_the_demo_table_has_the_published_shape() -> None:
    doc = _load(demo_table())
    rows: Map[Any] = doc.get("rows", type=Map)
    columns: Map[Any] = doc.get("cols", type=Map)
    assert len(columns) == 8 and len(rows) == 10
    assert rows["r1"]["#"] == "head"
    assert rows["r2"]["c2"] == pytest.approx(0.3)
    assert rows["r10"]["c8"] == 9.871
    assert "c6" not in rows["r8"]
    assert set(columns["c1"]) == {"!", "w", "fmt"}


def test_a_seed_is_the_same_bytes_each_time() -> None:
    assert demo_deck() == demo_deck()
    assert demo_table() == demo_table()
    assert table_seed([Column()], [Row((1,))]) != table_seed([Column()], [Row((2,))])


def test_even_positions_ascend() -> None:
    for count in (*range(0, 1930, 37), 1921, 1922, 20_000):
        positions = even_positions(count)
        assert len(positions) == count
        assert positions == sorted(set(positions))
        assert all(position[-1] != "0" for position in positions)
    assert even_positions(1)[0] == "V1", "few positions stay short"


@given(st.integers(0, 2**32))
def test_a_position_lies_between_its_neighbours(seed: int) -> None:
    random = Random(seed)
    positions: list[str] = []
    for _ in range(60):
        slot = random.randrange(len(positions) + 1)
        low = positions[slot - 1] if slot else None
        high = positions[slot] if slot < len(positions) else None
        made = position_between(low, high, random.random)
        assert (low is None or low < made) and (high is None or made < high), seed
        assert made[-1] != "0" and set(made) <= set(DIGITS)
        positions.insert(slot, made)
