"""The SDP of the media load: offers as a browser's, answers to servers that offer, and what is read of the other side.

Laws: Opus and VP8 with RTX, one BUNDLE, all candidates at once; whoever offers chooses payload types and extension ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aiortc import RTCDtlsFingerprint, RTCIceCandidate
from aiortc.sdp import MediaDescription, SessionDescription

LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
EXTENSIONS = {1: LEVEL, 3: TRANSPORT, 4: MID}
OPUS, VP8, RTX = 111, 96, 97

Kind = Literal["audio", "video"]


@dataclass(frozen=True)
class Local:
    """Our side of a connection."""

    ufrag: str
    password: str
    fingerprint: str
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One m-line of our offer: with an SSRC we send it."""

    kind: Kind
    mid: str
    ssrc: int = 0
    stream: str = "load"


@dataclass(frozen=True)
class Media:
    """What was agreed on for an m-line: payload types by codec, extension ids by URI."""

    kind: str
    mid: str
    direction: str
    payloads: dict[str, int]
    extensions: dict[str, int]
    stream: str = ""


@dataclass(frozen=True)
class Remote:
    """The other side of a connection."""

    ufrag: str
    password: str
    lite: bool
    candidates: tuple[RTCIceCandidate, ...]
    fingerprints: tuple[RTCDtlsFingerprint, ...]
    active: bool
    media: tuple[Media, ...]


def read_remote(sdp: str) -> Remote:
    """Read an offer or an answer."""
    session = SessionDescription.parse(sdp)
    first = next(media for media in session.media if media.ice is not None and media.ice.usernameFragment)
    assert first.ice is not None and first.dtls is not None
    assert first.ice.usernameFragment is not None and first.ice.password is not None
    return Remote(
        first.ice.usernameFragment,
        first.ice.password,
        first.ice.iceLite,
        tuple(candidate for media in session.media for candidate in media.ice_candidates),
        tuple(first.dtls.fingerprints),
        first.dtls.role == "client",
        tuple(map(_read_media, session.media)),
    )


def _read_media(media: MediaDescription) -> Media:
    payloads = {
        codec.mimeType.partition("/")[2].lower(): int(codec.payloadType or 0)
        for codec in reversed(media.rtp.codecs)
        if codec.mimeType.partition("/")[2].lower() in ("opus", "vp8")
    }
    for codec in media.rtp.codecs:
        if codec.mimeType.lower() == "video/rtx" and codec.parameters.get("apt") == payloads.get("vp8"):
            payloads["rtx"] = int(codec.payloadType or 0)
    ids = {extension.uri: extension.id for extension in media.rtp.headerExtensions}
    stream = (media.msid or "").partition(" ")[0]
    direction = media.direction or "sendrecv"
    return Media(media.kind, media.rtp.muxId, direction if media.port else "inactive", payloads, ids, stream)


def build_offer(local: Local, lines: Sequence[Line]) -> str:
    """Offer to send and to receive."""
    text = ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    text += ["a=group:BUNDLE " + " ".join(line.mid for line in lines), "a=msid-semantic: WMS *"]
    for line in lines:
        payloads = {"opus": OPUS} if line.kind == "audio" else {"vp8": VP8, "rtx": RTX}
        text += _head(line.kind, list(payloads.values())) + _transport(local, "actpass")
        text += _codecs(payloads, EXTENSIONS)
        text += [f"a=mid:{line.mid}", "a=sendonly" if line.ssrc else "a=recvonly"]
        if line.ssrc:
            text.append(f"a=msid:{line.stream} {line.kind}")
            if line.kind == "video":
                text.append(f"a=ssrc-group:FID {line.ssrc} {line.ssrc + 1}")
            numbers = [line.ssrc] if line.kind == "audio" else [line.ssrc, line.ssrc + 1]
            text += [f"a=ssrc:{number} cname:load" for number in numbers]
            text += [f"a=ssrc:{number} msid:{line.stream} {line.kind}" for number in numbers]
    return "\r\n".join(text) + "\r\n"


def build_answer(local: Local, remote: Remote, kinds: Sequence[str] = ("audio", "video")) -> str:
    """Take all that is offered of these kinds, to receive it; we begin the handshake."""
    text = ["v=0", "o=- 4611731400430051337 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    text += ["a=group:BUNDLE " + " ".join(media.mid for media in remote.media if media.direction != "inactive")]
    for media in remote.media:
        if media.kind == "application":
            text += ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0"]
            text += [*_transport(local, "active"), f"a=mid:{media.mid}", "a=sctp-port:5000"]
            continue
        taken = media.kind in kinds and media.direction in ("sendonly", "sendrecv")
        text += _head(media.kind, list(media.payloads.values())) + _transport(local, "active")
        known = {number: uri for uri, number in media.extensions.items() if uri in EXTENSIONS.values()}
        text += _codecs(media.payloads, known)
        text += [f"a=mid:{media.mid}", "a=recvonly" if taken else "a=inactive"]
    return "\r\n".join(text) + "\r\n"


def _head(kind: str, payloads: list[int]) -> list[str]:
    return [f"m={kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, payloads))}", "c=IN IP4 0.0.0.0", "a=rtcp-mux"]


def _transport(local: Local, setup: str) -> list[str]:
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:{local.fingerprint}",
        f"a=setup:{setup}",
        *(f"a=candidate:{candidate}" for candidate in local.candidates),
        "a=end-of-candidates",
    ]


def _codecs(payloads: dict[str, int], extensions: dict[int, str]) -> list[str]:
    text = [f"a=extmap:{number} {uri}" for number, uri in extensions.items() if uri != LEVEL or "opus" in payloads]
    for name, payload in payloads.items():
        if name == "opus":
            text += [f"a=rtpmap:{payload} opus/48000/2", f"a=fmtp:{payload} minptime=10;useinbandfec=1"]
            text.append(f"a=rtcp-fb:{payload} transport-cc")
        elif name == "vp8":
            text.append(f"a=rtpmap:{payload} VP8/90000")
            feedback = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
            text += [f"a=rtcp-fb:{payload} {kind}" for kind in feedback]
        else:
            text += [f"a=rtpmap:{payload} rtx/90000", f"a=fmtp:{payload} apt={payloads['vp8']}"]
    return text
