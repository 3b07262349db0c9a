"""How a file describes a track: by its codec, and by what the first keyframe says of itself. Pure.

Laws:
- What comes here was sent by a browser, or by whoever says to be one: whatever it holds, the answer is a description
  that fits its room, or None, which leaves the track out. Nothing is raised.
- A size that cannot be read is taken for 640 x 360; decoders go by the picture. Parameters stay in the pictures, too.
- H.264 lies in samples with lengths of four bytes, AV1 in OBUs that say their length (native/src/tap).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

from sfu.recorder_wire import AV1, H264, OPUS, VP8, VP9

ROOM: Final = 256
"""The bytes that describe one track, with what is left of them said to be nothing."""
_SPARE: Final = 64  # of them for what all tracks have, and for that nothing
_OPUS_HEAD: Final = b"OpusHead" + struct.pack("<BBHIHB", 1, 2, 0, 48000, 0, 0)
_USUAL: Final = 640, 360
_IDR, _SEQUENCE, _PICTURE = 5, 7, 8
_SEQUENCE_HEADER: Final = 1
_BASE_PROFILES: Final = (66, 77, 88)


def element(name: int, body: bytes) -> bytes:
    """One element of a file."""
    head = name.to_bytes((name.bit_length() + 7) // 8, "big")
    length = len(body)
    if length < 0x7F:
        return head + bytes([0x80 | length]) + body
    return head + (1 << 56 | length).to_bytes(8, "big") + body


def number(name: int, value: int) -> bytes:
    """An element that holds a number."""
    return element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def describe(codec: int, key: bytes) -> bytes | None:
    """What a file says of a track that begins with this frame."""
    about = _CODECS.get(codec)
    try:
        found = None if about is None else about(key)
    except (ValueError, IndexError):
        return None
    return found if found is not None and len(found) <= ROOM - _SPARE else None


class _Bits:
    """Reads a header bit by bit; ValueError behind its end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("the header ends too early")
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned Exp-Golomb number of up to 32 bits."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("this is no number")
        return (1 << zeros) - 1 + self.take(zeros)


def _opus(_: bytes) -> bytes:
    sound = element(0xB5, struct.pack(">f", 48000.0)) + number(0x9F, 2)
    kind = number(0x83, 2) + element(0x86, b"A_OPUS") + element(0x63A2, _OPUS_HEAD)
    return kind + number(0x56BB, 80_000_000) + element(0xE1, sound)


def _picture(name: bytes, size: tuple[int, int], private: bytes = b"") -> bytes:
    width, height = size if all(size) else _USUAL
    configuration = element(0x63A2, private) if private else b""
    shape = element(0xE0, number(0xB0, width) + number(0xBA, height))
    return number(0x83, 1) + element(0x86, name) + configuration + shape


def _vp8(key: bytes) -> bytes:
    """The size is in a keyframe's head (RFC 6386, section 9.1)."""
    width, height = struct.unpack_from("<HH", key, 6) if len(key) >= 10 else _USUAL
    return _picture(b"V_VP8", (width & 0x3FFF, height & 0x3FFF))


def _h264(key: bytes) -> bytes | None:
    """The parameter sets are among the units of an IDR picture (ISO/IEC 14496-15, section 5.3.3)."""
    units = {unit[0] & 0x1F: unit for unit in _units(key) if unit}
    sequence, picture = units.get(_SEQUENCE, b""), units.get(_PICTURE, b"")
    if len(sequence) < 4 or not picture:
        return None
    head = bytes([1, *sequence[1:4], 0xFF, 0xE1]) + len(sequence).to_bytes(2, "big")
    private = head + sequence + b"\x01" + len(picture).to_bytes(2, "big") + picture
    try:
        size = _h264_size(sequence)
    except ValueError:
        size = _USUAL
    return _picture(b"V_MPEG4/ISO/AVC", size, private)


def _units(sample: bytes) -> Iterator[bytes]:
    at = 0
    while at + 4 <= len(sample):
        length = int.from_bytes(sample[at : at + 4], "big")
        yield sample[at + 4 : at + 4 + length]
        at += 4 + length


def _h264_size(sequence: bytes) -> tuple[int, int]:
    """Width and height by a sequence parameter set (ITU-T H.264, section 7.3.2.1.1)."""
    bits = _Bits(sequence[1:].replace(b"\0\0\3", b"\0\0"))
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    if profile not in _BASE_PROFILES and (bits.golomb() != 1 or bits.golomb() or bits.golomb() or bits.take(2)):
        raise ValueError("neither 4:2:0 with 8 bits, nor without scaling")
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        raise ValueError("an order that calls do not have")
    bits.golomb()
    bits.take(1)
    across, down, frames = bits.golomb() + 1, bits.golomb() + 1, bits.take(1)
    bits.take(1 if frames else 2)
    left, right, top, bottom = [bits.golomb() for _ in range(4)] if bits.take(1) else [0] * 4
    lines = 2 - frames
    width, height = 16 * across - 2 * (left + right), lines * (16 * down - 2 * (top + bottom))
    return _sane(width, height)


