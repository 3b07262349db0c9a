"""Recorded VP8 in three layers, and who sends it again: frames at their times, keyframes when they are asked for.

Laws: a recording is made once by libvpx, in the sizes and rates of our client's camera, and kept beside the peers; each
layer has a keyframe each two seconds at the same places, so that a request for one is met by jumping to the next place.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import msgspec
from pylibsrtp import Error, Session

from benchmarks.media_leg import Leg
from benchmarks.peers.install import bench_home

RATE, SECONDS, GROUP = 15, 10, 30
LAYERS = {"q": (160, 90, 50_000), "h": (320, 180, 120_000), "f": (640, 360, 300_000)}
MOST = 1_150
CLOCK = 90_000
_SAMPLE = bytes(range(256))

Recording = dict[str, list[bytes]]
"""Frames by layer."""


def recordings(number: int) -> list[Recording]:
    """Return that many, recorded now where they are not there yet."""
    return [_recording(bench_home() / f"replay-{seed}.msgpack", seed) for seed in range(number)]


def _recording(path: Path, seed: int) -> Recording:
    if not path.is_file():
        made = {name: list(_encode(width, height, rate, seed)) for name, (width, height, rate) in LAYERS.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.msgpack.encode(made))
    return msgspec.msgpack.decode(path.read_bytes(), type=Recording)


def _encode(width: int, height: int, rate: int, seed: int) -> Iterator[bytes]:
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.bit_rate, encoder.time_base, encoder.gop_size = rate, Fraction(1, RATE), GROUP
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "auto-alt-ref": "0",
        "keyint_min": str(GROUP),
    }
    for number in range(RATE * SECONDS):
        frame = av.VideoFrame(width, height, "yuv420p")
        frame.pts = number
        for plane, step in zip(frame.planes, (3, 1, 2), strict=True):
            plane.update(_picture(plane.line_size, plane.height, number * step + 40 * seed))
        yield from (bytes(packet) for packet in encoder.encode(frame))
    yield from (bytes(packet) for packet in encoder.encode(None))


def _picture(width: int, height: int, shift: int) -> bytes:
    """Slanted waves that wander."""
    wave = _SAMPLE + _SAMPLE[::-1]
    long = wave * (width // len(wave) + 2)
    return b"".join(long[(row + shift * 2) % 512 :][:width] for row in range(height))


@dataclass
class Track:
    """One layer on its way over one connection."""

    frames: Sequence[bytes]
    ssrc: int
    payload_type: int
    elements: Mapping[int, bytes]
    sequence: int = 1
    picture: int = 0

    def packets(self, at: int, timestamp: int) -> Iterator[bytes]:
        """The frame at this place, as RTP."""
        frame = self.frames[at]
        parts = [frame[start : start + MOST] for start in range(0, len(frame), MOST)]
        for number, part in enumerate(parts):
            marker = 0x80 if number + 1 == len(parts) else 0
            head = struct.pack("!BBHII", 0x90, marker | self.payload_type, self.sequence & 0xFFFF, timestamp, self.ssrc)
            descriptor = struct.pack(
                "!BBHBB", 0x80 if number else 0x90, 0xE0, 0x8000 | self.picture & 0x7FFF, self.picture & 255, 0
            )
            self.sequence += 1
            yield head + _extension(self.elements) + descriptor + part
        self.picture += 1


def _extension(elements: Mapping[int, bytes]) -> bytes:
    """RFC 8285, one-byte form."""
    body = b"".join(bytes([number << 4 | len(value) - 1]) + value for number, value in elements.items())
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", 0xBEDE, len(body) // 4) + body


@dataclass
class Replay:
    """Sends the tracks of one recording over one connection."""

    leg: Leg
    tracks: list[Track]
    offset: int
    asked: int = 0
    lost: int = 0
    _at: int = 0
    _jump: bool = False
    _sent: int = 0
    _seal: Session = field(init=False)
    _open: Session = field(init=False)

    def __post_init__(self) -> None:
        self._at = self.offset * GROUP
        self._seal, self._open = self.leg.outward(), self.leg.inward()
        self.leg.on_media = self.hear

    def send(self, now: float) -> None:
        """Send the next frame of each layer; a keyframe, where one is wanted."""
        frames = len(self.tracks[0].frames)
        if self._jump:
            self._jump, self._at = False, -(-self._at // GROUP) * GROUP
        for track in self.tracks:
            for packet in track.packets(self._at % frames, int(now * CLOCK) & 0xFFFFFFFF):
                self.leg.send(self._seal.protect(packet))
        self._at += 1
        if self._sent % RATE == 0:
            for track in self.tracks:
                self.leg.send(self._seal.protect_rtcp(_report(track, now)))
        self._sent += 1

    def hear(self, datagram: bytes) -> None:
        """PLI and FIR (RFC 4585, RFC 5104); losses are counted, nothing is sent again."""
        if not 192 <= datagram[1] <= 223:
            return
        try:
            compound = self._open.unprotect_rtcp(datagram)
        except Error:
            return
        while len(compound) >= 4:
            kind, form, length = compound[1], compound[0] & 31, 4 + 4 * int.from_bytes(compound[2:4])
            if kind == 206 and form in (1, 4) and self._is_mine(compound[:length]):
                self._jump = True
                self.asked += 1
            self.lost += kind == 205 and form == 1
            compound = compound[length:]

    def _is_mine(self, message: bytes) -> bool:
        """A PLI names its stream in the header, a FIR in its entry."""
        named = message[8:12] if message[0] & 31 == 1 else message[12:16]
        return int.from_bytes(named) in {track.ssrc for track in self.tracks}


def _report(track: Track, now: float) -> bytes:
    """A sender report: without one nobody knows when a picture was taken."""
    seconds = int(now)
    ntp = (seconds + 2_208_988_800, int((now - seconds) * (1 << 32)))
    return struct.pack(
        "!BBHIIIIII",
        0x80,
        200,
        6,
        track.ssrc,
        *ntp,
        int(now * CLOCK) & 0xFFFFFFFF,
        track.sequence,
        track.sequence * 500,
    )
