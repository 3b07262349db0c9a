"""Replays, floods and forgeries are counted and change nothing."""

from __future__ import annotations

import random
import socket

from tests.sfu.plane_lesson import AUDIO_SSRC, VIDEO_SSRC, Lesson, voice
from tests.sfu.plane_peer import OPUS, Rtp, eventually


def taken(lesson: Lesson, before: dict[str, int], count: int) -> None:
    """Wait until so many datagrams were taken: a socket's buffer holds no more than some hundred."""
    eventually(lambda: lesson.plane.counters()["datagrams_in"] - before["datagrams_in"] >= count)


def test_a_replayed_packet_is_dropped(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    sealed = lesson.publisher.seal(voice(1))
    for _ in range(3):
        lesson.publisher.socket.send(sealed)
    viewer.receive()
    eventually(lambda: lesson.plane.counters()["dropped_replay"] == 2)
    viewer.check()


def test_a_flood_from_an_unknown_address_is_only_counted(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.connect(("127.0.0.1", lesson.plane.port))
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    noise = random.Random(seed)
    # Gauges are refreshed by the clock.
    eventually(lambda: lesson.plane.counters()["addresses"] == 2)
    before = lesson.plane.counters()
    for number in range(500):
        stranger.send(bytes([(0x80, 0x16, 0x00, 0xFF)[number % 4]]) + noise.randbytes(noise.randrange(1, 1200)))
        if number % 50 == 49:
            taken(lesson, before, number + 1)
    lesson.publisher.send(voice(1, b"calm"))
    assert viewer.receive().payload == b"calm"
    eventually(lambda: lesson.plane.counters()["datagrams_in"] - before["datagrams_in"] == 501)
    after = lesson.plane.counters()
    assert after["dropped_address"] - before["dropped_address"] == 250
    assert after["dropped_stun"] - before["dropped_stun"] == 125
    assert after["dropped_unknown"] - before["dropped_unknown"] == 125
    stranger.close()
    assert (after["addresses"], after["streams"]) == (before["addresses"], before["streams"])


def test_forged_media_from_a_verified_address_changes_nothing(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    noise = random.Random(seed)
    sealed = lesson.publisher.seal(voice(9))
    before = lesson.plane.counters()
    for number in range(300):
        forged = bytearray(sealed)
        forged[noise.randrange(len(forged))] ^= 1 << noise.randrange(8)
        lesson.publisher.socket.send(forged[: noise.randrange(1, len(forged) + 1)])
        if number % 50 == 49:
            taken(lesson, before, number + 1)
    lesson.publisher.socket.send(sealed)
    assert viewer.receive().payload == b"opus"
    viewer.check()
    assert lesson.plane.counters()["forwarded"] == 1


def test_media_of_no_source_is_dropped(lesson: Lesson) -> None:
    lesson.publisher.send(Rtp(OPUS, 1, 1, 0x7777, b"who"))
    lesson.publisher.send(Rtp(OPUS, 1, 1, 0x7778, b"who", elements={4: b"x"}))
    lesson.publisher.send(Rtp(77 + 20, 1, 1, VIDEO_SSRC, b"\0\1", elements={4: b"v"}))
    lesson.publisher.send(Rtp(13, 1, 1, AUDIO_SSRC, b"noise"))
    eventually(lambda: lesson.plane.counters()["dropped_stream"] == 3)
    assert lesson.plane.counters()["forwarded"] == 0
