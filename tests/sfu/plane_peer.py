"""A remote for the plane's tests: one UDP socket, STUN by hand, SRTP by pylibsrtp (the oracle).

Laws: it blocks at most `PATIENCE` for a datagram; nothing sleeps. "Nothing arrives" is shown by a fence: the plane
handles the datagrams of one socket in order, so what answers a later check came later.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import select
import socket
import struct
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

from pylibsrtp import Policy, Session

from sfu.plane import Event, Plane, Profile

PATIENCE = 30.0
UDP_SEGMENT = 103
MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
EXTENSIONS = [(1, LEVEL_URI), (3, TRANSPORT_URI), (4, MID_URI), (7, RID_URI), (8, REPAIRED_URI)]
OPUS, VP8, RTX = 111, 96, 97
PAYLOADS = [(OPUS, "opus", 48000, -1), (VP8, "VP8", 90000, -1), (RTX, "rtx", 90000, VP8)]
PROFILES: dict[Profile, tuple[int, int]] = {
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 12),
    "AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 14),
}

USERNAME, INTEGRITY, ERROR, UNKNOWN, MAPPED = 0x0006, 0x0008, 0x0009, 0x000A, 0x0020
PRIORITY, USE_CANDIDATE, FINGERPRINT = 0x0024, 0x0025, 0x8028
CONTROLLED, CONTROLLING = 0x8029, 0x802A


def attribute(kind: int, value: bytes) -> bytes:
    """One STUN attribute with its padding."""
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def binding_request(username: str, password: str, attributes: list[bytes], transaction: bytes) -> bytes:
    """A binding request with MESSAGE-INTEGRITY and FINGERPRINT."""
    body = attribute(USERNAME, username.encode()) + attribute(PRIORITY, b"\x6e\0\1\xff") + b"".join(attributes)

    def header(length: int) -> bytes:
        return struct.pack("!HHI", 1, length, 0x2112A442) + transaction

    tag = hmac.new(password.encode(), header(len(body) + 24) + body, hashlib.sha1).digest()
    body += attribute(INTEGRITY, tag)
    check = zlib.crc32(header(len(body) + 8) + body) ^ 0x5354554E
    return header(len(body) + 8) + body + attribute(FINGERPRINT, struct.pack("!I", check))


@dataclass(frozen=True)
class Answer:
    """A STUN answer; `parse` has verified its fingerprint and integrity."""

    kind: int
    transaction: bytes
    attributes: dict[int, bytes]

    @classmethod
    def parse(cls, message: bytes, password: str) -> Answer:
        kind, length, cookie = struct.unpack_from("!HHI", message)
        assert cookie == 0x2112A442
        assert length == len(message) - 20
        attributes: dict[int, bytes] = {}
        at = 20
        while at < len(message):
            name, size = struct.unpack_from("!HH", message, at)
            value = message[at + 4 : at + 4 + size]
            if name == INTEGRITY:
                covered = message[:2] + struct.pack("!H", at + 4) + message[4:at]
                assert hmac.new(password.encode(), covered, hashlib.sha1).digest() == value
            if name == FINGERPRINT:
                assert struct.unpack("!I", value)[0] == zlib.crc32(message[:at]) ^ 0x5354554E
            attributes[name] = value
            at += 4 + size + -size % 4
        assert {INTEGRITY, FINGERPRINT} <= attributes.keys()
        return cls(kind, message[8:20], attributes)

    @property
    def mapped(self) -> tuple[str, int]:
        value = self.attributes[MAPPED]
        port = struct.unpack_from("!H", value, 2)[0] ^ 0x2112
        mask = (b"\x21\x12\xa4\x42" + self.transaction)[: len(value) - 4]
        raw = bytes(a ^ b for a, b in zip(value[4:], mask, strict=True))
        return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw), port


@dataclass(frozen=True)
class Rtp:
    """One RTP packet."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    elements: dict[int, bytes] = field(default_factory=dict)

    def build(self) -> bytes:
        extension = b"".join(bytes([number << 4 | len(value) - 1]) + value for number, value in self.elements.items())
        extension += bytes(-len(extension) % 4)
        first = 0x80 | (0x10 if extension else 0) | len(self.csrcs)
        head = struct.pack(
            "!BBHII",
            first,
            (0x80 if self.marker else 0) | self.payload_type,
            self.sequence & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
        )
        head += b"".join(struct.pack("!I", csrc) for csrc in self.csrcs)
        if extension:
            head += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
        return head + self.payload

    @classmethod
    def parse(cls, packet: bytes) -> Rtp:
        first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
        at = 12 + 4 * (first & 15)
        csrcs = struct.unpack_from(f"!{first & 15}I", packet, 12)
        elements: dict[int, bytes] = {}
        if first & 0x10:
            profile, words = struct.unpack_from("!HH", packet, at)
            assert profile == 0xBEDE
            end, at = at + 4 + 4 * words, at + 4
            while at < end:
                if packet[at] == 0:
                    at += 1
                    continue
                size = (packet[at] & 15) + 1
                elements[packet[at] >> 4] = packet[at + 1 : at + 1 + size]
                at += 1 + size
        body = packet[at:]
        if first & 0x20:
            body = body[: -body[-1]]
        return cls(second & 0x7F, sequence, timestamp, ssrc, body, bool(second & 0x80), csrcs, elements)


