"""lib0 reading is total: values come back as written, everything else is a ProtocolError."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.errors import ProtocolError
from collab.lib0 import MAX_NESTING, Reader, build_buffer, build_uint, json_depth


@given(st.integers(0, 2**53 - 1))
def test_integers_come_back(value: int) -> None:
    reader = Reader(build_uint(value))
    assert reader.uint() == value and reader.at_end()


@given(st.binary(max_size=300))
def test_buffers_come_back(value: bytes) -> None:
    assert Reader(build_buffer(value)).buffer() == value


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80", b"\xff" * 7 + b"\x7f", b"\x80" * 9 + b"\x01"],
    ids=["empty", "cut", "54 bits", "too long"],
)
def test_bad_integers_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        Reader(data).uint()


@pytest.mark.parametrize("read", ["byte", "signed", "buffer", "string", "json", "any"])
def test_nothing_is_read_past_the_end(read: str) -> None:
    with pytest.raises(ProtocolError, match="too early"):
        getattr(Reader(b""), read)()
    with pytest.raises(ProtocolError, match="too early"):
        Reader(b"\x05").skip(2)


def test_strings_must_be_utf8() -> None:
    assert Reader(build_buffer("ü😀".encode())).string() == "ü😀"
    for bad in (b"\xff", "\ud83d".encode("utf-8", "surrogatepass")):
        with pytest.raises(ProtocolError, match="UTF-8"):
            Reader(build_buffer(bad)).string()


def test_signed_integers_are_skipped() -> None:
    for data in (b"\x05", b"\x45", b"\xbf\x01", b"\x80" * 8 + b"\x00"):
        reader = Reader(data)
        reader.signed()
        assert reader.at_end()
    with pytest.raises(ProtocolError, match="too many bytes"):
        Reader(b"\x80" * 10).signed()


@pytest.mark.parametrize(
    "data",
    [
        b"\x7f",
        b"\x7e",
        b"\x7d\x05",
        b"\x7c" + b"\x00" * 4,
        b"\x7b" + b"\x00" * 8,
        b"\x7a" + b"\x00" * 8,
        b"\x79",
        b"\x78",
        b"\x77\x01a",
        b"\x76\x01\x01k\x75\x01\x7e",
        b"\x75\x02\x7e\x7e",
        b"\x74\x03abc",
    ],
)
def test_plain_values_are_skipped(data: bytes) -> None:
    reader = Reader(data)
    reader.any()
    assert reader.at_end()


def test_an_unknown_plain_value_is_refused() -> None:
    with pytest.raises(ProtocolError, match="type 5"):
        Reader(b"\x05").any()


def test_deep_values_are_refused_before_they_hurt() -> None:
    Reader(b"\x75\x01" * (MAX_NESTING - 1) + b"\x7e").any()
    for deep in (b"\x75\x01" * MAX_NESTING + b"\x7e", b"\x75\x01" * 26_000 + b"\x7e", b"\x76\x01\x00" * 26_000):
        with pytest.raises(ProtocolError, match="levels"):
            Reader(deep).any()


def test_deep_json_is_refused() -> None:
    reader = Reader(build_buffer(b"[" * MAX_NESTING + b"]" * MAX_NESTING))
    reader.json()
    assert reader.at_end()
    with pytest.raises(ProtocolError, match="levels"):
        Reader(build_buffer(b"[" * (MAX_NESTING + 1))).json()


def test_brackets_inside_json_strings_do_not_count() -> None:
    text = '"' + "[" * MAX_NESTING + '"'
    assert json_depth('{"a": "[[[[\\"[[[", "b": [1, {}], "c": ' + text + "}") == 3
    assert json_depth('["\\\\"[' + text) == 2
    assert json_depth("[[[") == 0, "too few to matter"