def _vp9(key: bytes) -> bytes:
    """The size is in the head of the last frame of a superframe (VP9 bitstream specification, section 7.2)."""
    size = _USUAL
    for frame in _vp9_frames(key):
        size = _vp9_size(_Bits(frame[:32])) or size
    return _picture(b"V_VP9", size)


def _vp9_frames(picture: bytes) -> Iterator[bytes]:
    marker = picture[-1]
    count, width = (marker & 7) + 1, (marker >> 3 & 3) + 1
    index = 2 + count * width
    if marker & 0xE0 != 0xC0 or len(picture) < index or picture[-index] != marker:
        yield picture
        return
    at = 0
    for place in range(count):
        begin = len(picture) - index + 1 + place * width
        length = int.from_bytes(picture[begin : begin + width], "little")
        yield picture[at : at + length]
        at += length


def _vp9_size(bits: _Bits) -> tuple[int, int] | None:
    """The size that a frame of profile 0 says; None if it has the one of another frame."""
    if bits.take(5) != 0b10000:  # marker, profile 0, no frame that is only shown again
        return None
    inter, shown, resilient = bits.take(1), bits.take(1), bits.take(1)
    if not inter:
        bits.take(24)
        if bits.take(3) != 7:
            bits.take(1)
    elif shown or not bits.take(1):
        bits.take(0 if resilient else 2)
        bits.take(8 + 3 * 4)
        if any(bits.take(1) for _ in range(3)):
            return None
    else:
        return None
    width, height = bits.take(16) + 1, bits.take(16) + 1
    return _sane(width, height)


def _av1(key: bytes) -> bytes | None:
    """The sequence header is among the OBUs (AV1 in ISOBMFF and in Matroska: the record `av1C`)."""
    header = next(_sequence_headers(key), None)
    if header is None:
        return None
    bits = _Bits(header[2:])
    profile = bits.take(3)
    if bits.take(2):  # a still picture
        return None
    level, tier, size = _av1_points(bits)
    deep, grey, sampling = _av1_colours(bits, profile)
    second = profile << 5 | level
    third = tier << 7 | deep << 6 | grey << 4 | sampling << 2
    return _picture(b"V_AV1", size, bytes([0x81, second, third, 0]) + header)


def _sequence_headers(unit: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(unit):
        head = unit[at]
        begin = at + (2 if head & 4 else 1)
        length, end = 0, begin
        for place in range(5):
            length |= (unit[end] & 0x7F) << 7 * place
            end += 1
            if unit[end - 1] < 0x80:
                break
        body = unit[end : end + length]
        if head >> 3 & 15 == _SEQUENCE_HEADER and length < 0x7F:
            yield bytes([head & ~4, length]) + body
        at = end + length


def _av1_points(bits: _Bits) -> tuple[int, int, tuple[int, int]]:
    """Level and tier of the first operating point, and the size (AV1 specification, section 5.5.1)."""
    if bits.take(1):
        raise ValueError("a time model, which calls do not have")
    delays, count = bits.take(1), bits.take(5) + 1
    found: list[tuple[int, int]] = []
    for _ in range(count):
        bits.take(12)
        level = bits.take(5)
        found.append((level, bits.take(1) if level > 7 else 0))
        if delays and bits.take(1):
            bits.take(4)
    width, height = bits.take(4) + 1, bits.take(4) + 1
    return *found[0], _sane(bits.take(width) + 1, bits.take(height) + 1)


def _av1_colours(bits: _Bits, profile: int) -> tuple[int, int, int]:
    """Whether there are ten bits, whether it is grey, and how the colours are sampled."""
    if bits.take(1):
        bits.take(7)  # numbers of frames
    bits.take(3 + 4)
    ordered = bits.take(1)
    bits.take(2 if ordered else 0)
    forced = 2 if bits.take(1) else bits.take(1)
    if forced and not bits.take(1):
        bits.take(1)
    bits.take(3 if ordered else 0)
    bits.take(3)
    deep = bits.take(1)
    if profile == 2 and deep:
        raise ValueError("twelve bits, which calls do not have")
    grey = 0 if profile == 1 else bits.take(1)
    return deep, grey, (3, 0, 2)[min(profile, 2)]


def _sane(width: int, height: int) -> tuple[int, int]:
    """A size that a picture can have."""
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise ValueError("no picture is so large")
    return width, height


_CODECS: Final[dict[int, Callable[[bytes], bytes | None]]] = {
    OPUS: _opus,
    VP8: _vp8,
    H264: _h264,
    VP9: _vp9,
    AV1: _av1,
}
