"""The outline alone tells whether an update fits: complete, not circular, not too deep, cutting no character."""

from __future__ import annotations

import pytest

from collab.codec import parse_update
from collab.errors import ProtocolError
from collab.lib0 import MAX_NESTING
from collab.outline import Outline, Placement
from tests.collab.build import block, deletions, item, shared_map, string, update, value


def place(outline: Outline, *blocks: bytes, deleted: bytes = b"\x00") -> Placement | None:
    return outline.place(parse_update(update(*blocks, deleted=deleted)))


def add(outline: Outline, *blocks: bytes) -> None:
    placement = place(outline, *blocks)
    assert placement is not None
    outline.add(placement)


def test_what_continues_is_placed_and_what_was_known_is_nothing_new() -> None:
    outline = Outline()
    first = block(5, 0, string("ab"))
    add(outline, first)
    add(outline, block(5, 2, string("cd", left=(5, 1))))
    assert outline.state_vector() == {5: 4}
    again = place(outline, first)
    assert again is not None and not again.parts and again.clients() == set()
    overlap = place(outline, block(5, 0, string("abcdef")))
    assert overlap is not None and [(part.start, part.end) for part in overlap.parts] == [(4, 6)]


@pytest.mark.parametrize(
    "data",
    [
        update(block(5, 3, string("x", left=(5, 1)))),
        update(block(5, 0, string("a"), b"\x0a\x05", string("b", left=(5, 0)))),
        update(block(6, 0, string("x", left=(5, 2)))),
        update(block(6, 0, string("x", right=(5, 2)))),
        update(block(6, 0, shared_map(parent=(9, 0), key="k"))),
        update(deleted=deletions((5, 1, 2))),
        update(deleted=deletions((9, 0, 1))),
    ],
    ids=["clock", "gap", "left", "right", "parent", "deletion", "deletion of nobody"],
)
def test_missing_parts_are_noticed(data: bytes) -> None:
    outline = Outline()
    add(outline, block(5, 0, string("ab")))
    if b"\x0a\x05" in data:
        outline = Outline()
    assert outline.place(parse_update(data)) is None


def test_parts_may_depend_on_each_other_over_several_clients_in_any_order() -> None:
    outline = Outline()
    placement = place(
        outline,
        block(9, 0, string("c", left=(5, 1)), string("e", left=(5, 2))),
        block(5, 0, string("a"), string("b", left=(5, 0)), string("d", left=(9, 0))),
        deleted=deletions((9, 1, 1)),
    )
    assert placement is not None
    assert [(part.client, part.start) for part in placement.parts] == [(5, 0), (5, 1), (9, 0), (5, 2), (9, 1)]


def test_a_circle_is_refused() -> None:
    with pytest.raises(ProtocolError, match="wait for each other"):
        place(Outline(), block(5, 0, string("a", left=(6, 0))), block(6, 0, string("b", left=(5, 0))))


def test_a_long_zigzag_is_placed_in_reasonable_time() -> None:
    count = 20_000
    left = [string("a")] + [string("a", left=(6, n - 1)) for n in range(1, count)]
    right = [string("b", left=(5, n)) for n in range(count)]
    placement = place(Outline(), block(5, 0, *left), block(6, 0, *right))
    assert placement is not None and len(placement.parts) == 2 * count


def test_a_gap_over_what_is_known_is_none() -> None:
    outline = Outline()
    add(outline, block(5, 0, string("abcdef")))
    assert place(outline, block(5, 0, string("a"), b"\x0a\x05", string("g", left=(5, 5)))) is not None
    assert place(outline, block(5, 0, string("a"), b"\x0a\x06")) is None
    assert place(outline, block(9, 0, b"\x0a\x06")) is None


def test_things_hang_on_shared_types_or_on_what_may_have_been_one() -> None:
    outline = Outline()
    add(outline, block(5, 0, string("ab"), shared_map(parent="m", key="k"), b"\x00\x01", item(1, b"\x02")))
    for clock, fine in ((0, False), (1, False), (2, True), (3, True), (4, True), (5, True)):
        child = block(6, 0, string("x", parent=(5, clock), key="k"))
        if fine:
            assert place(outline, child) is not None
        else:
            with pytest.raises(ProtocolError, match="no shared type"):
                place(outline, child)


def _tower(height: int) -> list[bytes]:
    inner = [shared_map(parent=(5, level), key="k") for level in range(height - 1)]
    return [shared_map(parent="m", key="k"), *inner]


def test_shared_types_nest_so_deep_and_no_deeper() -> None:
    outline = Outline()
    add(outline, block(5, 0, *_tower(MAX_NESTING)))
    with pytest.raises(ProtocolError, match="levels"):
        place(outline, block(6, 0, string("x", parent=(5, MAX_NESTING - 1), key="k")))
    with pytest.raises(ProtocolError, match="levels"):
        place(Outline(), block(5, 0, *_tower(MAX_NESTING + 1)))


def test_depth_follows_neighbours_and_forgets_what_was_collected() -> None:
    outline = Outline()
    add(outline, block(5, 0, *_tower(3)), block(6, 0, b"\x00\x02"))
    add(outline, block(7, 0, string("ab", parent=(5, 2)), string("c", left=(7, 1)), string("d", right=(7, 0))))
    assert [outline.runs[7].level(clock) for clock in range(4)] == [4, 4, 4, 4]
    add(outline, block(8, 0, string("x", left=(6, 1))), block(9, 0, string("y", left=(6, 1), right=(7, 0))))
    assert outline.runs[8].level(0) == 0 and outline.runs[9].level(0) == 4


