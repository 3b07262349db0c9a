"""What a viewer's feedback tells the plane: numbers on all we send, estimates up, probes down."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Iterator

import pytest

from sfu.plane import Plane
from tests.sfu.plane_peer import MID_URI, PATIENCE, TRANSPORT_URI, Peer, Rtp, eventually, rtcp, vp8, wait_event

SOURCE, SLOT, SSRC, OUT, OUT_RTX = 1, 2, 0x5001, 0x9001, 0x9002
SMALL_DELTA = 1


class Call:
    """A camera and a viewer who tells of arrivals."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.publisher, self.viewer = Peer(plane), Peer(plane)
        plane.add_source(SOURCE, self.publisher.id, "v", "video", 7, [])
        self.publisher.connect()
        extensions = [(5, MID_URI), (3, TRANSPORT_URI)]
        plane.add_slot(self.viewer.id, SLOT, "10", "video", OUT, OUT_RTX, [("vp8", 120, 121)], extensions, "me")
        self.viewer.connect()
        plane.set_audience(SOURCE, [self.viewer.id])
        plane.set_slot(self.viewer.id, SLOT, SOURCE, 1)

    def send(self, sequence: int, size: int = 5) -> None:
        self.publisher.send(self.picture(sequence, size))

    def picture(self, sequence: int, size: int = 5) -> Rtp:
        body = vp8(bytes(size), keyframe=sequence == 1, picture=sequence)
        return Rtp(96, sequence, int(time.monotonic() * 90_000), SSRC, body, marker=True, elements={4: b"v"})

    def tell(self, base: int, count: int, reference: int) -> None:
        """All of these arrived, a millisecond apart."""
        body = struct.pack("!IIHHI", 1, OUT, base, count, reference << 8) + struct.pack("!H", SMALL_DELTA << 13 | count)
        body += bytes([4] * count)
        self.viewer.send_rtcp(rtcp(201, 0, struct.pack("!I", 1)) + rtcp(205, 15, body + bytes(-len(body) % 4)))


@pytest.fixture
def call() -> Iterator[Call]:
    plane = Plane(["127.0.0.1"], 0)
    call = Call(plane)
    yield call
    call.publisher.close()
    call.viewer.close()
    plane.close()


def number(packet: Rtp) -> int:
    found: int = struct.unpack("!H", packet.elements[3])[0]
    return found


def test_what_we_send_is_numbered_without_gaps_and_probes_are_padding(call: Call) -> None:
    for sequence in range(1, 11):
        call.send(sequence)
    packets = [call.viewer.receive()]
    while sum(packet.ssrc == OUT_RTX for packet in packets) < 4 or len(packets) < 14:
        packets.append(call.viewer.receive())
    assert [number(packet) for packet in packets] == list(range(len(packets)))
    probes = [packet for packet in packets if packet.ssrc == OUT_RTX]
    assert all(packet.payload == b"" and packet.payload_type == 121 for packet in probes)
    assert call.plane.counters()["probes_out"] >= len(probes)


def remb(bits_per_second: int) -> bytes:
    """A receiver's own estimate, in steps of 4 bits per second."""
    body = struct.pack("!II", 1, 0) + b"REMB" + struct.pack("!II", 1 << 24 | 2 << 18 | bits_per_second // 4, OUT)
    return rtcp(201, 0, struct.pack("!I", 1)) + rtcp(206, 15, body)


def test_feedback_moves_the_estimate_and_python_is_told(call: Call) -> None:
    call.viewer.send_rtcp(remb(400_000))
    assert wait_event(call.plane, "estimate") == ("estimate", [(call.viewer.id, 400_000, False)])
    call.send(1)
    base = number(call.viewer.receive())
    call.tell(base, 1, 100)
    eventually(lambda: call.plane.counters()["feedback_in"] == 1)


def test_loss_reports_of_who_gives_no_other_feedback_lower_the_estimate(call: Call) -> None:
    call.send(1)
    call.viewer.receive()
    block = struct.pack("!IIIIII", OUT, 128 << 24, 1, 0, 0, 0)
    call.viewer.send_rtcp(rtcp(201, 1, struct.pack("!I", 1) + block))
    match wait_event(call.plane, "estimate"):
        case ("estimate", [(session, rate, probed)]):
            assert session == call.viewer.id and rate < 600_000 and not probed
        case event:
            raise AssertionError(event)


def test_pictures_leave_at_the_pace_of_the_estimate_in_their_order(call: Call) -> None:
    call.viewer.send_rtcp(remb(400_000))
    wait_event(call.plane, "estimate")
    began = time.monotonic()
    call.publisher.send_burst(call.picture(sequence, 1000) for sequence in range(1, 11))
    packets = [call.viewer.receive() for _ in range(10)]
    assert [packet.sequence - packets[0].sequence for packet in packets] == list(range(10))
    assert [number(packet) for packet in packets] == list(range(10))
    # 80 kbit at 2.5 times 600 kbit/s, less the first: a lower bound, which no slow machine can break.
    assert time.monotonic() - began >= 0.04
    counters = call.plane.counters()
    assert (counters["paced"], counters["dropped_paced"]) == (9, 0)


def test_what_waits_is_not_sent_once_the_audience_is_gone(call: Call) -> None:
    call.viewer.send_rtcp(remb(100_000))
    wait_event(call.plane, "estimate")
    call.publisher.send_burst(call.picture(sequence, 1000) for sequence in range(1, 61))
    call.viewer.receive()
    call.plane.set_audience(SOURCE, [])
    eventually(lambda: call.plane.counters()["assignments"] == 0)
    call.viewer.socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            call.viewer.socket.recv(4096)
    call.viewer.socket.settimeout(PATIENCE)
    eventually(lambda: call.plane.counters()["paced"] + call.plane.counters()["dropped_paced"] == 59)
    call.viewer.request()
    while (datagram := call.viewer.socket.recv(4096))[0] >= 0x80:
        assert 192 <= datagram[1] <= 223, "media for who may not have it"


def test_a_viewer_whose_queue_is_full_costs_another_nothing(call: Call) -> None:
    other = Peer(call.plane)
    call.plane.add_slot(other.id, SLOT, "10", "video", OUT, OUT_RTX, [("vp8", 120, 121)], [(5, MID_URI)], "other")
    other.connect()
    call.plane.set_audience(SOURCE, [call.viewer.id, other.id])
    call.plane.set_slot(other.id, SLOT, SOURCE, 1)
    call.viewer.send_rtcp(remb(50_000))
    wait_event(call.plane, "estimate")
    for sequence in range(1, 1001):
        call.send(sequence, 1000)
        other.receive()
    eventually(lambda: call.plane.counters()["dropped_paced"] > 100)
    other.close()
