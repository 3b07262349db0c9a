"""What a publisher sends arrives at its audience, whole and in the layer that is wanted, and at nobody else."""

from __future__ import annotations

import itertools
import struct
from dataclasses import replace
from functools import partial

import pytest

from sfu.plane import Plane, Profile
from tests.sfu.plane_lesson import (
    AUDIO_SLOT,
    AUDIO_SOURCE,
    CSRC,
    LAYER_SSRC,
    LAYERED_SOURCE,
    OUT_AUDIO,
    OUT_VIDEO,
    VIDEO_RTX,
    VIDEO_SLOT,
    VIDEO_SOURCE,
    Lesson,
    Stage,
    layer,
    picture,
    temporal_layer,
    voice,
)
from tests.sfu.plane_peer import PROFILES, RTX, VP8, Rtp, eventually, rtcp, vp8, wait_event


@pytest.mark.parametrize("profile", PROFILES)
def test_two_viewers_get_the_publishers_packets_byte_for_byte(stage: Stage, plane: Plane, profile: Profile) -> None:
    lesson = stage.lesson(plane, viewers=2, profile=profile)
    frames = [picture(65_530 + number, bytes([number]) * 900, keyframe=number == 0) for number in range(12)]
    sent = [replace(packet, timestamp=77) for packet in frames]
    for packet in sent:
        lesson.publisher.send(packet)
    for viewer in lesson.viewers:
        got = [viewer.receive() for _ in sent]
        # The frame is untouched; PictureID and TL0PICIDX in front of it are the slot's.
        assert [packet.payload[5:] for packet in got] == [packet.payload[5:] for packet in sent]
        assert {packet.ssrc for packet in got} == {OUT_VIDEO}
        assert {packet.payload_type for packet in got} == {120}
        assert {packet.csrcs for packet in got} == {(CSRC,)}
        assert {packet.elements[5] for packet in got} == {b"10"}
        first = got[0]
        assert [(packet.sequence - first.sequence) & 0xFFFF for packet in got] == list(range(12))
        assert {packet.timestamp for packet in got} == {first.timestamp}
        assert all(packet.marker for packet in got)


def heard(plane: Plane) -> list[list[tuple[int, int]]]:
    """Who was how loud, tick by tick, by the next event that says so."""
    match wait_event(plane, "levels"):
        case ("levels", ticks):
            return [levels for _, levels in ticks]
    return []


def test_sound_and_its_level_arrive(lesson: Lesson) -> None:
    lesson.publisher.send(voice(7, b"hello", level=20))
    (viewer,) = lesson.viewers
    packet = viewer.receive()
    assert (packet.payload, packet.payload_type, packet.ssrc) == (b"hello", 109, OUT_AUDIO)
    assert packet.elements == {5: b"11", 6: bytes([0x80 | 20])}
    assert [heard(lesson.plane), heard(lesson.plane)] == [[[(AUDIO_SOURCE, 20)]], [[(AUDIO_SOURCE, 127)]]]


def test_who_is_not_in_the_audience_receives_nothing(stage: Stage, plane: Plane) -> None:
    lesson = stage.lesson(plane, viewers=2)
    allowed, other = lesson.viewers
    lesson.allow([allowed])
    lesson.publisher.send(voice(1, b"one"))
    assert allowed.receive().payload == b"one"
    other.check()
    # Allowed again, the slot shows what was wanted there all the time.
    lesson.allow([allowed, other])
    lesson.publisher.send(voice(2, b"two"))
    assert allowed.receive().payload == b"two"
    assert other.receive().payload == b"two"
    plane.set_audience(AUDIO_SOURCE, [])
    lesson.publisher.send(voice(3, b"three"))
    eventually(lambda: plane.counters()["rtp_in"] == 3)
    allowed.check()
    other.check()


