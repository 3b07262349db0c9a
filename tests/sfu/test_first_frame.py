"""One byte tells media from pages; one frame tells whose it is."""

from __future__ import annotations

import pytest

from sfu.errors import ProtocolError
from sfu.first_frame import MOST, addressed_place, begins_frame
from sfu.ice import CREDENTIAL_ENTROPY, PLACES, credentials
from tests.sfu.plane_peer import binding_request


def frame_for(username: str) -> bytes:
    message = binding_request(username, "p" * 24, [], bytes(12))
    return len(message).to_bytes(2, "big") + message


@pytest.mark.parametrize("place", [0, 1, 63, 64, PLACES - 1])
def test_a_check_names_its_place_once_it_is_whole(place: int) -> None:
    frame = frame_for(f"{credentials(bytes(CREDENTIAL_ENTROPY), place).ufrag}:them")
    assert begins_frame(frame[:1])
    assert all(addressed_place(frame[:length]) is None for length in range(len(frame)))
    assert addressed_place(frame) == addressed_place(frame + b"more") == place


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1", b"\r\nGET", b"PRI * HTTP/2.0", b"\x16\x03\x01", b"\x80\x2e"])
def test_pages_and_tls_do_not_begin_like_media(first: bytes) -> None:
    assert not begins_frame(first)


@pytest.mark.parametrize(
    "frame",
    [
        b"\0\0",
        b"\0\x13" + bytes(19),
        b"\4\1",
        b"\0\x14" + bytes(20),
        frame_for("them:AAabcdefgh"),
        frame_for("A"),
        frame_for(""),
        frame_for("--abcdefgh:them"),
        frame_for("AAabcdefgh:them")[:-1] + bytes(MOST),
        frame_for("AAabcdefgh:them").replace(b"\x21\x12\xa4\x42", b"\x21\x12\xa4\x43"),
    ],
    ids=lambda frame: f"{len(frame)} bytes",
)
def test_what_is_no_check_for_a_plane_is_refused(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        addressed_place(frame)


def test_a_place_must_be_one(place: int = PLACES) -> None:
    with pytest.raises(ValueError, match="4096"):
        credentials(bytes(CREDENTIAL_ENTROPY), place)
