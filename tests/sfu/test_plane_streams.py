"""ICE over TCP on the media port: frames, a slow reader, connections that prove nothing, and what is forgotten."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from sfu.plane import Plane
from tests.services import speaks_ipv6
from tests.sfu.plane_peer import LEVEL_URI, MID_URI, OPUS, PATIENCE, Peer, Rtp, eventually, vp8

SOURCE, SLOT, SSRC, OUT = 1, 2, 0x5001, 0x9001
needs_ipv6 = pytest.mark.skipif(not speaks_ipv6(), reason="this machine has no IPv6")


class Framed(socket.socket):
    """A TCP connection that sends and receives datagrams (RFC 4571)."""

    def send(self, data: bytes, flags: int = 0) -> int:  # type: ignore[override]
        self.sendall(struct.pack("!H", len(data)) + data)
        return len(data)

    def recv(self, size: int, flags: int = 0) -> bytes:
        (length,) = struct.unpack("!H", self._exactly(2))
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = super().recv(count - len(found))
            if not part:
                raise ConnectionResetError
            found += part
        return found


class TcpPeer(Peer):
    """A remote whose network lets only TCP through."""

    receive_buffer = 0

    def new_socket(self) -> socket.socket:
        made = Framed(socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_STREAM)
        if self.receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        made.settimeout(PATIENCE)
        made.connect((self._host, self.plane.port))
        return made


class Lazy(TcpPeer):
    """One that takes next to nothing unless it reads."""

    receive_buffer = 4096


@pytest.fixture
def plane() -> Iterator[Plane]:
    plane = Plane(["127.0.0.1", *(["::1"] if speaks_ipv6() else [])], 0)
    yield plane
    plane.close()


def show(plane: Plane, publisher: Peer, *viewers: Peer) -> None:
    """Everybody sees the publisher."""
    plane.add_source(SOURCE, publisher.id, "v", "video", 7, [])
    publisher.connect()
    for viewer in viewers:
        plane.add_slot(viewer.id, SLOT, "10", "video", OUT, 0, [("vp8", 120, -1)], [(5, MID_URI)], "me")
        viewer.connect()
        plane.set_slot(viewer.id, SLOT, SOURCE, 1)
    plane.set_audience(SOURCE, [viewer.id for viewer in viewers])


def picture(sequence: int, size: int = 5) -> Rtp:
    body = vp8(bytes(size), keyframe=sequence == 1, picture=sequence)
    return Rtp(96, sequence, int(time.monotonic() * 90_000), SSRC, body, marker=True, elements={4: b"v"})


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_media_goes_both_ways_over_tcp(plane: Plane, host: str) -> None:
    publisher, viewer = TcpPeer(plane, host=host), TcpPeer(plane, host=host)
    show(plane, publisher, viewer)
    publisher.send(picture(1))
    publisher.send(picture(2, 1000))
    assert [len(viewer.receive().payload) for _ in range(2)] == [11, 1006]
    assert viewer.check().mapped == viewer.socket.getsockname()[:2]
    publisher.close()
    viewer.close()


def test_frames_that_come_in_pieces_are_put_together(plane: Plane) -> None:
    publisher, viewer = TcpPeer(plane), Peer(plane)
    show(plane, publisher, viewer)
    stream = b"".join(
        struct.pack("!H", len(sealed)) + sealed for sealed in map(publisher.seal, map(picture, range(1, 6)))
    )
    for at in range(0, len(stream), 7):
        publisher.socket.sendall(stream[at : at + 7])
    first = viewer.receive().sequence
    assert [viewer.receive().sequence - first for _ in range(4)] == [1, 2, 3, 4]
    publisher.close()
    viewer.close()


def test_a_slow_reader_loses_the_oldest_and_costs_nobody_else_a_packet(plane: Plane) -> None:
    publisher, slow, other = Peer(plane), Lazy(plane), Peer(plane)
    show(plane, publisher, slow, other)
    for sequence in range(1, 601):
        publisher.send(picture(sequence, 1000))
        other.receive()
    eventually(lambda: plane.counters()["dropped_send"] > 100)
    numbers = [slow.receive().sequence for _ in range(50)]
    assert numbers == sorted(numbers), "in their order"
    publisher.send(picture(601))
    deadline = time.monotonic() + PATIENCE
    while len(slow.receive().payload) != 11:
        assert time.monotonic() < deadline, "the newest arrives"
    for peer in (publisher, slow, other):
        peer.close()


def test_a_frame_longer_than_any_of_ours_ends_the_connection(plane: Plane) -> None:
    peer = TcpPeer(plane)
    peer.check()
    eventually(lambda: plane.counters()["tcp_connections"] == 1)
    peer.socket.sendall(b"\xff\xff" + bytes(100))
    with pytest.raises(ConnectionResetError):
        peer.socket.recv(4096)
    eventually(lambda: plane.counters()["tcp_connections"] == plane.counters()["addresses"] == 0)
    peer.close()


def test_who_proves_nothing_makes_room_for_others(plane: Plane) -> None:
    strangers = [socket.create_connection(("127.0.0.1", plane.port)) for _ in range(600)]
    eventually(lambda: plane.counters()["tcp_connections"] == 512)
    strangers[-1].sendall(struct.pack("!H", 40) + bytes(40))
    peer = TcpPeer(plane)
    assert peer.check().mapped == peer.socket.getsockname()
    eventually(lambda: plane.counters()["tcp_connections"] == 512)
    for stranger in strangers:
        stranger.close()
    eventually(lambda: plane.counters()["tcp_connections"] == 1)
    peer.close()


def test_a_connection_ends_with_its_session_and_a_session_goes_on_over_another(plane: Plane) -> None:
    publisher, viewer = Peer(plane), TcpPeer(plane)
    show(plane, publisher, viewer)
    viewer.socket.close()
    eventually(lambda: plane.counters()["tcp_connections"] == 0)
    viewer.socket = viewer.new_socket()
    viewer.check()
    publisher.send(picture(1))
    assert len(viewer.receive().payload) == 11
    plane.close_session(viewer.id)
    with pytest.raises(ConnectionResetError):
        while True:
            viewer.socket.recv(4096)
    eventually(lambda: plane.counters()["tcp_connections"] == 0)
    publisher.close()
    viewer.close()


def test_a_move_from_tcp_to_udp_and_back_keeps_the_call(plane: Plane) -> None:
    publisher, viewer = Peer(plane), TcpPeer(plane)
    show(plane, publisher, viewer)
    publisher.send(picture(1))
    over_tcp, first = viewer.socket, viewer.receive().sequence
    viewer.socket = Peer.new_socket(viewer)
    viewer.check()
    publisher.send(picture(2))
    assert viewer.receive().sequence == first + 1
    viewer.socket.close()
    viewer.socket = over_tcp
    viewer.check()
    publisher.send(picture(3))
    assert viewer.receive().sequence == first + 2
    publisher.close()
    viewer.close()


def test_a_voice_comes_over_tcp_too(plane: Plane) -> None:
    speaker, listener = TcpPeer(plane), TcpPeer(plane)
    plane.add_source(SOURCE, speaker.id, "a", "audio", 7, [])
    speaker.connect()
    plane.add_slot(listener.id, SLOT, "3", "audio", OUT, 0, [("opus", OPUS, -1)], [(1, LEVEL_URI)], "me")
    listener.connect()
    plane.set_audience(SOURCE, [listener.id])
    plane.set_slot(listener.id, SLOT, SOURCE, 1)
    speaker.send(Rtp(OPUS, 1, 960, SSRC, b"sound", elements={1: b"\x85", 4: b"a"}))
    assert listener.receive().payload == b"sound"
    speaker.close()
    listener.close()
