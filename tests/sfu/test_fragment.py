"""SDP fragments: candidates mean nothing, credentials mean a restart."""

from __future__ import annotations

import pytest

from sfu.errors import ProtocolError
from sfu.fragment import MAX_FRAGMENT, build_fragment, parse_fragment
from sfu.sdp import parse_offer
from tests.sfu.offers import recorded
from tests.sfu.test_answer import LOCAL

RESTART = "\r\n".join(
    [
        "a=ice-options:trickle",
        "a=group:BUNDLE 0 1",
        "m=audio 9 RTP/AVP 0",
        "a=mid:0",
        "a=ice-ufrag:ysXw",
        "a=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k",
        "",
    ]
)


def test_candidates_alone_ask_for_nothing() -> None:
    assert parse_fragment("m=audio 9 RTP/AVP 0\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n") is None


def test_credentials_are_found() -> None:
    assert parse_fragment(RESTART) == ("ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "sdp_syntax"),
        ("nonsense", "sdp_syntax"),
        ("a=ice-ufrag:ysXw\n", "sdp_ice"),
        ("a=ice-ufrag:y\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k", "sdp_ice"),
        ("a=x\n" * MAX_FRAGMENT, "too_large"),
    ],
)
def test_malformed_fragments_are_refused(text: str, code: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_fragment(text)
    assert caught.value.code == code


def test_the_answer_holds_our_credentials_and_candidates() -> None:
    offer = parse_offer(recorded("chromium-whip"))
    text = build_fragment(offer, LOCAL, [0, 1])
    assert parse_fragment(text) == (LOCAL.credentials.ufrag, LOCAL.credentials.password)
    assert "a=group:BUNDLE 0 1" in text and "a=ice-lite" in text and text.endswith("a=end-of-candidates\r\n")


def test_a_client_without_mids_gets_none() -> None:
    text = (
        recorded("gstreamer-style-whip").replace("a=mid:video0\r\n", "").replace("a=group:BUNDLE video0 audio1\r\n", "")
    )
    assert "a=mid" not in build_fragment(parse_offer(text), LOCAL, [0])
