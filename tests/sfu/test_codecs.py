"""Codecs: which are taken of an offer, in what order, and how an answer names them."""

from __future__ import annotations

from sfu.answer import carried
from sfu.codecs import DESCRIPTOR, VIDEO, codec_lines, pictures, preference, sounds
from sfu.sdp import Section, parse_offer
from tests.sfu.offers import recorded

HEAD = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
m={kind} 9 UDP/TLS/RTP/SAVPF {numbers}
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdef012345
a=fingerprint:sha-256 {digest}
a=setup:actpass
a=mid:a
a=sendonly
a=rtcp-mux
"""


def _section(kind: str, *maps: str, described: bool = True) -> Section:
    numbers = " ".join(text.split(" ")[0] for text in maps)
    lines = [HEAD.format(kind=kind, numbers=numbers, digest=":".join(["AB"] * 32)).rstrip()]
    for text in maps:
        number, name, *parameters = text.split(" ")
        lines.append(f"a=rtpmap:{number} {name}")
        lines += [f"a=fmtp:{number} {item}" for item in parameters]
    if described:
        lines.append(f"a=extmap:9 {DESCRIPTOR}")
    return parse_offer("\n".join([*lines, ""])).sections[0]


def _names(section: Section) -> list[tuple[str, int]]:
    return [(payload.codec.name, payload.codec.payload_type) for payload in pictures(section, VIDEO)]


ALL = _section(
    "video",
    "96 VP8/90000",
    "97 rtx/90000 apt=96",
    "102 H264/90000 packetization-mode=1;profile-level-id=42001f",
    "104 H264/90000 packetization-mode=0;profile-level-id=42e01f",
    "108 H264/90000 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42E01F",
    "109 rtx/90000 apt=108",
    "116 H264/90000 packetization-mode=1;profile-level-id=640c1f",
    "100 VP9/90000 profile-id=2",
    "98 VP9/90000 profile-id=0",
    "45 AV1/90000 level-idx=5;profile=0;tier=0",
)


def test_of_each_codec_the_profile_is_taken_that_everybody_decodes() -> None:
    assert _names(ALL) == [("vp8", 96), ("h264", 108), ("vp9", 98), ("av1", 45)]
    constrained = pictures(ALL, ["h264"])[0]
    assert constrained.rtx is not None and constrained.rtx.payload_type == 109
    lines = codec_lines(constrained, music=False)
    assert "a=rtpmap:108 H264/90000" in lines and "a=fmtp:109 apt=108" in lines
    assert "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42E01F" in lines
    assert _names(_section("video", "116 H264/90000 packetization-mode=1;profile-level-id=640c1f")) == []
    assert _names(_section("video", "104 H264/90000 profile-level-id=42e01f")) == []


def test_vp9_and_av1_are_taken_with_the_dependency_descriptor_only() -> None:
    maps = ("98 VP9/90000 profile-id=0", "45 AV1/90000")
    assert _names(_section("video", *maps)) == [("vp9", 98), ("av1", 45)]
    assert _names(_section("video", *maps, described=False)) == []
    assert _names(_section("video", "46 AV1/90000 profile=1")) == []


def test_a_publisher_sends_what_the_school_wants_if_it_can_and_a_viewer_gets_all_it_knows() -> None:
    assert preference("av1") == ("av1", "vp8", "h264", "vp9")
    assert preference("vp8") == VIDEO
    for wanted, expected in (("vp8", "vp8"), ("av1", "av1"), ("h264", "h264")):
        choice = carried(ALL, sending=False, wanted=preference(wanted))  # type: ignore[arg-type]
        assert choice is not None and [payload.codec.name for payload in choice.payloads] == [expected]
    only_vp8 = _section("video", "96 VP8/90000")
    choice = carried(only_vp8, sending=False, wanted=preference("av1"))
    assert choice is not None and choice.payloads[0].codec.name == "vp8"
    described = carried(ALL, sending=False, wanted=preference("vp9"))
    assert described is not None and DESCRIPTOR in {extension.uri for extension in described.extensions}
    plain = carried(ALL, sending=False)
    assert plain is not None and DESCRIPTOR not in {extension.uri for extension in plain.extensions}


def test_red_stands_in_front_of_opus_but_for_music() -> None:
    section = _section("audio", "111 opus/48000/2 useinbandfec=1", "63 red/48000/2 111/111")
    assert [payload.codec.name for payload in sounds(section, music=False)] == ["red", "opus"]
    assert [payload.codec.name for payload in sounds(section, music=True)] == ["opus", "red"]
    assert "a=fmtp:63 111/111" in codec_lines(sounds(section, music=False)[0], music=False)
    foreign = _section("audio", "111 opus/48000/2", "63 red/48000/2 9/9")
    assert [payload.codec.name for payload in sounds(foreign, music=False)] == ["opus"]
    assert sounds(_section("audio", "63 red/48000/2 111/111"), music=False) == ()


def test_who_says_that_it_sends_stereo_is_asked_for_music() -> None:
    offer = parse_offer(recorded("obs-style-whip"))
    choice = carried(offer.sections[0], sending=False)
    assert choice is not None and choice.music
    lines = codec_lines(choice.payloads[0], music=True)
    assert any("stereo=1" in line and "usedtx" not in line for line in lines)
    voice = carried(parse_offer(recorded("chromium-whip")).sections[0], sending=False)
    assert voice is not None and not voice.music


def test_h264_alone_is_enough() -> None:
    offer = parse_offer(recorded("obs-style-whip"))
    choice = carried(offer.sections[1], sending=False)
    assert choice is not None and choice.payloads[0].codec.name == "h264"