def compound(packet: bytes) -> list[tuple[int, int, bytes]]:
    """The packets of an RTCP compound as (type, count or format, body)."""
    found = []
    while packet:
        first, kind, words = struct.unpack_from("!BBH", packet)
        found.append((kind, first & 31, packet[4 : 4 + 4 * words]))
        packet = packet[4 + 4 * words :]
    return found


def rtcp(kind: int, count_or_format: int, body: bytes) -> bytes:
    """One RTCP packet."""
    return struct.pack("!BBH", 0x80 | count_or_format, kind, len(body) // 4) + body


def vp8(payload: bytes, *, keyframe: bool, picture: int = 1) -> bytes:
    """The only packet of a VP8 frame, with a PictureID of 15 bits and TL0PICIDX."""
    return bytes([0x90, 0xC0, 0x80 | picture >> 8, picture & 255, 7, 0 if keyframe else 1]) + payload


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for the plane's thread without sleeping."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        os.sched_yield()


_WAITING: dict[int, tuple[Plane, deque[Event]]] = {}
"""Events that were drained together with one that was waited for."""


def wait_event(plane: Plane, name: str) -> Event:
    """The next event of this name; others before it are dropped, and none behind it."""
    deadline = time.monotonic() + PATIENCE
    _, waiting = _WAITING.setdefault(id(plane), (plane, deque()))
    while True:
        while waiting:
            event = waiting.popleft()
            if event[0] == name:
                return event
        assert time.monotonic() < deadline, f"no event {name}"
        select.select([plane.fileno()], [], [], PATIENCE)
        waiting.extend(plane.drain())


def is_rtcp(datagram: bytes) -> bool:
    return datagram[0] >> 6 == 2 and 192 <= datagram[1] <= 223


class Peer:
    """One remote with a session on the plane."""

    _numbers = count(1)

    def __init__(self, plane: Plane, profile: Profile = "AEAD_AES_128_GCM", host: str = "127.0.0.1") -> None:
        self.plane = plane
        self.id = next(self._numbers)
        self.ufrag, self.password = f"peer{self.id}", f"password-of-peer-{self.id:08}"
        self._profile = profile
        self._host = host
        self.socket = self.new_socket()
        plane.open_session(self.id, self.ufrag, self.password)
        plane.set_receive(self.id, PAYLOADS, EXTENSIONS)

    def new_socket(self) -> socket.socket:
        """Another socket to the plane, not yet known to it."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.connect((self._host, self.plane.port))
        return sock

    def close(self) -> None:
        self.socket.close()

    def request(self, *attributes: bytes, ufrag: str | None = None, password: str | None = None) -> bytes:
        """A check of this peer; returns its transaction id."""
        transaction = os.urandom(12)
        username = f"{self.ufrag if ufrag is None else ufrag}:them"
        role = () if any(item[:2] == b"\x80\x29" for item in attributes) else (attribute(CONTROLLING, bytes(8)),)
        self.socket.send(
            binding_request(username, password or self.password, [*attributes, *role], transaction),
        )
        return transaction

    def check(self, *, nominate: bool = True) -> Answer:
        """A right check; asserts that the next datagram is its answer, but for reports, which come when it is time."""
        transaction = self.request(*([attribute(USE_CANDIDATE, b"")] if nominate else []))
        while is_rtcp(datagram := self.socket.recv(4096)):
            pass
        answer = Answer.parse(datagram, self.password)
        assert answer.transaction == transaction
        return answer

    def connect(self) -> None:
        """Nominate, and put the keys in place on both sides."""
        self.check()
        number, salt_length = PROFILES[self._profile]
        mine, theirs = os.urandom(16 + salt_length), os.urandom(16 + salt_length)
        self._out = Session(Policy(key=mine, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=number))
        self._in = Session(Policy(key=theirs, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=number))
        self.plane.set_srtp(self.id, self._profile, mine[:16], mine[16:], theirs[:16], theirs[16:])

    def seal(self, packet: Rtp) -> bytes:
        sealed: bytes = self._out.protect(packet.build())
        return sealed

    def send(self, packet: Rtp) -> None:
        self.socket.send(self.seal(packet))

    def send_burst(self, packets: Iterable[Rtp]) -> None:
        """Send packets of one length so that they arrive at the same moment."""
        sealed = [self.seal(packet) for packet in packets]
        segment = struct.pack("=H", len(sealed[0]))
        self.socket.sendmsg([b"".join(sealed)], [(socket.SOL_UDP, UDP_SEGMENT, segment)])

    def send_rtcp(self, packet: bytes) -> None:
        self.socket.send(self._out.protect_rtcp(packet))

    def receive(self) -> Rtp:
        """The next packet of media, decrypted by the oracle; RTCP before it is dropped."""
        while True:
            datagram = self.socket.recv(4096)
            assert datagram[0] >> 6 == 2, "expected media"
            if not is_rtcp(datagram):
                return Rtp.parse(self._in.unprotect(datagram))
            self._in.unprotect_rtcp(datagram)

    def receive_rtcp(self, kind: int, count_or_format: int | None = None) -> bytes:
        """The body of the next RTCP packet of this type (and format); whatever comes before it is dropped."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            datagram = self.socket.recv(4096)
            if not is_rtcp(datagram):
                continue
            for found, number, body in compound(self._in.unprotect_rtcp(datagram)):
                if found == kind and count_or_format in (None, number):
                    return body
        raise AssertionError(f"no RTCP of type {kind}")
