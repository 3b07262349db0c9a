"""Every message of the wire is understood, and nothing else is."""

from __future__ import annotations

import pytest

from collab.codec import frame_binary
from collab.errors import AccessDenied, CollabError, Overloaded, ProtocolError, StateError, close_code
from collab.lib0 import build_buffer, build_uint
from collab.sync import (
    MAX_ENTRIES,
    MAX_STATE_CLIENTS,
    Awareness,
    Changes,
    Entry,
    Message,
    Other,
    QueryAwareness,
    Step1,
    build_ack,
    build_awareness,
    build_entry,
    build_step1,
    build_step2,
    build_update,
    frame_ack,
    frame_update,
    parse_message,
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (build_step1(b"\x00"), Step1(b"\x00")),
        (build_step2(b"\x00\x00"), Changes(b"\x00\x00", answer=True)),
        (build_update(b"\x00\x00"), Changes(b"\x00\x00", answer=False)),
        (build_awareness([]), Awareness(())),
        (build_awareness([build_entry(Entry(5, 1, b"{}"))]), Awareness((Entry(5, 1, b"{}"),))),
        (b"\x03", QueryAwareness()),
        (b"\x02\x00\x03abc", Other()),
        (build_ack(300), Other()),
    ],
)
def test_messages_are_understood(data: bytes, message: Message) -> None:
    assert parse_message(data) == message


def test_the_bytes_are_those_of_y_websocket() -> None:
    assert build_step1(b"\x00").hex() == "00000100"
    assert build_update(b"\x00\x00").hex() == "0002020000"
    assert build_awareness([]).hex() == "010100"
    assert build_ack(300).hex() == "64ac02"


@pytest.mark.parametrize("size", [0, 2, 119, 120, 121, 127, 128, 20_000])
def test_frames_built_in_one_step_are_the_same(size: int) -> None:
    assert frame_update(b"x" * size) == frame_binary(build_update(b"x" * size))
    for count in (0, 1, 127, 128, 16_383, 16_384, 3_000_000):
        assert frame_ack(count) == frame_binary(build_ack(count))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x00\x03\x00",
        b"\x00\x00\x05\x00",
        b"\x00\x00\x01\x01",
        build_step1(b"\x00") + b"x",
        b"\x03\x00",
        b"\x01" + build_buffer(build_uint(MAX_ENTRIES + 1)),
        b"\x01" + build_buffer(b"\x00\x00"),
        b"\x01" + build_buffer(b"\x01\x05\x01\x01\xff"),
        build_step1(
            build_uint(MAX_STATE_CLIENTS + 1)
            + b"".join(build_uint(client) + b"\x01" for client in range(MAX_STATE_CLIENTS + 1))
        ),
    ],
)
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_message(data)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ProtocolError("frame_malformed"), 4400),
        (ProtocolError("too_large"), 4413),
        (AccessDenied("not_allowed"), 4403),
        (AccessDenied("unknown_document"), 4404),
        (AccessDenied("other_epoch"), 4404),
        (StateError("store_failed"), 4509),
        (Overloaded("too_fast"), 4529),
    ],
)
def test_each_error_has_its_close_code(error: CollabError, code: int) -> None:
    assert close_code(error) == code
    assert error.text == error.code
