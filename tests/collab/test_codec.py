"""Updates are understood as pycrdt and Yjs write them; whatever could hurt is refused with its own code."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, TransactionEvent, XmlElement, XmlFragment, XmlText

from collab.codec import (
    MAX_CLOCK,
    Piece,
    Span,
    frame_binary,
    parse_state_vector,
    parse_update,
)
from collab.errors import ProtocolError
from collab.lib0 import build_uint
from tests.collab.build import block, deletions, ident, item, shared_map, string, text, update, value
from tests.collab.clients import unframe


def _code(data: bytes) -> str:
    with pytest.raises(ProtocolError) as caught:
        parse_update(data)
    return caught.value.code


def test_a_real_document_is_understood_whole() -> None:
    doc: Doc[Any] = Doc(client_id=7)
    events: list[bytes] = []

    def note(event: TransactionEvent) -> None:
        events.append(event.update)

    doc.observe(note)
    words = doc.get("t", type=Text)
    words += "ab😀c"
    words.format(0, 1, {"bold": True})
    words.insert_embed(0, {"image": "x"})
    plain = doc.get("a", type=Array)
    plain.extend([1, 2.5, "x", None, True, {"k": [1]}, b"bytes"])
    shapes = doc.get("m", type=Map)
    shapes["inner"] = Map({"x": Array([Text("y")])})
    fragment = doc.get("x", type=XmlFragment)
    fragment.children.append(XmlElement("p", {"class": "a"}, [XmlText("z")]))
    shapes["sub"] = Doc()
    del words[0:2]
    del plain[1]
    for data in [*events, doc.get_update()]:
        parsed = parse_update(data)
        assert not parsed.empty
    ends: dict[int, int] = {}
    for piece in parse_update(doc.get_update()).pieces:
        assert piece.clock == ends.get(piece.client, 0)
        ends[piece.client] = piece.end
    assert ends == parse_state_vector(doc.get_state())


def test_the_empty_update() -> None:
    assert parse_update(b"\x00\x00").empty


def test_pieces_carry_where_they_hang() -> None:
    data = update(
        block(
            5, 0, string("ab", parent="t"), string("c", left=(5, 1), right=(6, 0)), shared_map(parent=(5, 2), key="k")
        ),
        deleted=deletions((6, 3, 2)),
    )
    parsed = parse_update(data)
    assert parsed.pieces == (
        Piece(5, 0, 2, root="t"),
        Piece(5, 2, 1, left=(5, 1), right=(6, 0)),
        Piece(5, 3, 1, parent=(5, 2), holds=True, keyed=True),
    )
    assert parsed.deletions == (Span(6, 3, 2),)


def test_low_surrogates_are_located() -> None:
    (piece,) = parse_update(update(block(5, 10, string("a😀bü😀", left=(5, 9))))).pieces
    assert piece.length == 7 and piece.pairs == (12, 16)
    (piece,) = parse_update(update(block(5, 10, string("aü", left=(5, 9))))).pieces
    assert piece.length == 2 and piece.pairs == ()


@pytest.mark.parametrize(
    ("struct", "length"),
    [
        (b"\x00\x05", 5),  # collected
        (item(1, b"\x04"), 4),  # deleted
        (item(3, b"\x02xy"), 1),  # binary
        (item(5, text("{}")), 1),  # embed
        (item(6, text("bold") + text("true")), 1),  # format
        (item(7, b"\x03" + text("p")), 1),  # XmlElement
        (item(7, b"\x06"), 1),  # XmlText
        (item(8, b"\x02\x7e\x7e"), 2),  # plain values
        (item(9, text("guid") + b"\x76\x00"), 1),  # subdocument
    ],
)
def test_each_kind_of_content_has_its_length(struct: bytes, length: int) -> None:
    (piece,) = parse_update(update(block(5, 0, struct))).pieces
    assert (piece.clock, piece.length) == (0, length)


def test_what_the_crdt_reads_otherwise_is_refused() -> None:
    """A string more of JSON than is there, and no name of a hook: what was judged would not be what it takes in."""
    for struct in (item(2, b"\x02" + text("1") + text("[]")), item(7, b"\x05" + text("hook"))):
        with pytest.raises(ProtocolError) as refused:
            parse_update(update(block(5, 0, struct)))
        assert refused.value.code == "update_unknown_content"


def test_a_gap_inside_an_update_is_no_piece() -> None:
    parsed = parse_update(update(block(5, 0, string("a"), b"\x0a\x05", string("b", left=(5, 0)))))
    assert [(piece.clock, piece.end) for piece in parsed.pieces] == [(0, 1), (6, 7)]
    assert parsed.gaps == (Span(5, 1, 5),) and parsed.gaps[0].end == 6 and not parsed.empty


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "frame_truncated"),
        (b"\x01", "frame_truncated"),
        (update(block(5, 0, string("a")))[:-3], "frame_truncated"),
        (b"\x00\x00\x00", "update_trailing"),
        (update(block(5, 0, string(""))), "update_malformed"),
        (update(block(5, 0, item(1, b"\x00"))), "update_malformed"),
        (update(block(5, 0, b"\x00\x00")), "update_malformed"),
        (update(block(5, 0, b"\x00" + build_uint(MAX_CLOCK + 1))), "update_malformed"),
        (update(block(5, MAX_CLOCK, string("ab"))), "update_malformed"),
        (update(block(5, 0, string("a")), block(5, 1, string("b"))), "update_malformed"),
        (update(block(5, 0)), "update_malformed"),
        (update(block(5, 3, string("a", left=(5, 3)))), "update_malformed"),
        (update(block(5, 3, string("a", right=(5, 9)))), "update_malformed"),
        (update(block(5, 3, shared_map(parent=(5, 3), key="k"))), "update_malformed"),
        (update(deleted=deletions((5, 0, 0))), "update_malformed"),
        (update(deleted=deletions((5, MAX_CLOCK, 1))), "update_malformed"),
        (update(block(5, 0, item(11, b"\x00"))), "update_unknown_content"),
        (update(block(5, 0, item(7, b"\x07"))), "update_unknown_content"),
        (update(block(5, 0, value(b"\x75\x01" * 26_000 + b"\x7e"))), "update_too_deep"),
        (update(block(5, 0, item(5, text("[" * 200)))), "update_too_deep"),
        (update(block(5, 0, item(4, b"\x01\xff"))), "frame_malformed"),
    ],
)
def test_what_could_hurt_is_refused(data: bytes, code: str) -> None:
    assert _code(data) == code


def test_the_v2_encoding_is_refused() -> None:
    # Written by Yjs 13: encodeStateAsUpdateV2 of an empty document, and of one with the text "hi".
    for data in ("00000000000001000000000000", "0000029a0100000104060374686901020101000001010000"):
        assert _code(bytes.fromhex(data)) == "update_trailing"


@given(st.dictionaries(st.integers(0, 2**32), st.integers(0, MAX_CLOCK), max_size=20))
def test_state_vectors_come_back(state: dict[int, int]) -> None:
    pairs = b"".join(build_uint(client) + build_uint(clock) for client, clock in state.items())
    assert parse_state_vector(build_uint(len(state)) + pairs) == state


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01", b"\x00\x00", b"\x02" + ident(5, 1) + ident(5, 2), b"\x01" + ident(5, MAX_CLOCK + 1)],
)
def test_bad_state_vectors_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_state_vector(data)


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_frames_are_those_of_rfc_6455(size: int) -> None:
    payload = b"x" * size
    assert unframe(frame_binary(payload) * 2) == [payload, payload]