@pytest.mark.parametrize(
    ("left", "right", "fine"),
    [
        ((5, 0), (5, 1), True),
        ((5, 2), (5, 3), True),
        ((5, 0), (5, 2), False),
        ((5, 1), (5, 4), False),
        ((5, 4), (5, 5), False),
        ((5, 6), (5, 1), False),
        (None, (5, 5), False),
        (None, (5, 3), True),
        ((5, 5), None, True),
        ((5, 0), (6, 0), True),
        ((6, 0), (5, 5), False),
    ],
    ids=str,
)
def test_neighbours_stand_in_one_list(left: tuple[int, int] | None, right: tuple[int, int] | None, fine: bool) -> None:
    """Or a part stands in one list and belongs to another: pycrdt ends in a circle, or with what it has freed."""
    outline = Outline()
    text = [string("ab", parent="t"), string("cd", parent="u"), string("e", parent=(6, 1))]
    add(outline, block(6, 0, b"\x00\x01", shared_map(parent="m", key="k")))
    add(outline, block(5, 0, *text, value(b"\x7e", parent=(6, 1), key="k"), value(b"\x7e", parent=(6, 1), key="l")))
    between = block(7, 0, value(b"\x7e", left=left, right=right))
    if fine:
        assert place(outline, between) is not None
    else:
        with pytest.raises(ProtocolError, match="two lists"):
            place(outline, between)


@pytest.mark.parametrize("where", [{"parent": "m", "key": "k"}, {"left": (5, 0)}], ids=["a new key", "an old one"])
def test_a_key_has_one_value_at_a_time(where: dict[str, object]) -> None:
    outline = Outline()
    add(outline, block(5, 0, value(b"\x7e", parent="m", key="k")))
    assert place(outline, block(6, 0, string("x", **where))) is not None
    with pytest.raises(ProtocolError, match="one key"):
        place(outline, block(6, 0, string("xy", **where)))


def test_values_that_their_writer_has_replaced_may_come_joined() -> None:
    """Yjs joins them where it keeps what was deleted, for undoing: all of them are deleted by the same update."""
    three = [block(6, 0, item(8, b"\x03\x7e\x7e\x7e", parent="m", key="k"), value(b"\x7e", left=(6, 2)))]
    assert place(Outline(), *three, deleted=deletions((6, 0, 3))) is not None
    assert place(Outline(), *three, deleted=deletions((6, 0, 4))) is not None
    for deleted in (deletions((6, 0, 2)), deletions((6, 1, 2)), deletions((6, 1, 2), (6, 0, 1)), b"\x00"):
        with pytest.raises(ProtocolError, match="one key"):
            place(Outline(), *three, deleted=deleted)
    known = Outline()
    add(known, block(6, 0, value(b"\x7e", parent="m", key="k")))
    assert place(known, *three, deleted=deletions((6, 0, 3))) is not None


@pytest.mark.parametrize(
    ("blocks", "deleted"),
    [
        ([block(6, 0, string("x", left=(5, 1)))], b"\x00"),
        ([block(6, 0, string("x", right=(5, 2)))], b"\x00"),
        ([], deletions((5, 2, 1))),
        ([], deletions((5, 0, 2))),
        ([block(6, 0, string("😀"), string("x", left=(6, 0)))], b"\x00"),
        ([block(5, 0, string("ab😀cd"))], b"\x00"),
    ],
    ids=["left half", "right half", "delete from half", "delete to half", "own", "overlap"],
)
def test_cutting_a_character_is_refused(blocks: list[bytes], deleted: bytes) -> None:
    outline = Outline()
    add(outline, block(5, 0, string("a😀")))
    with pytest.raises(ProtocolError) as caught:
        if blocks and blocks[0] == block(5, 0, string("ab😀cd")):
            place(outline, *blocks)
        else:
            place(outline, *blocks, deleted=deleted)
    assert caught.value.code == "update_splits_character"


def test_writing_beside_a_character_and_deleting_it_whole_is_fine() -> None:
    outline = Outline()
    add(outline, block(5, 0, string("a😀")))
    assert place(outline, block(6, 0, string("x", left=(5, 2))), block(7, 0, string("x", left=(5, 0), right=(5, 1))))
    assert place(outline, deleted=deletions((5, 1, 2))) is not None


def test_a_name_is_written_down_once() -> None:
    """Whoever writes in turns into two roots with long names makes many short runs."""
    outline, name = Outline(), "n" * 10_000
    add(outline, block(5, 0, string("a", parent=name), string("b", parent="t")))
    parts = [string("x", left=(5, number % 2)) for number in range(100)]
    add(outline, block(6, 0, *parts))
    assert len(outline.runs[6].homes) == 100 and len(outline.encode()) < 11_000


def test_it_comes_back_from_its_bytes() -> None:
    outline = Outline()
    add(outline, block(5, 0, *_tower(3), string("a😀b😀", parent="t")), block(7, 0, string("😀", parent=(5, 1))))
    again = Outline.decode(outline.encode())
    assert again.encode() == outline.encode()
    assert again.state_vector() == outline.state_vector() and again.pairs == outline.pairs
    assert again.runs[7].level(0) == 3
    assert [again.runs[7].place(0), again.runs[5].place(2), again.runs[5].place(3)] == [
        (3, (5, 1)),
        (3, None),
        (1, "t"),
    ]
    with pytest.raises(ProtocolError):
        Outline.decode(outline.encode()[:-1])
