"""Answers: what is carried, what is rejected, and that aiortc (a stranger) reads them as meant."""

from __future__ import annotations

import pytest
from aiortc import RTCSessionDescription
from aiortc.sdp import SessionDescription

from sfu.answer import MID, REPAIRED_RID, RID, TRANSPORT_CC, Carried, Local, Receiving, Sending, build_answer, carried
from sfu.codecs import START_KBIT
from sfu.ice import candidates, credentials
from sfu.model import PURPOSES
from sfu.sdp import Fingerprint, Offer, parse_offer
from tests.sfu.offers import NAMES, recorded

WAYS = [("192.0.2.1", 40000), ("2001:db8::1", 40000)]
LOCAL = Local(
    session_id=4611686018427387904,
    version=1,
    credentials=credentials(bytes(range(24))),
    fingerprints=(Fingerprint("sha-256", ":".join(["AB"] * 32)),),
    candidates=candidates(WAYS, WAYS),
)


CARRIED = {
    "audio/opus",
    "audio/red",
    "video/VP8",
    "video/H264",
    "video/VP9",
    "video/AV1",
    "video/rtx",
}


def _answer(offer: Offer, only: dict[int, Receiving | Sending] | None = None) -> str:
    """The answer that takes what can be taken, or only these lines."""
    taken: dict[int, Carried] = {}
    roles: dict[int, Receiving | Sending] = {}
    for index, section in enumerate(offer.sections):
        role = only.get(index) if only is not None else None
        if only is None:
            sending = Sending("stage", f"track{index}", "viewer", 1000 + index, 2000 + index)
            role = Receiving() if carried(section, sending=False) else sending
        choice = role and carried(section, sending=isinstance(role, Sending), music=index == 3)
        if role and choice:
            taken[index], roles[index] = choice, role
    return build_answer(offer, LOCAL, taken, roles)


def _sections(answer: str) -> list[str]:
    return answer.split("m=")[1:]


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_reads_the_answer(name: str) -> None:
    offer = parse_offer(recorded(name))
    answer = _answer(offer)
    read = SessionDescription.parse(answer)
    assert [media.kind for media in read.media] == [section.kind for section in offer.sections]
    assert [media.rtp.muxId for media in read.media] == [section.mid for section in offer.sections]
    bundled = next(group for group in read.group if group.semantic == "BUNDLE")
    used = [media for media in read.media if media.port]
    assert bundled.items == [media.rtp.muxId for media in used]
    for media in used:
        assert media.ice is not None and media.ice.iceLite and media.rtcp_mux
        assert media.dtls is not None and media.dtls.role == "server"
        assert media.ice.usernameFragment == LOCAL.credentials.ufrag
        assert {codec.mimeType for codec in media.rtp.codecs} <= CARRIED
    first = used[0]
    offered = [(candidate.protocol, candidate.ip, candidate.tcpType) for candidate in first.ice_candidates]
    by_tcp = [("tcp", "192.0.2.1", "passive"), ("tcp", "2001:db8::1", "passive")]
    assert offered == [("udp", "192.0.2.1", None), ("udp", "2001:db8::1", None), *by_tcp]
    assert first.ice_candidates_complete
    assert RTCSessionDescription(answer, "answer").sdp == answer


