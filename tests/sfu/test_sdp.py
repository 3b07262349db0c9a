"""Reading offers: what real clients send is understood, everything else is refused with a code."""

from __future__ import annotations

import pytest

from sfu.errors import ProtocolError
from sfu.sdp import Extension, parse_offer
from sfu.sdp_lines import MAX_BYTES
from tests.sfu.offers import NAMES, recorded

FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)
SMALL = "\n".join(
    [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789abcdef012345",
        f"a=fingerprint:{FINGERPRINT}",
        "a=setup:actpass",
        "a=mid:a",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=rtcp-fb:* transport-cc",
        "",
    ]
)


def _code(text: str) -> str:
    with pytest.raises(ProtocolError) as caught:
        parse_offer(text)
    assert caught.value.text
    return caught.value.code


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_offer_is_understood(name: str) -> None:
    text = recorded(name)
    offer = parse_offer(text)
    assert len(offer.sections) == text.count("\nm=")
    assert len(offer.ufrag) >= 4 and len(offer.password) >= 22
    assert all(item.algorithm.startswith("sha-") for item in offer.fingerprints)
    assert parse_offer(text.replace("\r\n", "\n")) == offer


def test_our_own_clients_offer_in_detail() -> None:
    offer = parse_offer(recorded("chromium-room"))
    assert [section.kind for section in offer.sections[:4]] == ["audio", "video", "video", "audio"]
    assert [section.direction for section in offer.sections] == ["sendonly"] * 4 + ["recvonly"] * 14
    camera = offer.sections[1]
    assert [(codec.name, codec.payload_type, codec.apt) for codec in camera.codecs] == [
        ("vp8", 96, None),
        ("rtx", 97, 96),
    ]
    assert camera.codecs[0].feedback >= {"nack", "nack pli", "ccm fir", "transport-cc"}
    assert Extension(4, "urn:ietf:params:rtp-hdrext:sdes:mid") in camera.extensions
    assert len(camera.ssrcs) == 2
    assert offer.extmap_allow_mixed
    assert offer.section("1") is camera
    assert offer.section("99") is None


def test_a_data_channel_is_not_carriable_and_bundle_only_is() -> None:
    offer = parse_offer(recorded("firefox-style-whip"))
    assert [section.carriable for section in offer.sections] == [True, True, False]
    assert Extension(2, "urn:ietf:params:rtp-hdrext:csrc-audio-level") in offer.sections[0].extensions


def test_session_level_values_hold_for_every_line() -> None:
    offer = parse_offer(recorded("obs-style-whip"))
    assert offer.ufrag == "x9Zd"
    text = SMALL.replace("s=-", "s=-\na=recvonly")
    assert parse_offer(text).sections[0].direction == "recvonly"
    assert parse_offer(SMALL).sections[0].direction == "sendrecv"


def test_feedback_for_all_payloads_and_unknown_static_payloads() -> None:
    offer = parse_offer(SMALL.replace("SAVPF 111", "SAVPF 111 0"))
    (codec,) = offer.sections[0].codecs
    assert codec.feedback == {"transport-cc"}


def test_without_bundle_only_the_first_line_is_carried() -> None:
    second = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtcp-mux\na=mid:b\na=rtpmap:96 VP8/90000\n"
    offer = parse_offer(SMALL + second)
    assert [section.carriable for section in offer.sections] == [True, False]
    grouped = SMALL.replace("s=-", "s=-\na=group:LS a b\na=group:BUNDLE a b")
    assert [section.carriable for section in parse_offer(grouped + second).sections] == [True, True]