def test_a_muted_source_is_received_and_not_forwarded(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    lesson.plane.mute_source(AUDIO_SOURCE, True)
    lesson.publisher.send(voice(1, b"secret", level=1))
    eventually(lambda: lesson.plane.counters()["dropped_muted"] == 1)
    viewer.check()
    lesson.plane.mute_source(AUDIO_SOURCE, False)
    lesson.publisher.send(voice(2, b"public"))
    assert viewer.receive().payload == b"public"


def test_an_emptied_slot_shows_nothing(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    lesson.publisher.send(voice(1))
    viewer.receive()
    lesson.plane.set_slot(viewer.id, AUDIO_SLOT, 0, 2)
    lesson.publisher.send(voice(2))
    eventually(lambda: lesson.plane.counters()["rtp_in"] == 2)
    viewer.check()


def test_a_burst_leaves_in_segments_and_arrives_whole(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    lesson.publisher.send(picture(1, keyframe=True))
    viewer.receive()
    lesson.publisher.send_burst(picture(number, bytes(1000)) for number in range(2, 22))
    got = [viewer.receive() for _ in range(20)]
    assert [packet.sequence - got[0].sequence for packet in got] == list(range(20))
    # Both are counted when the kernel has taken the packets, so a viewer can be faster.
    eventually(lambda: lesson.plane.counters()["gso_batches"] >= 1)
    eventually(lambda: sum(lesson.plane.forward_histogram()[1]) == 21)


def test_parts_of_a_frame_that_differ_by_a_byte_arrive_as_they_were(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    sent = [picture(number, bytes([number]) * (900 + number % 3), keyframe=number == 1) for number in range(1, 41)]
    for packet in sent:
        lesson.publisher.send(replace(packet, timestamp=5))
    assert [viewer.receive().payload[6:] for _ in sent] == [packet.payload[6:] for packet in sent]


def test_without_segmenting_everything_arrives_too(stage: Stage) -> None:
    plane = stage.plane(segmenting=False)
    lesson = stage.lesson(plane)
    for number in range(10):
        lesson.publisher.send(picture(number + 1, bytes(500), keyframe=number == 0))
    (viewer,) = lesson.viewers
    assert len([viewer.receive() for _ in range(10)]) == 10
    assert plane.counters()["gso_batches"] == 0


def test_a_slot_shows_the_best_layer_that_is_wanted_and_flows(lesson: Lesson) -> None:
    lesson.layered()
    (viewer,) = lesson.viewers
    publisher, plane = lesson.publisher, lesson.plane
    plane.set_layer(viewer.id, VIDEO_SLOT, 0)
    publisher.send(layer("q", 100, keyframe=True))
    assert viewer.receive().payload[6:] == b"q"
    publisher.send(layer("f", 9, keyframe=True))
    publisher.send(layer("q", 101))
    small = viewer.receive()
    assert small.payload[6:] == b"q"

    plane.set_layer(viewer.id, VIDEO_SLOT, 2)
    assert struct.unpack("!II", publisher.receive_rtcp(206, 1))[1] == LAYER_SSRC + ord("q"), (
        "one request for all layers"
    )
    publisher.send(layer("f", 10))
    publisher.send(layer("q", 102, keyframe=True))
    assert viewer.receive().payload[6:] == b"q", "not before its own keyframe"
    publisher.send(layer("f", 11, keyframe=True))
    large = viewer.receive()
    assert large.payload[6:] == b"f"
    assert (large.sequence - small.sequence) & 0xFFFF == 2 and large.csrcs == small.csrcs
    publisher.send(layer("q", 103))
    publisher.send(layer("f", 12))
    after = viewer.receive()
    assert after.payload[6:] == b"f" and (after.sequence - large.sequence) & 0xFFFF == 1
    assert plane.counters()["layer_switches"] == 1

    # Losses on both sides of the switch are repaired from the layer that they belong to.
    for lost in (small, large):
        viewer.send_rtcp(rtcp(205, 1, struct.pack("!IIHH", 1, OUT_VIDEO, lost.sequence, 0)))
        assert viewer.receive().payload[2 + 6 :] == lost.payload[6:]


def _has_come(plane: Plane, packets: int) -> bool:
    return plane.counters()["rtp_in"] == packets


def test_a_slot_begins_at_once_with_what_came_since_a_fresh_keyframe(stage: Stage, plane: Plane) -> None:
    lesson = stage.lesson(plane)
    (viewer,) = lesson.viewers
    for attempt in itertools.count(1):  # a slow machine may need longer than a keyframe is fresh
        plane.set_slot(viewer.id, VIDEO_SLOT, 0, 2 * attempt)
        first = 100 * attempt
        lesson.publisher.send_burst(picture(first + more, b"%d" % more, keyframe=not more) for more in range(3))
        eventually(partial(_has_come, plane, 3 * attempt))
        plane.set_slot(viewer.id, VIDEO_SLOT, VIDEO_SOURCE, 2 * attempt + 1)
        lesson.publisher.check()  # the plane has carried out what it was told before
        if plane.counters()["openings"]:
            break
    got = [viewer.receive() for _ in range(3)]
    assert [packet.payload[6:] for packet in got] == [b"0", b"1", b"2"]
    assert [packet.sequence - got[0].sequence for packet in got] == [0, 1, 2]
    assert got[0].timestamp < got[1].timestamp < got[2].timestamp and {packet.csrcs for packet in got} == {(CSRC,)}
    lesson.publisher.send(picture(first + 3, b"live"))
    live = viewer.receive()
    assert live.payload[6:] == b"live" and live.sequence == got[2].sequence + 1


def test_who_comes_into_the_audience_gets_nothing_from_before(stage: Stage, plane: Plane) -> None:
    lesson = stage.lesson(plane)
    (viewer,) = lesson.viewers
    plane.set_audience(VIDEO_SOURCE, [])
    lesson.publisher.send(picture(1, b"before", keyframe=True))
    eventually(lambda: plane.counters()["rtp_in"] == 1)
    lesson.allow([viewer])
    lesson.publisher.send(picture(2, b"after", keyframe=True))
    assert viewer.receive().payload[6:] == b"after"
    assert plane.counters()["openings"] == 0


def test_while_the_layer_wanted_has_no_keyframe_a_smaller_one_is_shown(lesson: Lesson) -> None:
    lesson.layered()
    (viewer,) = lesson.viewers
    publisher, plane = lesson.publisher, lesson.plane
    publisher.send(layer("f", 8))  # it flows, and stops flowing: its client was asked to pause it
    publisher.send(layer("q", 100, keyframe=True))
    small = viewer.receive()
    assert small.payload[6:] == b"q"
    publisher.send(layer("q", 101))
    assert viewer.receive().payload[6:] == b"q"
    publisher.send(layer("f", 9, keyframe=True))
    assert viewer.receive().payload[6:] == b"f"
    assert plane.counters()["layer_switches"] == 1


def test_half_of_the_frames_leaves_no_gap_and_the_others_come_back(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    publisher, plane = lesson.publisher, lesson.plane
    numbers = iter(range(1, 10_000))

    def four_frames(arrive: int = 4) -> list[Rtp]:
        for temporal in (0, 2, 1, 2):
            publisher.send(temporal_layer(next(numbers), temporal))
        return [viewer.receive() for _ in range(arrive)]

    got, halves = four_frames(), [0]
    while not any(halves):
        event = wait_event(plane, "layers")
        assert event[0] == "layers"
        ((_, _, halves),) = event[1]
        got += four_frames()
    plane.set_layer(viewer.id, VIDEO_SLOT, 2, halved=True)
    got += four_frames(2) + four_frames(2)
    assert [packet.payload[7] for packet in got[-4:]] == [0, 1, 0, 1]
    plane.set_layer(viewer.id, VIDEO_SLOT, 2)
    got += four_frames()
    assert [packet.payload[7] for packet in got[-4:]] == [0, 2, 1, 2]
    first = got[0]
    assert [(packet.sequence - first.sequence) & 0xFFFF for packet in got] == list(range(len(got)))
    pictures = [struct.unpack("!H", packet.payload[2:4])[0] & 0x7FFF for packet in got]
    assert [(picture - pictures[0]) & 0x7FFF for picture in pictures] == list(range(len(got)))


def test_probes_and_unknown_layers_make_no_layer(lesson: Lesson) -> None:
    lesson.layered()
    (viewer,) = lesson.viewers
    publisher, plane = lesson.publisher, lesson.plane
    publisher.send(layer("q", 1, keyframe=True))
    assert viewer.receive().payload[6:] == b"q"
    probe = Rtp(RTX, 5, 0, VIDEO_RTX, b"\0\1" + bytes(200), elements={4: b"s", 8: b"f"})
    publisher.send(probe)
    stranger = layer("x", 1, keyframe=True)
    publisher.send(stranger)
    nameless = Rtp(VP8, 1, 0, 0x5151, stranger.payload, elements={4: b"s"})
    publisher.send(nameless)
    publisher.send(layer("q", 2))
    assert viewer.receive().payload[6:] == b"q"
    assert plane.counters()["dropped_stream"] == 2
    assert plane.counters()["layer_switches"] == 0


def test_the_rates_of_layers_are_told(lesson: Lesson) -> None:
    lesson.layered()
    told: list[tuple[int, list[int], list[int]]] = []
    for sequence in range(1, 9):
        for rid in "qf":
            body = vp8(bytes(600 if rid == "q" else 1000), keyframe=sequence == 1, picture=sequence)
            lesson.publisher.send(replace(layer(rid, sequence), payload=body))
        event = wait_event(lesson.plane, "layers")
        assert event[0] == "layers"
        told += event[1]
        source, (small, middle, large), _ = told[-1]
        assert source == LAYERED_SOURCE and middle == 0
        if large > small > 1:
            return
    raise AssertionError(told)
