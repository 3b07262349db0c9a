"""Floods from people who were let in: each of a room's maps and ways has a bound that no member can move."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

import pytest

from sfu.plane import Plane
from tests.sfu.plane_lesson import AUDIO_SSRC, OUT_AUDIO, OUT_VIDEO, Lesson, Stage, picture, voice
from tests.sfu.plane_peer import MID_URI, OPUS, Rtp, eventually, rtcp


class Neighbours:
    """Another room on the same thread: somebody speaks and somebody listens."""

    def __init__(self, stage: Stage, plane: Plane) -> None:
        self.speaker, self.listener = stage.peer(plane), stage.peer(plane)
        plane.add_source(7001, self.speaker.id, "a", "audio", 7, [AUDIO_SSRC])
        self.speaker.connect()
        plane.add_slot(
            self.listener.id, 7002, "11", "audio", OUT_AUDIO, 0, [("opus", 109, -1)], [(5, MID_URI)], "listener"
        )
        self.listener.connect()
        plane.set_audience(7001, [self.listener.id])
        plane.set_slot(self.listener.id, 7002, 7001, 1)
        self._said = 0

    def hear(self) -> None:
        """What is said now is heard, and nothing that was said elsewhere."""
        self._said += 1
        said = b"calm %d" % self._said
        self.speaker.send(Rtp(OPUS, self._said, 48 * self._said, AUDIO_SSRC, said))
        assert self.listener.receive().payload == said


@pytest.fixture
def other(stage: Stage, plane: Plane) -> Neighbours:
    return Neighbours(stage, plane)


def in_doses(plane: Plane, count: int, send: Callable[[int], object]) -> None:
    """Send so much, and no faster than it is taken: a socket's buffer holds some hundred datagrams."""
    before = plane.counters()["datagrams_in"]
    for number in range(count):
        send(number)
        if number % 40 == 39:
            eventually(lambda taken=number + 1: plane.counters()["datagrams_in"] - before >= taken)  # type: ignore[misc]
    eventually(lambda: plane.counters()["datagrams_in"] - before >= count)


def test_a_storm_of_losses_is_answered_with_little(lesson: Lesson, other: Neighbours) -> None:
    """128,000 losses told in 1,000 reports are no way to make a server send 150 MB."""
    (viewer,) = lesson.viewers
    for number in range(17):
        lesson.publisher.send(picture(number + 1, bytes(1000), keyframe=number == 0))
    first, *_ = (viewer.receive() for _ in range(17))
    lost = struct.pack("!HH", first.sequence, 0xFFFF) * 8
    in_doses(lesson.plane, 1000, lambda _: viewer.send_rtcp(rtcp(205, 1, struct.pack("!II", 1, OUT_VIDEO) + lost)))
    other.hear()
    counters = lesson.plane.counters()
    assert counters["nacks_in"] == 1000
    assert 17 <= counters["retransmitted"] <= 2000, "each is sent again, but not as often as somebody asks"


def test_a_storm_of_keyframe_requests_reaches_the_publisher_as_one(lesson: Lesson, other: Neighbours) -> None:
    (viewer,) = lesson.viewers
    lesson.publisher.send(picture(1, keyframe=True))
    viewer.receive()
    before = lesson.plane.counters()["plis_out"]
    in_doses(lesson.plane, 500, lambda _: viewer.send_rtcp(rtcp(206, 1, struct.pack("!II", 1, OUT_VIDEO))))
    other.hear()
    counters = lesson.plane.counters()
    assert counters["plis_in"] == 500 and counters["plis_out"] - before < 50


def test_new_streams_without_end_are_kept_to_a_number(lesson: Lesson, other: Neighbours) -> None:
    eventually(lambda: lesson.plane.counters()["addresses"] == 4)
    in_doses(
        lesson.plane,
        600,
        lambda number: lesson.publisher.send(Rtp(OPUS, 1, 1, 0x10000 + number, b"who", elements={4: b"a"})),
    )
    other.hear()
    eventually(lambda: 0 < lesson.plane.counters()["streams"] <= 130)
    assert lesson.plane.counters()["dropped_limit"] > 400


def test_right_checks_from_everywhere_keep_few_addresses(lesson: Lesson, other: Neighbours) -> None:
    """Whoever knows their own password can ask from as many ports as there are."""
    publisher = lesson.publisher
    home = publisher.socket
    sockets = []
    for _ in range(60):
        publisher.socket = publisher.new_socket()
        sockets.append(publisher.socket)
        publisher.check(nominate=False)
    publisher.socket = home
    eventually(lambda: lesson.plane.counters()["addresses"] == 8 + 3)
    lesson.publisher.send(voice(1))  # the way that was nominated made room for none of them
    assert lesson.viewers[0].receive().payload == b"opus"
    other.hear()
    for one in sockets:
        one.close()


def test_restarts_without_end_leave_two_names(lesson: Lesson, other: Neighbours) -> None:
    """A client that offers again and again without ever checking is still answered under what it used last."""
    publisher, plane = lesson.publisher, lesson.plane
    old = publisher.ufrag, publisher.password
    for _ in range(300):
        publisher.ufrag, publisher.password = os.urandom(8).hex(), os.urandom(16).hex()
        plane.open_session(publisher.id, publisher.ufrag, publisher.password)
    publisher.check()
    eventually(lambda: plane.counters()["fragments"] == 4)
    publisher.send(voice(1))
    assert lesson.viewers[0].receive().payload == b"opus"
    other.hear()
    publisher.request(ufrag=old[0], password=old[1])
    publisher.check()
    assert plane.counters()["dropped_stun"] == 1


def test_a_publisher_that_never_stops_costs_another_room_nothing(lesson: Lesson, other: Neighbours) -> None:
    def burst(number: int) -> None:
        lesson.publisher.send(picture(number + 1, bytes(1100), keyframe=number == 0))
        if number % 100 == 0:
            other.hear()

    in_doses(lesson.plane, 3000, burst)