def test_our_own_client_gets_every_line_answered() -> None:
    offer = parse_offer(recorded("chromium-room"))
    sections = _sections(_answer(offer))
    assert len(sections) == 18
    assert all(section.split(" ")[1] == "9" for section in sections)
    assert ["a=recvonly" in section for section in sections] == [True] * 4 + [False] * 14
    microphone, camera, _, screen_audio = sections[:4]
    assert "a=fmtp:111 useinbandfec=1;usedtx=1" in microphone
    assert "usedtx" not in screen_audio
    for line in ("a=rtcp-fb:96 nack\r\n", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 transport-cc"):
        assert line in camera
    assert "goog-remb" not in camera and "rid" not in camera.replace("sdes:mid", "")
    stage = sections[5]
    assert "a=msid:stage track5" in stage
    assert "a=ssrc-group:FID 1005 2005" in stage
    assert "a=ssrc:2005 cname:viewer" in stage


def test_who_sends_a_picture_is_told_how_fast_to_begin_and_who_watches_is_not() -> None:
    start = f"x-google-start-bitrate={START_KBIT}"
    for name in ("chromium-room", "chromium-simulcast", "obs-style-whip"):
        for section in _sections(_answer(parse_offer(recorded(name)))):
            assert (start in section) == (section.startswith("video") and "a=recvonly" in section)
    codecs = parse_offer(recorded("obs-style-whip")).sections[1].codecs
    h264 = next(codec for codec in codecs if codec.name == "h264")
    assert f"{h264.parameters};{start}\r\n" in _answer(parse_offer(recorded("obs-style-whip")))


def test_a_viewer_without_transport_feedback_is_asked_for_its_own_estimate() -> None:
    sdp = recorded("chromium-room")
    with_feedback = parse_offer(sdp)
    assert "goog-remb" not in _answer(with_feedback)
    without = parse_offer("".join(line for line in sdp.splitlines(keepends=True) if "transport-cc" not in line))
    sections = _sections(_answer(without))
    asked = ["goog-remb" in section for section in sections]
    pictures = [section.startswith("video") and "a=sendonly" in section for section in sections]
    assert asked == pictures and any(asked)


def test_layers_are_answered_and_learned_from_the_packets() -> None:
    offer = parse_offer(recorded("chromium-simulcast"))
    section = next(section for section in offer.sections if section.rids)
    choice = carried(section, sending=False)
    assert choice is not None and choice.rids == section.rids
    assert {RID, REPAIRED_RID} <= {extension.uri for extension in choice.extensions}
    answer = _answer(offer)
    assert f"a=simulcast:recv {';'.join(section.rids)}\r\n" in answer
    assert all(f"a=rid:{rid} recv\r\n" in answer for rid in section.rids)


def test_layers_that_packets_could_not_name_are_not_answered() -> None:
    for uri in (MID, RID):
        offer = parse_offer(recorded("chromium-simulcast").replace(uri, "urn:other"))
        assert "simulcast" not in _answer(offer)


def test_more_layers_than_we_carry_are_answered_with_the_lowest() -> None:
    text = recorded("chromium-simulcast")
    old = next(section for section in parse_offer(text).sections if section.rids).rids
    more = "".join(f"a=rid:more{number} send\r\n" for number in range(3))
    names = ";".join([*old, "more0", "more1", "more2"])
    text = text.replace(f"a=simulcast:send {';'.join(old)}\r\n", f"{more}a=simulcast:send {names}\r\n")
    offer = parse_offer(text)
    assert f"a=simulcast:recv {';'.join([*old, 'more0'][:3])}\r\n" in _answer(offer)


def test_extensions_are_agreed_by_uri_under_the_offers_numbers() -> None:
    offer = parse_offer(recorded("chromium-whep"))
    video, audio = offer.sections
    for section in (video, audio):
        choice = carried(section, sending=True)
        assert choice is not None
        theirs = {extension.uri: extension.id for extension in section.extensions}
        assert {extension.uri: extension.id for extension in choice.extensions}.items() <= theirs.items()
        assert {MID, TRANSPORT_CC} <= {extension.uri for extension in choice.extensions}


def test_what_has_no_role_is_rejected_outside_of_bundle() -> None:
    offer = parse_offer(recorded("chromium-whip"))
    answer = _answer(offer, {1: Receiving()})
    audio, video = _sections(answer)
    assert audio.startswith("audio 0 ") and "a=inactive" in audio and "candidate" not in audio
    assert "a=candidate:1" in video
    assert "a=group:BUNDLE 1\r\n" in answer
    assert "a=group" not in _answer(offer, {})


def test_a_data_channel_is_rejected() -> None:
    offer = parse_offer(recorded("chromium-data"))
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in _answer(offer, {0: Receiving()})


def test_direction_has_to_match() -> None:
    offer = parse_offer(recorded("chromium-room"))
    assert carried(offer.sections[0], sending=True) is None
    assert carried(offer.sections[4], sending=False) is None


def test_without_rtx_there_is_no_repair_stream() -> None:
    text = recorded("chromium-whep").replace("rtx/90000", "other/90000")
    offer = parse_offer(text)
    answer = _answer(offer, {0: Sending("stage", "stage", "viewer", 5, 6)})
    assert "a=ssrc:5 " in answer and "a=ssrc:6 " not in answer and "FID" not in answer


def test_a_single_line_without_a_mid_is_answered_without_one() -> None:
    text = (
        recorded("gstreamer-style-whip").replace("a=mid:video0\r\n", "").replace("a=group:BUNDLE video0 audio1\r\n", "")
    )
    answer = _answer(parse_offer(text), {0: Receiving()})
    video, audio = _sections(answer)
    assert "a=mid" not in video and "a=group" not in answer
    assert audio.startswith("audio 0 ") and "a=mid" in audio
    bare = _answer(parse_offer(text.replace("a=mid:audio1\r\n", "")), {0: Receiving()})
    assert "a=mid" not in bare


def test_a_mid_too_long_for_a_one_byte_header_is_not_put_into_packets() -> None:
    text = (
        recorded("aiortc-whep")
        .replace("a=mid:0", "a=mid:a-very-long-mid-of-29-letters")
        .replace("BUNDLE 0", "BUNDLE a-very-long-mid-of-29-letters")
    )
    choice = carried(parse_offer(text).sections[0], sending=True)
    assert choice is not None and MID not in {extension.uri for extension in choice.extensions}


def test_purposes_have_names_for_all_lines_of_our_client() -> None:
    assert PURPOSES == ("microphone", "camera", "screen", "screen-audio")
