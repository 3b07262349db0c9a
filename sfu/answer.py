"""The answer to an offer (RFC 8829 section 5.3): what of it we carry, written down. Sans-IO.

Laws:
- ICE-lite, BUNDLE, rtcp-mux, `setup:passive`; the candidates are complete (`end-of-candidates`).
- Codecs are those of `codecs.py`, under the offer's payload types; extensions are agreed on by URI.
- An m-line is either received (a source), sent (a slot) or rejected with port 0.
- Simulcast is answered with up to `MAX_LAYERS` RIDs where the offer lets packets bear MID and RID; without the answer
  browsers send the lowest layer alone. Its SSRCs are learned from the packets.
- Order and number of m-lines are the offer's; rejected ones stay outside of BUNDLE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from sfu.allocator import MAX_LAYERS
from sfu.codecs import (
    DESCRIBED,
    DESCRIPTOR,
    VIDEO,
    Payload,
    VideoCodec,
    codec_lines,
    pictures,
    plays_music,
    sounds,
)
from sfu.ice import Candidate, Credentials
from sfu.sdp import Extension, Fingerprint, Offer, Section

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

_RECEIVED: Final = {
    "audio": (MID, AUDIO_LEVEL, TRANSPORT_CC, ABS_SEND_TIME),
    "video": (MID, TRANSPORT_CC, ABS_SEND_TIME),
}
_SENT: Final = (MID, TRANSPORT_CC, ABS_SEND_TIME)
_MATCHING: Final = {True: ("recvonly", "sendrecv"), False: ("sendonly", "sendrecv")}
MAX_MID_IN_HEADER: Final = 16
"""A one-byte header extension holds 16 bytes (RFC 8285 section 4.2)."""


class Carried(msgspec.Struct, frozen=True):
    """What we take of an m-line: its codecs, the extensions both sides know, the layers by RID."""

    payloads: tuple[Payload, ...]
    extensions: tuple[Extension, ...]
    rids: tuple[str, ...] = ()
    music: bool = False

    @property
    def repaired(self) -> bool:
        """Whether anything of it can be retransmitted."""
        return any(payload.rtx for payload in self.payloads)


class Receiving(msgspec.Struct, frozen=True):
    """An m-line we receive."""


class Sending(msgspec.Struct, frozen=True):
    """An m-line we send; tracks of one `stream` are lip-synced by browsers, others are not."""

    stream: str
    track: str
    cname: str
    ssrc: int
    rtx_ssrc: int


class Local(msgspec.Struct, frozen=True):
    """Our side of a connection, the same in each of its m-lines."""

    session_id: int
    version: int
    credentials: Credentials
    fingerprints: tuple[Fingerprint, ...]
    candidates: tuple[Candidate, ...]


def carried(
    section: Section, *, sending: bool, music: bool = False, wanted: tuple[VideoCodec, ...] = VIDEO
) -> Carried | None:
    """What we would take of this m-line in this direction; None if nothing. `music`: it is no voice."""
    if not section.carriable or section.direction not in _MATCHING[sending]:
        return None
    music = music or any(plays_music(codec) for codec in section.codecs)
    payloads = sounds(section, music=music) if section.kind == "audio" else pictures(section, wanted)
    if section.kind == "video" and not sending:
        payloads = payloads[:1]
    if not payloads:
        return None
    uris = _SENT if sending else _RECEIVED[section.kind]
    if any(payload.codec.name in DESCRIBED for payload in payloads):
        uris = (*uris, DESCRIPTOR)
    by_uri = {extension.uri: extension for extension in section.extensions}
    if len(section.mid) > MAX_MID_IN_HEADER or not section.mid:
        by_uri.pop(MID, None)
    rids = () if sending or not {MID, RID} <= by_uri.keys() else section.rids[:MAX_LAYERS]
    if rids:
        uris = (*uris, RID, REPAIRED_RID)
    return Carried(payloads, tuple(by_uri[uri] for uri in uris if uri in by_uri), rids, music)


def build_answer(
    offer: Offer, local: Local, taken: Mapping[int, Carried], roles: Mapping[int, Receiving | Sending]
) -> str:
    """Write the answer: what is taken, by m-line index, and what it is for; the rest is rejected."""
    lines = _session_lines(
        offer, local, [section.mid for index, section in enumerate(offer.sections) if index in taken]
    )
    candidates = True
    for index, section in enumerate(offer.sections):
        if index not in taken:
            lines += _rejected(section)
            continue
        lines += _accepted(section, local, taken[index], roles[index], candidates=candidates)
        candidates = False
    return "\r\n".join(lines) + "\r\n"


def _session_lines(offer: Offer, local: Local, mids: list[str]) -> list[str]:
    lines = ["v=0", f"o=- {local.session_id} {local.version} IN IP4 127.0.0.1", "s=-", "t=0 0"]
    if mids and all(mids):
        lines.append("a=group:BUNDLE " + " ".join(mids))
    if offer.extmap_allow_mixed:
        lines.append("a=extmap-allow-mixed")
    return [*lines, "a=ice-lite", "a=msid-semantic:WMS *"]


def _rejected(section: Section) -> list[str]:
    lines = [f"m={section.kind} 0 {section.protocol} {' '.join(section.formats)}", "c=IN IP4 0.0.0.0"]
    if section.mid:
        lines.append(f"a=mid:{section.mid}")
    return [*lines, "a=inactive"]


def _accepted(
    section: Section, local: Local, choice: Carried, role: Receiving | Sending, *, candidates: bool
) -> list[str]:
    codecs = [codec for payload in choice.payloads for codec in (payload.codec, payload.rtx) if codec]
    payloads = [str(codec.payload_type) for codec in codecs]
    lines = [
        f"m={section.kind} 9 {section.protocol} {' '.join(payloads)}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{local.credentials.ufrag}",
        f"a=ice-pwd:{local.credentials.password}",
        *(f"a=fingerprint:{item.algorithm} {item.value}" for item in local.fingerprints),
        "a=setup:passive",
    ]
    if candidates:
        lines += [f"a={candidate.line()}" for candidate in local.candidates]
        lines.append("a=end-of-candidates")
    if section.mid:
        lines.append(f"a=mid:{section.mid}")
    lines += [f"a=extmap:{extension.id} {extension.uri}" for extension in choice.extensions]
    lines += ["a=sendonly" if isinstance(role, Sending) else "a=recvonly", "a=rtcp-mux", "a=rtcp-rsize"]
    for payload in choice.payloads:
        lines += codec_lines(payload, music=choice.music, received=isinstance(role, Receiving))
        if isinstance(role, Sending) and _judges_itself(payload, choice):
            lines.append(f"a=rtcp-fb:{payload.codec.payload_type} goog-remb")
    if choice.rids:
        lines += [f"a=rid:{rid} recv" for rid in choice.rids]
        lines.append(f"a=simulcast:recv {';'.join(choice.rids)}")
    if isinstance(role, Sending):
        lines += _ssrc_lines(role, repaired=choice.repaired)
    return lines


def _judges_itself(payload: Payload, choice: Carried) -> bool:
    """Whether the viewer tells its own estimate (REMB) and cannot tell of single packets."""
    uris = {extension.uri for extension in choice.extensions}
    feedback = payload.codec.feedback
    numbered = "transport-cc" in feedback and TRANSPORT_CC in uris
    return "goog-remb" in feedback and ABS_SEND_TIME in uris and not numbered


def _ssrc_lines(role: Sending, *, repaired: bool) -> list[str]:
    lines = [f"a=msid:{role.stream} {role.track}"]
    ssrcs = [role.ssrc, role.rtx_ssrc] if repaired else [role.ssrc]
    if repaired:
        lines.append(f"a=ssrc-group:FID {role.ssrc} {role.rtx_ssrc}")
    for ssrc in ssrcs:
        lines += [f"a=ssrc:{ssrc} cname:{role.cname}", f"a=ssrc:{ssrc} msid:{role.stream} {role.track}"]
    return lines
