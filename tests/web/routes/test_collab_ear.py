"""Whatever the pieces in which frames arrive: messages keep their order, and aiohttp reads what is not taken, whole."""

from __future__ import annotations

import asyncio
import random

import pytest

from web.routes.collab_ear import Ear


def frame(payload: bytes, first: int = 0x82, mask: bytes | None = b"\x01\x82\x03\xff") -> bytes:
    size, masked = len(payload), 0x80 if mask else 0
    head = bytes((first, masked | size)) if size < 126 else bytes((first, masked | 126)) + size.to_bytes(2, "big")
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


class Below(asyncio.Protocol):
    def __init__(self) -> None:
        self.data = b""
        self.told: list[str] = []

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append("lost")

    def eof_received(self) -> None:
        self.told.append("eof")

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")


def heard(*pieces: bytes, takes: bool = True) -> tuple[list[bytes], bytes]:
    below, taken = Below(), list[bytes]()

    def take(data: bytes) -> bool:
        taken.append(data)
        return takes

    ear = Ear(below, take)
    for piece in pieces:
        ear.data_received(piece)
    return taken, below.data


@pytest.mark.parametrize("size", [1, 3, 4, 5, 125])
def test_short_messages_are_taken(size: int) -> None:
    payload = bytes(range(size))
    assert heard(frame(payload) * 3, frame(payload)) == ([payload] * 4, b"")


@pytest.mark.parametrize(
    "other",
    [
        frame(b"text", 0x81),
        frame(b"", 0x82),
        frame(b"not masked", mask=None),
        frame(b"reserved", 0xC2),
        frame(b"x" * 126),
        frame(b"x" * 5000),
        frame(b"ping", 0x89),
        frame(b"begin", 0x02) + frame(b"ping", 0x89) + frame(b"end", 0x80),
    ],
)
def test_all_else_is_read_by_aiohttp_and_short_messages_are_taken_again_after_it(other: bytes) -> None:
    assert heard(frame(b"a") + other, frame(b"b")) == ([b"a", b"b"], other)
    for cut in range(2, min(len(other), 40)):
        taken, passed = heard(frame(b"a"), other[:cut], other[cut:], frame(b"b"))
        assert taken[0] == b"a" and passed in (other, other + frame(b"b"))


def test_an_empty_pong_is_taken_where_a_frame_may_begin() -> None:
    pong = frame(b"", 0x8A)
    assert heard(frame(b"a"), pong, frame(b"b")) == ([b"a", b"", b"b"], b"")
    assert heard(frame(b"a"), pong[:3], pong[3:], frame(b"b")) == ([b"a", b"b"], pong)
    inside = [frame(b"begin", 0x02), pong, frame(b"end", 0x80)]
    assert heard(*inside) == ([], b"".join(inside))


def test_inside_a_fragmented_message_nothing_is_taken() -> None:
    pieces = [frame(b"begin", 0x02), frame(b"not now"), frame(b"end", 0x80)]
    assert heard(*pieces) == ([], b"".join(pieces))


def test_what_is_not_taken_is_passed_on() -> None:
    assert heard(frame(b"a"), takes=False) == ([b"a"], frame(b"a"))


@pytest.mark.parametrize("seed", range(20))
def test_any_pieces_keep_the_order(seed: int) -> None:
    chance = random.Random(seed)
    frames = [frame(bytes([number]) * chance.choice((1, 60, 125, 126, 400)), chance.choice((0x82, 0x82, 0x81, 0x8A)))
              for number in range(60)]  # fmt: skip
    data, pieces = b"".join(frames), []
    while data:
        size = chance.choice((1, 2, 5, 80, 500, 1500))
        pieces.append(data[:size])
        data = data[size:]
    taken, passed = heard(*pieces)
    numbers = [one[0] for one in taken]
    assert numbers == sorted(numbers)
    expected = [one for number, one in enumerate(frames) if number not in numbers]
    assert passed == b"".join(expected), "each frame is read once, here or there"


def test_the_rest_is_passed_on() -> None:
    below = Below()
    ear = Ear(below, lambda _: True)
    ear.pause_writing()
    ear.resume_writing()
    ear.eof_received()
    ear.connection_lost(None)
    assert below.told == ["pause", "resume", "eof", "lost"]
