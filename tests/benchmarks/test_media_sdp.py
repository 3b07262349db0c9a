"""The offers and answers of the media load, read back by the reader that servers' descriptions go through."""

from __future__ import annotations

from benchmarks.media_sdp import LEVEL, MID, TRANSPORT, Line, Local, build_answer, build_offer, read_remote
from sfu.sdp import parse_offer

LOCAL = Local("ufrag", "p" * 24, "sha-256 " + ":".join(["AB"] * 32), ("1 1 udp 2130706431 192.0.2.1 5000 typ host",))
OFFER = build_offer(LOCAL, [Line("audio", "0", 1000), Line("video", "1", 1010), Line("video", "2")])


def test_an_offer_names_who_where_and_what() -> None:
    remote = read_remote(OFFER)
    assert (remote.ufrag, remote.password, remote.lite, remote.active) == ("ufrag", "p" * 24, False, False)
    assert {(one.ip, one.port) for one in remote.candidates} == {("192.0.2.1", 5000)}
    assert [(media.mid, media.direction) for media in remote.media] == [
        ("0", "sendonly"),
        ("1", "sendonly"),
        ("2", "recvonly"),
    ]
    assert remote.media[0].payloads == {"opus": 111}
    assert remote.media[1].payloads == {"vp8": 96, "rtx": 97}
    assert remote.media[0].extensions == {LEVEL: 1, TRANSPORT: 3, MID: 4}
    assert LEVEL not in remote.media[1].extensions


def test_kreide_reads_the_offer_as_a_browsers() -> None:
    offer = parse_offer(OFFER)
    assert [section.ssrcs for section in offer.sections] == [(1000,), (1010, 1011), ()]
    assert all(section.carriable for section in offer.sections)


def test_an_answer_takes_what_is_sent_to_us_and_begins_the_handshake() -> None:
    remote = read_remote(build_answer(LOCAL, read_remote(OFFER)))
    assert remote.active
    assert [media.direction for media in remote.media] == ["recvonly", "recvonly", "inactive"]
    assert remote.media[1].payloads == {"vp8": 96, "rtx": 97}


def test_a_data_channel_that_is_offered_keeps_its_place() -> None:
    line = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:9\r\n"
    line += f"a=ice-ufrag:{LOCAL.ufrag}\r\na=ice-pwd:{LOCAL.password}\r\n"
    line += f"a=fingerprint:{LOCAL.fingerprint}\r\na=setup:actpass\r\n"
    answer = build_answer(LOCAL, read_remote(OFFER + line))
    assert answer.count("m=") == 4
    assert "webrtc-datachannel" in answer
