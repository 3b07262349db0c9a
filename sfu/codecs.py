"""Which codecs we carry, and in what order they are agreed on. Pure.

Laws:
- Sound is Opus; RED (RFC 2198) stands in front of it where the offer knows both, but behind it for music, whose bitrate
  it would double. Without Opus there is no sound.
- A picture that we receive has one codec: the school's, if the offer knows it, else the first of `VIDEO` that it knows.
  A viewer is sent whatever it knows of them, so an answer to a viewer names them all.
- H.264 is constrained baseline or baseline in packetization mode 1. VP9 and AV1 (profile 0) are taken only with the
  dependency descriptor: their layers cannot be told apart without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

import msgspec

from sfu.sdp import Codec, Section

DESCRIPTOR: Final = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

VideoCodec = Literal["vp8", "h264", "vp9", "av1"]
VIDEO: Final[tuple[VideoCodec, ...]] = get_args(VideoCodec)
DESCRIBED: Final[frozenset[str]] = frozenset({"vp9", "av1"})

_NAMES: Final = {
    "opus": "opus/48000/2",
    "red": "red/48000/2",
    "vp8": "VP8/90000",
    "h264": "H264/90000",
    "vp9": "VP9/90000",
    "av1": "AV1/90000",
}
_PICTURE_FEEDBACK: Final = ("nack", "nack pli", "ccm fir", "transport-cc")
_VOICE: Final = "useinbandfec=1;usedtx=1"
_MUSIC: Final = "useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000"
_BASELINE: Final = ("42e0", "4200")
START_KBIT: Final = 700
"""What Chromium may send as soon as it is connected. Left to itself it begins at 300 and finds out more by two bursts;
when those fail, as on a busy machine, it creeps, and begins its largest layer only at 580: after 6 to 21 s."""


class Payload(msgspec.Struct, frozen=True):
    """A codec under the offer's payload type, and the payload type of its retransmissions."""

    codec: Codec
    rtx: Codec | None


def preference(first: VideoCodec) -> tuple[VideoCodec, ...]:
    """The order in which codecs of pictures are asked for, if the school wants this one."""
    return (first, *(codec for codec in VIDEO if codec != first))


def sounds(section: Section, *, music: bool) -> tuple[Payload, ...]:
    """What we take of an audio m-line, the codec to be used first."""
    opus = next((codec for codec in section.codecs if _is(codec, "opus", 48000, 2)), None)
    if opus is None:
        return ()
    blocks = f"{opus.payload_type}/{opus.payload_type}"
    red = (codec for codec in section.codecs if _is(codec, "red", 48000, 2) and codec.parameters.startswith(blocks))
    found = [Payload(opus, None), *(Payload(codec, None) for codec in list(red)[:1])]
    return tuple(found if music else reversed(found))


def pictures(section: Section, wanted: Iterable[VideoCodec]) -> tuple[Payload, ...]:
    """What the m-line offers of the codecs wanted, in their order; of each kind one payload type."""
    described = any(extension.uri == DESCRIPTOR for extension in section.extensions)
    found = []
    for name in wanted:
        if name in DESCRIBED and not described:
            continue
        fitting = [codec for codec in section.codecs if _is(codec, name, 90000, 1) and _profile(codec) is not None]
        if fitting:
            codec = min(fitting, key=lambda codec: _profile(codec) or 0)
            found.append(Payload(codec, _repair(section, codec)))
    return tuple(found)


def plays_music(codec: Codec) -> bool:
    """Whether a sender says that it will send stereo (RFC 7587 section 6.1)."""
    return codec.name == "opus" and "sprop-stereo=1" in _fields(codec)


def codec_lines(payload: Payload, *, music: bool, received: bool = False) -> list[str]:
    """How an answer names a codec and its retransmissions; `received`: we ask for it, and say how fast to begin."""
    codec, number = payload.codec, payload.codec.payload_type
    lines = [f"a=rtpmap:{number} {_NAMES[codec.name]}"]
    known = ("transport-cc",) if codec.name in ("opus", "red") else _PICTURE_FEEDBACK
    lines += [f"a=rtcp-fb:{number} {item}" for item in known if item in codec.feedback]
    parameters = (_MUSIC if music else _VOICE) if codec.name == "opus" else codec.parameters
    if received and codec.name in VIDEO:
        parameters = ";".join(filter(None, (parameters, f"x-google-start-bitrate={START_KBIT}")))
    if parameters:
        lines.append(f"a=fmtp:{number} {parameters}")
    if payload.rtx is not None:
        lines += [f"a=rtpmap:{payload.rtx.payload_type} rtx/90000", f"a=fmtp:{payload.rtx.payload_type} apt={number}"]
    return lines


def _is(codec: Codec, name: str, clock_rate: int, channels: int) -> bool:
    return (codec.name, codec.clock_rate, codec.channels) == (name, clock_rate, channels)


def _fields(codec: Codec) -> set[str]:
    return {field.strip().lower() for field in codec.parameters.split(";")}


def _profile(codec: Codec) -> int | None:
    """How well the profile fits, 0 best; None if it is not one that we carry."""
    fields = dict(field.partition("=")[::2] for field in _fields(codec))
    match codec.name:
        case "h264":
            level = fields.get("profile-level-id", "42e01f")[:4]
            fits = fields.get("packetization-mode", "0") == "1" and level in _BASELINE
            return _BASELINE.index(level) if fits else None
        case "vp9":
            return 0 if fields.get("profile-id", "0") == "0" else None
        case "av1":
            return 0 if fields.get("profile", "0") == "0" else None
        case _:
            return 0


def _repair(section: Section, codec: Codec) -> Codec | None:
    return next((other for other in section.codecs if other.name == "rtx" and other.apt == codec.payload_type), None)
