"""Losses are asked for and repaired on both sides; reports and requests find whom they are about."""

from __future__ import annotations

import struct

from tests.sfu.plane_lesson import (
    AUDIO_SOURCE,
    AUDIO_SSRC,
    CSRC,
    OUT_AUDIO,
    OUT_RTX,
    OUT_VIDEO,
    VIDEO_RTX,
    VIDEO_SSRC,
    Lesson,
    Stage,
    picture,
    voice,
)
from tests.sfu.plane_peer import OPUS, RTX, Rtp, eventually, rtcp, wait_event


def nack(ssrc: int, sequence: int, mask: int = 0) -> bytes:
    return rtcp(205, 1, struct.pack("!IIHH", 1, ssrc, sequence & 0xFFFF, mask))


def test_a_viewers_loss_is_repaired_by_retransmission(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    for number in range(5):
        lesson.publisher.send(picture(number + 1, bytes([number]) * 50, keyframe=number == 0))
    got = [viewer.receive() for _ in range(5)]
    viewer.send_rtcp(nack(OUT_VIDEO, got[1].sequence, 0b10))
    for index in (1, 3):
        repair = viewer.receive()
        assert (repair.ssrc, repair.payload_type, repair.csrcs) == (OUT_RTX, 121, (CSRC,))
        assert repair.payload == struct.pack("!H", got[index].sequence) + got[index].payload
        assert repair.timestamp == got[index].timestamp
    assert lesson.plane.counters()["retransmitted"] == 2


def test_a_loss_is_not_repaired_for_who_lost_the_right(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    lesson.publisher.send(picture(1, keyframe=True))
    packet = viewer.receive()
    lesson.allow([])
    viewer.send_rtcp(nack(OUT_VIDEO, packet.sequence))
    viewer.send_rtcp(nack(0x1234, packet.sequence))
    eventually(lambda: lesson.plane.counters()["nacks_unanswered"] == 2)
    viewer.check()


def test_a_publishers_loss_is_asked_for_and_filled_in(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    lesson.publisher.send(picture(1, b"first", keyframe=True))
    lesson.publisher.send(picture(3, b"third"))
    first, third = viewer.receive(), viewer.receive()
    assert (third.sequence - first.sequence) & 0xFFFF == 2
    body = lesson.publisher.receive_rtcp(205, 1)
    assert struct.unpack("!IIHH", body)[1:] == (VIDEO_SSRC, 2, 0)
    lost = picture(2, b"second")
    repair = Rtp(RTX, 900, lost.timestamp, VIDEO_RTX, b"\0\2" + lost.payload, elements={4: b"v"})
    lesson.publisher.send(repair)
    second = viewer.receive()
    assert second.payload[6:] == b"second"
    assert (second.sequence - first.sequence) & 0xFFFF == 1
    assert lesson.plane.counters()["repaired"] == 1


def test_a_waiting_slot_asks_the_publisher_for_a_keyframe(lesson: Lesson) -> None:
    lesson.publisher.send(picture(1))
    body = lesson.publisher.receive_rtcp(206, 1)
    assert struct.unpack("!II", body)[1] == VIDEO_SSRC
    lesson.publisher.send(picture(2, keyframe=True))
    (viewer,) = lesson.viewers
    assert viewer.receive().payload[5] == 0


def test_a_viewers_picture_loss_reaches_the_publisher(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    lesson.publisher.send(picture(1, keyframe=True))
    viewer.receive()
    viewer.send_rtcp(rtcp(206, 1, struct.pack("!II", 1, OUT_VIDEO)))
    assert struct.unpack("!II", lesson.publisher.receive_rtcp(206, 1))[1] == VIDEO_SSRC
    assert lesson.plane.counters()["plis_in"] == 1


def test_a_viewer_gets_sender_reports_of_its_slots(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    lesson.publisher.send(voice(1, b"12345"))
    packet = viewer.receive()
    body = viewer.receive_rtcp(200)
    ssrc, _, _, timestamp, packets, octets = struct.unpack("!6I", body)
    assert (ssrc, packets, octets) == (OUT_AUDIO, 1, 5)
    assert 0 <= (timestamp - packet.timestamp) & 0xFFFFFFFF < 48_000 * 5


def test_a_publisher_gets_reports_and_transport_feedback(lesson: Lesson) -> None:
    for number in range(1, 4):
        packet = voice(number)
        lesson.publisher.send(
            Rtp(OPUS, number, packet.timestamp, AUDIO_SSRC, b"x", elements={3: struct.pack("!H", number)})
        )
    # Whoever is slow to send is told in several reports.
    first, told = -1, 0
    while told < 3:
        base, count = struct.unpack_from("!HH", lesson.publisher.receive_rtcp(205, 15), 8)
        first, told = (base if first < 0 else first), told + count
    assert (first, told) == (1, 3)
    highest = 0
    while highest < 3:
        ssrc, lost, highest = struct.unpack_from("!III", lesson.publisher.receive_rtcp(201, 1), 4)
        assert (ssrc, lost) == (AUDIO_SSRC, 0)
    assert highest == 3


def test_a_source_says_when_it_starts_and_stalls(stage: Stage) -> None:
    plane = stage.plane(stall=0.05)
    lesson = stage.lesson(plane)
    lesson.publisher.send(voice(1))
    assert wait_event(plane, "source") == ("source", AUDIO_SOURCE, "started")
    assert wait_event(plane, "source") == ("source", AUDIO_SOURCE, "stalled")
