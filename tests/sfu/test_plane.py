"""A real plane over loopback sockets: ICE, SRTP against pylibsrtp, forwarding, repair, audience, cleaning up."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from sfu.plane import Plane, Profile
from tests.sfu.plane_peer import (
    CONTROLLED,
    ERROR,
    LEVEL_URI,
    MID_URI,
    OPUS,
    PROFILES,
    RTX,
    UNKNOWN,
    USE_CANDIDATE,
    VP8,
    Answer,
    Peer,
    Rtp,
    attribute,
    eventually,
    rtcp,
    vp8,
    wait_event,
)

UDP_SEGMENT = 103
VIDEO_SOURCE, AUDIO_SOURCE, LAYERED_SOURCE = 1001, 1002, 1003
LAYER_SSRC = 0x6000
VIDEO_SSRC, VIDEO_RTX, AUDIO_SSRC = 0x5001, 0x5002, 0x5003
VIDEO_SLOT, AUDIO_SLOT = 2001, 2002
OUT_VIDEO, OUT_RTX, OUT_AUDIO = 0x9001, 0x9002, 0x9003
CSRC = 42


class Stage:
    """Makes planes, peers and lessons, and closes them all."""

    def __init__(self, closing: ExitStack) -> None:
        self._closing = closing

    def plane(self, *addresses: str, consent: float = 30.0, stall: float = 2.0, segmenting: bool = True) -> Plane:
        plane = Plane(list(addresses) or ["127.0.0.1"], 0, consent=consent, stall=stall, segmenting=segmenting)
        self._closing.callback(plane.close)
        return plane

    def peer(self, plane: Plane, profile: Profile = "AEAD_AES_128_GCM", host: str = "127.0.0.1") -> Peer:
        peer = Peer(plane, profile, host)
        self._closing.callback(peer.close)
        return peer

    def lesson(self, plane: Plane, viewers: int = 1, profile: Profile = "AEAD_AES_128_GCM") -> Lesson:
        peers = [self.peer(plane, profile) for _ in range(viewers + 1)]
        return Lesson(plane, peers[0], peers[1:])


@pytest.fixture
def stage() -> Iterator[Stage]:
    with ExitStack() as closing:
        yield Stage(closing)


@pytest.fixture
def plane(stage: Stage) -> Plane:
    return stage.plane()


class Lesson:
    """One publisher with a camera and a microphone, and viewers with a slot for each."""

    def __init__(self, plane: Plane, publisher: Peer, viewers: list[Peer]) -> None:
        self.plane, self.publisher, self.viewers = plane, publisher, viewers
        plane.add_source(VIDEO_SOURCE, self.publisher.id, "v", "video", CSRC, [])
        plane.add_source(AUDIO_SOURCE, self.publisher.id, "a", "audio", CSRC, [AUDIO_SSRC])
        self.publisher.connect()
        for viewer in self.viewers:
            plane.add_slot(
                viewer.id,
                VIDEO_SLOT,
                "10",
                "video",
                OUT_VIDEO,
                OUT_RTX,
                [("vp8", 120, 121)],
                [(5, MID_URI)],
                f"viewer{viewer.id}",
            )
            plane.add_slot(
                viewer.id,
                AUDIO_SLOT,
                "11",
                "audio",
                OUT_AUDIO,
                0,
                [("opus", 109, -1)],
                [(5, MID_URI), (6, LEVEL_URI)],
                f"viewer{viewer.id}",
            )
            viewer.connect()
        self.allow(self.viewers)
        for viewer in self.viewers:
            plane.set_slot(viewer.id, VIDEO_SLOT, VIDEO_SOURCE, 1)
            plane.set_slot(viewer.id, AUDIO_SLOT, AUDIO_SOURCE, 1)

    def layered(self) -> None:
        """Another camera in the same slots, with three layers."""
        self.plane.add_source(LAYERED_SOURCE, self.publisher.id, "s", "video", CSRC, [], ["q", "h", "f"])
        self.plane.set_audience(LAYERED_SOURCE, [viewer.id for viewer in self.viewers])
        for viewer in self.viewers:
            self.plane.set_slot(viewer.id, VIDEO_SLOT, LAYERED_SOURCE, 2)

    def allow(self, viewers: list[Peer]) -> None:
        ids = [viewer.id for viewer in viewers]
        self.plane.set_audience(VIDEO_SOURCE, ids)
        self.plane.set_audience(AUDIO_SOURCE, ids)


@pytest.fixture
def lesson(stage: Stage, plane: Plane) -> Lesson:
    return stage.lesson(plane)


@pytest.fixture
def peer(stage: Stage, plane: Plane) -> Peer:
    return stage.peer(plane)


def voice(sequence: int, payload: bytes = b"opus", level: int | None = None) -> Rtp:
    elements = {} if level is None else {1: bytes([0x80 | level])}
    return Rtp(OPUS, sequence, sequence * 960, AUDIO_SSRC, payload, elements=elements)


def picture(sequence: int, payload: bytes = b"frame", *, keyframe: bool = False) -> Rtp:
    body = vp8(payload, keyframe=keyframe, picture=sequence & 0x7FFF)
    return Rtp(VP8, sequence, sequence * 3000, VIDEO_SSRC, body, marker=True, elements={4: b"v"})


# --- ICE ---------------------------------------------------------------------------------------------------------


def test_a_right_check_is_answered_with_the_mapped_address(peer: Peer) -> None:
    answer = peer.check()
    assert answer.kind == 0x0101
    assert answer.mapped == peer.socket.getsockname()
    host, port = peer.socket.getsockname()
    assert wait_event(peer.plane, "connected") == ("connected", peer.id, f"{host}:{port}")


def test_wrong_checks_get_nothing_and_leave_nothing(peer: Peer) -> None:
    peer.request(ufrag="nobody")
    peer.request(password="not-the-password-at-all-")
    peer.request(ufrag="")
    peer.socket.send(b"\0\1" + bytes(200))
    # The fence: the first datagram that comes back answers the right check.
    peer.check(nominate=False)
    counters = peer.plane.counters()
    assert counters["dropped_stun"] == 4
    eventually(lambda: peer.plane.counters()["addresses"] == 1)
    assert peer.plane.drain() == []


def test_a_controlled_peer_is_told_to_change_its_role(peer: Peer) -> None:
    transaction = peer.request(attribute(CONTROLLED, bytes(8)), attribute(USE_CANDIDATE, b""))
    answer = Answer.parse(peer.socket.recv(4096), peer.password)
    assert (answer.kind, answer.transaction) == (0x0111, transaction)
    assert answer.attributes[ERROR][:4] == bytes([0, 0, 4, 87])
    assert peer.plane.drain() == []


def test_an_attribute_that_must_be_understood_is_named(peer: Peer) -> None:
    peer.request(attribute(0x7F01, b"?"))
    answer = Answer.parse(peer.socket.recv(4096), peer.password)
    assert answer.attributes[ERROR][:4] == bytes([0, 0, 4, 20])
    assert answer.attributes[UNKNOWN] == b"\x7f\x01"


def test_the_answer_leaves_from_the_address_that_was_asked(stage: Stage) -> None:
    plane = stage.plane("0.0.0.0")
    peer = stage.peer(plane, host="127.0.0.7")
    # A connected socket hears its peer's address alone.
    assert peer.check().mapped == peer.socket.getsockname()


def test_ipv4_and_ipv6_share_the_port(stage: Stage) -> None:
    plane = stage.plane("127.0.0.1", "::1")
    for host in ("127.0.0.1", "::1"):
        peer = stage.peer(plane, host=host)
        assert peer.check().mapped == peer.socket.getsockname()[:2]


def test_a_port_in_use_is_an_error(plane: Plane) -> None:
    with pytest.raises(OSError, match="in use"):
        Plane(["127.0.0.1"], plane.port)


def test_a_restart_keeps_the_old_credentials_until_the_new_nominate(peer: Peer) -> None:
    peer.check()
    old = peer.ufrag, peer.password
    peer.plane.open_session(peer.id, "fresh", "a-fresh-password-of-enough-length")
    peer.check()
    peer.ufrag, peer.password = "fresh", "a-fresh-password-of-enough-length"
    peer.check()
    eventually(lambda: peer.plane.counters()["fragments"] == 1)
    peer.request(ufrag=old[0], password=old[1])
    peer.check()
    assert peer.plane.counters()["dropped_stun"] == 1


def test_consent_expires_without_checks(stage: Stage) -> None:
    plane = stage.plane(consent=0.05)
    lesson = stage.lesson(plane, viewers=0)
    assert wait_event(plane, "expired") == ("expired", lesson.publisher.id)
    # RFC 7675: only a restart brings consent back. The check is answered, but nothing is sent there.
    lesson.publisher.check()
    plane.open_session(lesson.publisher.id, "again", "another-password-of-enough-length")
    lesson.publisher.ufrag, lesson.publisher.password = "again", "another-password-of-enough-length"
    lesson.publisher.check()


def test_media_follows_a_peer_to_its_new_address(lesson: Lesson) -> None:
    (viewer,) = lesson.viewers
    lesson.publisher.send(voice(1))
    assert viewer.receive().payload == b"opus"
    viewer.socket.close()
    viewer.socket = viewer.new_socket()
    viewer.check()
    host, port = viewer.socket.getsockname()
    assert wait_event(lesson.plane, "address") == ("address", viewer.id, f"{host}:{port}")
    lesson.publisher.send(voice(2, b"there"))
    assert viewer.receive().payload == b"there"


# --- DTLS --------------------------------------------------------------------------------------------------------


def handshake(length: int, total: int, offset: int = 0) -> bytes:
    fragment = b"\1" + total.to_bytes(3, "big") + bytes(2) + offset.to_bytes(3, "big") + length.to_bytes(3, "big")
    record = fragment + bytes(length)
    return b"\x16\xfe\xfd" + bytes(8) + struct.pack("!H", len(record)) + record


def test_handshakes_rise_only_from_verified_addresses(peer: Peer) -> None:
    peer.socket.send(handshake(100, 100))
    peer.check(nominate=False)
    hello = [handshake(1100, 1500), handshake(400, 1500, 1100)]
    for datagram in hello:
        peer.socket.send(datagram)
    assert wait_event(peer.plane, "dtls") == ("dtls", peer.id, hello[0])
    eventually(lambda: peer.plane.counters()["dtls_in"] == 2)
    assert peer.plane.counters()["dropped_address"] == 1
    peer.plane.send_dtls(peer.id, b"\x16answer")
    assert peer.socket.recv(4096) == b"\x16answer"


def test_a_handshake_beyond_the_limits_is_dropped(peer: Peer) -> None:
    peer.check()
    peer.socket.send(handshake(100, 8193))
    peer.socket.send(b"\x16\xfe\xfd")
    for _ in range(40):
        peer.socket.send(handshake(10, 10))
    peer.check()
    assert peer.plane.counters()["dropped_dtls"] == 10
    assert sum(event[0] == "dtls" for event in peer.plane.drain()) == 32


# --- forwarding --------------------------------------------------------------------------------------------------


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


def test_sound_and_its_level_arrive(lesson: Lesson) -> None:
    lesson.publisher.send(voice(7, b"hello", level=20))
    (viewer,) = lesson.viewers
    packet = viewer.receive()
    assert (packet.payload, packet.payload_type, packet.ssrc) == (b"hello", 109, OUT_AUDIO)
    assert packet.elements == {5: b"11", 6: bytes([0x80 | 20])}
    assert wait_event(lesson.plane, "levels") == ("levels", [(AUDIO_SOURCE, 20)])
    assert wait_event(lesson.plane, "levels") == ("levels", [(AUDIO_SOURCE, 127)])


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
    sealed = [lesson.publisher.seal(picture(number, bytes(1000))) for number in range(2, 22)]
    segment = struct.pack("=H", len(sealed[0]))
    lesson.publisher.socket.sendmsg([b"".join(sealed)], [(socket.SOL_UDP, UDP_SEGMENT, segment)])
    got = [viewer.receive() for _ in sealed]
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


# --- hostile input -----------------------------------------------------------------------------------------------


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
    for _ in range(300):
        forged = bytearray(sealed)
        forged[noise.randrange(len(forged))] ^= 1 << noise.randrange(8)
        lesson.publisher.socket.send(forged[: noise.randrange(1, len(forged) + 1)])
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


# --- repair and reports ------------------------------------------------------------------------------------------


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


def layer(rid: str, sequence: int, *, keyframe: bool = False) -> Rtp:
    ssrc = LAYER_SSRC + ord(rid)
    body = vp8(rid.encode(), keyframe=keyframe, picture=sequence & 0x7FFF)
    return Rtp(VP8, sequence, sequence * 3000, ssrc, body, marker=True, elements={4: b"s", 7: rid.encode()})


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
    told: list[tuple[int, list[int]]] = []
    for sequence in range(1, 9):
        for rid in "qf":
            body = vp8(bytes(600 if rid == "q" else 1000), keyframe=sequence == 1, picture=sequence)
            lesson.publisher.send(replace(layer(rid, sequence), payload=body))
        event = wait_event(lesson.plane, "layers")
        assert event[0] == "layers"
        told += event[1]
        source, (small, middle, large) = told[-1]
        assert source == LAYERED_SOURCE and middle == 0
        if large > small > 1:
            return
    raise AssertionError(told)


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
    feedback = lesson.publisher.receive_rtcp(205, 15)
    assert struct.unpack_from("!HH", feedback, 8) == (1, 3)
    block = lesson.publisher.receive_rtcp(201, 1)
    ssrc, lost, highest = struct.unpack_from("!III", block, 4)
    assert (ssrc, lost, highest) == (AUDIO_SSRC, 0, 3)


def test_a_source_says_when_it_starts_and_stalls(stage: Stage) -> None:
    plane = stage.plane(stall=0.05)
    lesson = stage.lesson(plane)
    lesson.publisher.send(voice(1))
    assert wait_event(plane, "source") == ("source", AUDIO_SOURCE, "started")
    assert wait_event(plane, "source") == ("source", AUDIO_SOURCE, "stalled")


# --- commands and cleaning up ------------------------------------------------------------------------------------

GAUGES = ("sessions", "fragments", "addresses", "streams", "sources", "slots", "assignments")


def test_closing_leaves_nothing_behind(stage: Stage, plane: Plane) -> None:
    lesson = stage.lesson(plane, viewers=3)
    lesson.publisher.send(picture(1, keyframe=True))
    lesson.publisher.send(voice(1))
    for viewer in lesson.viewers:
        viewer.receive()
        viewer.receive()
    eventually(lambda: plane.counters()["streams"] == 2)
    full = plane.counters()
    assert [full[name] for name in GAUGES] == [4, 4, 4, 2, 2, 6, 6]
    plane.remove_source(VIDEO_SOURCE)
    eventually(lambda: plane.counters()["assignments"] == 3)
    for peer in (lesson.viewers[0], lesson.publisher, *lesson.viewers[1:]):
        plane.close_session(peer.id)
    eventually(lambda: not any(plane.counters()[name] for name in GAUGES))


def test_commands_about_what_is_not_there_are_counted(plane: Plane) -> None:
    plane.close_session(999_999)
    plane.set_slot(999_999, 1, 1, 1)
    plane.request_keyframe(999_999)
    plane.send_dtls(999_999, b"x")
    eventually(lambda: plane.counters()["commands_refused"] == 4)


def test_bad_arguments_are_refused_at_once(plane: Plane) -> None:
    with pytest.raises(ValueError, match="length"):
        plane.set_srtp(1, "AEAD_AES_128_GCM", bytes(16), bytes(14), bytes(16), bytes(12))
    with pytest.raises(ValueError, match="password"):
        plane.open_session(1, "u", "short")
    with pytest.raises(ValueError, match="kind"):
        plane.add_source(1, 1, "0", "smell", 1, [])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="layers"):
        plane.add_source(1, 1, "0", "video", 1, [], ["a", "b", "c", "d"])
    with pytest.raises(ValueError, match="layer"):
        plane.set_layer(1, 1, 3)
    with pytest.raises(ValueError, match="IP"):
        Plane(["localhost"], 0)


def test_a_closed_plane_frees_its_port() -> None:
    plane = Plane(["127.0.0.1"], 0)
    port = plane.port
    plane.close()
    plane.close()
    Plane(["127.0.0.1"], port).close()
