"""Checks, consent, new addresses, and the handshakes that rise from verified ones."""

from __future__ import annotations

import struct

import pytest

from sfu.plane import Plane
from tests.services import speaks_ipv6
from tests.sfu.plane_lesson import Lesson, Stage, voice
from tests.sfu.plane_peer import (
    CONTROLLED,
    ERROR,
    UNKNOWN,
    USE_CANDIDATE,
    Answer,
    Peer,
    attribute,
    eventually,
    wait_event,
)


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


@pytest.mark.skipif(not speaks_ipv6(), reason="this machine has no IPv6")
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
