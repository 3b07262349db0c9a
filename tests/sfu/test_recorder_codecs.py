"""What a file says of a track, by keyframes of encoders that are not ours and by bytes that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.recorder_codecs import ROOM, describe, element, number
from sfu.recorder_wire import AV1, H264, OPUS, VP8, VP9
from tests.sfu.test_recorder_webm import pictures

KEYS = {codec: pictures(1, codec=codec)[0][1] for codec in (VP8, VP9, H264, AV1)}
SIZE = element(0xE0, number(0xB0, 320) + number(0xBA, 180))


@pytest.mark.parametrize("codec", KEYS)
def test_a_keyframe_tells_its_size(codec: int) -> None:
    about = describe(codec, KEYS[codec])
    assert about is not None and about.endswith(SIZE)


def test_parameters_of_h264_and_av1_are_said_beforehand() -> None:
    about = describe(H264, KEYS[H264])
    assert about is not None and b"V_MPEG4/ISO/AVC" in about and b"\x01\x42" in about
    assert describe(H264, b"\0\0\0\2\x65\x88") is None, "an IDR slice alone is no beginning"
    about = describe(AV1, KEYS[AV1])
    assert about is not None and b"V_AV1" in about and b"\x81" in about
    assert describe(AV1, b"\x32\x01\0") is None, "a frame without its sequence header"


def test_the_last_layer_of_a_superframe_tells_the_size() -> None:
    def layer(inter: bool, width: int, height: int) -> bytes:
        dimensions = (width - 1) << 16 | (height - 1)
        # marker and profile, shown again, inter, shown, resilient; then what stands before the size
        bits = f"10000{int(inter)}11" + ("0" * 20 + "000" if inter else f"{0x498342:024b}" + "0010")
        bits += f"{dimensions:032b}"
        return int(bits.ljust(200, "0"), 2).to_bytes(25, "big")

    small, large = layer(False, 160, 90), layer(True, 320, 180)
    index = bytes([0b1100_0001, len(small), len(large), 0b1100_0001])
    about = describe(VP9, small + large + index)
    assert about is not None and about.endswith(SIZE)


def test_a_size_that_is_not_said_is_the_usual_one() -> None:
    usual = element(0xE0, number(0xB0, 640) + number(0xBA, 360))
    for codec in (VP8, VP9):
        about = describe(codec, b"\0")
        assert about is not None and about.endswith(usual)
    assert describe(99, b"") is None


@given(st.sampled_from([OPUS, VP8, VP9, H264, AV1]), st.binary(max_size=200), st.integers(0, 300), st.integers(0, 40))
def test_whatever_was_sent_the_description_fits_its_room(codec: int, noise: bytes, cut: int, at: int) -> None:
    key = KEYS.get(codec, b"")
    for bent in (noise, key[:cut] + noise, key[:at] + noise[:2] + key[at + 2 :], key[:at] + noise + key[at:]):
        about = describe(codec, bent)
        assert about is None or len(about) <= ROOM - 64