@pytest.mark.parametrize("old_port", ["m=audio 0 ", "m=audio 0/2 "])
def test_a_line_that_is_switched_off_is_not_carried(old_port: str) -> None:
    assert _code(SMALL.replace("m=audio 9 ", old_port)) == "sdp_no_media"
    assert parse_offer(SMALL.replace("m=audio 9 ", old_port) + "a=bundle-only\n").sections[0].carriable


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("v=0\n", "", "sdp_syntax"),
        ("s=-", "s", "sdp_syntax"),
        ("s=-", "nonsense", "sdp_syntax"),
        ("s=-", "s=\x00", "sdp_syntax"),
        ("s=-", "s=" + "x" * 3000, "sdp_syntax"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=audio 9", "sdp_syntax"),
        ("m=audio 9", "m=au\u00e4dio 9", "sdp_syntax"),
        ("m=audio 9", "m=audio 99999", "sdp_syntax"),
        ("m=audio 9", "m=audio x", "sdp_syntax"),
        ("UDP/TLS/RTP/SAVPF", "UDP;TLS", "sdp_syntax"),
        ("SAVPF 111", "SAVPF " + " ".join(str(n) for n in range(129)), "sdp_syntax"),
        ("SAVPF 111", "SAVPF 128", "sdp_syntax"),
        ("opus/48000/2", "opus/4_8", "sdp_syntax"),
        ("opus/48000/2", "opus", "sdp_syntax"),
        ("opus/48000/2", "opus/\u0664\u0668", "sdp_syntax"),
        ("a=mid:a", "a=mid:a b", "sdp_mid"),
        ("a=rtcp-mux", "a=x", "sdp_no_media"),
        ("RTP/SAVPF", "RTP/AVP", "sdp_no_media"),
        ("m=audio", "m=application", "sdp_no_media"),
        ("a=setup:actpass", "a=setup:passive", "sdp_setup"),
        ("a=setup:actpass", "a=x", "sdp_setup"),
        ("ice-ufrag:abcd", "ice-ufrag:abc", "sdp_ice"),
        ("ice-ufrag:abcd", "x:abcd", "sdp_ice"),
        ("ice-pwd:0123456789abcdef012345", "ice-pwd:short", "sdp_ice"),
        ("ice-pwd:0123456789abcdef012345", "ice-pwd:0123456789 abcdef 012345", "sdp_ice"),
        ("fingerprint:sha-256", "fingerprint:sha-1", "sdp_fingerprint"),
        ("fingerprint:sha-256 AB", "fingerprint:sha-256 A", "sdp_fingerprint"),
        ("fingerprint:sha-256 AB", "fingerprint:sha-256 XY", "sdp_fingerprint"),
        ("a=rtcp-fb:*", "a=ssrc:4294967296 cname:x\na=x", "sdp_syntax"),
        ("a=rtcp-fb:*", "a=extmap:x uri\na=x", "sdp_syntax"),
        ("a=rtcp-fb:*", "a=fmtp:111 apt=900\na=x", "sdp_syntax"),
    ],
)
def test_malformed_offers_are_refused_with_a_code(old: str, new: str, code: str) -> None:
    assert old in SMALL
    assert _code(SMALL.replace(old, new)) == code


def test_equal_mids_are_refused() -> None:
    second = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtcp-mux\na=mid:a\n"
    assert _code(SMALL + second) == "sdp_mid"


def test_everything_is_bounded() -> None:
    assert _code("") == "sdp_syntax"
    assert _code("v=0") == "sdp_no_media"
    assert _code("v=0\n" + "a" * MAX_BYTES) == "too_large"
    assert _code("v=0\n" + "\u20ac" * (MAX_BYTES // 2)) == "too_large"
    assert _code("v=0\n" + "b=\n" * 5000) == "sdp_too_many"
    assert _code(SMALL + "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" * 64) == "sdp_too_many"
    assert _code(SMALL + "a=extmap:1 x\n" * 129) == "sdp_too_many"


def test_extension_ids_out_of_range_are_left_out() -> None:
    text = SMALL + "a=extmap:4096 urn:later\na=extmap:0 urn:none\na=extmap:15/sendonly urn:kept with=parameters\n"
    assert parse_offer(text).sections[0].extensions == (Extension(15, "urn:kept"),)


@pytest.mark.parametrize(
    ("line", "rids"),
    [
        ("send q;h;f", ("q", "h", "f")),
        ("send q,h;~f", ("q", "f")),
        ("recv x send h;q", ("h", "q")),
        ("send q;q", ("q",)),
        ("send q;unknown;bad!", ("q",)),
        ("recv q;h", ()),
        ("send", ()),
        ("", ()),
    ],
)
def test_layers_are_those_declared_and_sent(line: str, rids: tuple[str, ...]) -> None:
    text = recorded("chromium-whip")
    declared = "".join(f"a=rid:{name} send\r\n" for name in ("q", "h", "f", "bad!"))
    text = text.rstrip() + f"\r\n{declared}a=rid:x recv\r\na=simulcast:{line}\r\n"
    assert parse_offer(text).sections[-1].rids == rids
    assert parse_offer(recorded("chromium-whip")).sections[-1].rids == ()
