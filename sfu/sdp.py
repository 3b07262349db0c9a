"""The subset of SDP we read: a remote's offer (RFC 8866, 8829, 9143). Sans-IO; answers are built in `answer.py`.

Laws:
- `parse_offer` is total: it returns an `Offer` or raises ProtocolError with a stable code `sdp_*` or `too_large`.
- Everything is bounded: the text (`sdp_lines.py`), and per m-line payloads, extensions and SSRCs.
- One transport: what is not in the first BUNDLE group (but the first m-line) is parsed and later rejected.
- Candidates are skipped: a lite agent answers where it was asked from. Lines we do not know are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from sfu.errors import ProtocolError
from sfu.sdp_lines import MAX_PER_MEDIA, Direction, Lines, pairs, parse_number, split_lines

MAX_PARAMETERS: Final = 256

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}")
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_ICE_CHARS = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+")
_DIGEST_BYTES: Final = {"sha-256": 32, "sha-384": 48, "sha-512": 64}


class Codec(msgspec.Struct, frozen=True):
    """One payload type of an m-line; `apt` is the payload an RTX repairs, `parameters` what `a=fmtp` says."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int
    apt: int | None
    feedback: frozenset[str]
    parameters: str = ""


class Extension(msgspec.Struct, frozen=True):
    """One RTP header extension, by URI (RFC 8285). Ids differ between offers."""

    id: int
    uri: str


class Fingerprint(msgspec.Struct, frozen=True):
    """A certificate's digest (RFC 8122), algorithm in lower case, value in upper case with colons."""

    algorithm: str
    value: str


class Section(msgspec.Struct, frozen=True):
    """One m-line. `carriable`: it can share our one transport; otherwise it is answered with port 0.

    `rids`: the layers that the remote would send (RFC 8853), in its order; empty without simulcast.
    """

    kind: str
    protocol: str
    formats: tuple[str, ...]
    mid: str
    direction: Direction
    carriable: bool
    codecs: tuple[Codec, ...]
    extensions: tuple[Extension, ...]
    ssrcs: tuple[int, ...]
    rids: tuple[str, ...]


Remote = tuple[str, tuple[Fingerprint, ...]]


class Offer(msgspec.Struct, frozen=True):
    """A remote's offer, reduced to what we use. `origin` names the remote's RTCPeerConnection."""

    origin: str
    ufrag: str
    password: str
    fingerprints: tuple[Fingerprint, ...]
    extmap_allow_mixed: bool
    sections: tuple[Section, ...]

    @property
    def remote(self) -> Remote:
        """The remote's RTCPeerConnection, and the certificate that it shakes hands with."""
        return self.origin, self.fingerprints

    def section(self, mid: str) -> Section | None:
        """The m-line with this mid, if there is one."""
        return next((section for section in self.sections if section.mid == mid), None)


def parse_offer(text: str) -> Offer:
    """Read an offer; ProtocolError `sdp_*` or `too_large` if it is not one we could answer."""
    origin, session, media = split_lines(text)
    if not media:
        raise ProtocolError("sdp_no_media", "the offer has no m-line")
    bundle = _bundle(session)
    sections = tuple(_section(lines, session, index, bundle) for index, lines in enumerate(media))
    mids = [section.mid for section in sections if section.mid]
    if len(set(mids)) != len(mids):
        raise ProtocolError("sdp_mid", "two m-lines have the same mid")
    tagged = next((lines for lines, section in zip(media, sections, strict=True) if section.carriable), None)
    if tagged is None:
        raise ProtocolError("sdp_no_media", "the offer has no m-line that could be carried")
    _check_setup(tagged, session)
    ufrag, password = _ice(tagged, session)
    return Offer(
        origin=origin,
        ufrag=ufrag,
        password=password,
        fingerprints=_fingerprints(session.all("fingerprint") + tagged.all("fingerprint")),
        extmap_allow_mixed="extmap-allow-mixed" in session.attributes,
        sections=sections,
    )


def is_credential(ufrag: str, password: str) -> bool:
    """Whether these may be a remote's ICE credentials (RFC 8839 section 5.4)."""
    return bool(_ICE_CHARS.fullmatch(ufrag) and len(password) >= 22 and _ICE_CHARS.fullmatch(password))


def _bundle(session: Lines) -> frozenset[str] | None:
    """The mids of the first BUNDLE group; None if the offer does not bundle."""
    for group in session.all("group"):
        semantics, *mids = group.split(" ")
        if semantics == "BUNDLE":
            return frozenset(mids)
    return None


def _section(lines: Lines, session: Lines, index: int, bundle: frozenset[str] | None) -> Section:
    fields = lines.media.split(" ")
    if len(fields) < 4 or not all(map(_TOKEN.fullmatch, (fields[0], *fields[3:]))):
        raise ProtocolError("sdp_syntax", "an m-line has a kind, a port, a protocol and formats")
    kind, port, protocol, *formats = fields
    if len(formats) > MAX_PER_MEDIA or not re.fullmatch(r"[A-Za-z0-9/]{1,64}", protocol):
        raise ProtocolError("sdp_syntax", "an m-line has too many formats or no protocol")
    mid = lines.first("mid") or ""
    if mid and not _TOKEN.fullmatch(mid):
        raise ProtocolError("sdp_mid", "a mid is a token of at most 64 characters")
    in_use = parse_number(port.partition("/")[0], 65535) != 0 or "bundle-only" in lines.attributes
    shares = index == 0 if bundle is None else mid in bundle
    is_media = kind in ("audio", "video")
    return Section(
        kind=kind,
        protocol=protocol,
        formats=tuple(formats),
        mid=mid,
        direction=lines.direction() or session.direction() or "sendrecv",
        carriable=in_use and shares and is_media and "rtcp-mux" in lines.attributes and "SAVPF" in protocol,
        codecs=_codecs(lines, formats) if is_media else (),
        extensions=_extensions(lines),
        ssrcs=_ssrcs(lines),
        rids=_rids(lines),
    )


def _codecs(lines: Lines, formats: list[str]) -> tuple[Codec, ...]:
    maps = {payload: rest for payload, _, rest in pairs(lines.all("rtpmap"))}
    parameters = {payload: rest for payload, _, rest in pairs(lines.all("fmtp"))}
    feedback: dict[str, set[str]] = {}
    for payload, _, rest in pairs(lines.attributes.get("rtcp-fb", [])[: 8 * MAX_PER_MEDIA]):
        feedback.setdefault(payload, set()).add(rest)
    found = []
    for payload in formats:
        payload_type = parse_number(payload, 127)
        if payload not in maps:
            continue  # a static payload (RFC 3551): nothing we carry
        name, *numbers = maps[payload].split("/")
        found.append(
            Codec(
                payload_type=payload_type,
                name=name.lower(),
                clock_rate=parse_number(numbers[0] if numbers else "", 1_000_000),
                channels=parse_number(numbers[1], 255) if len(numbers) > 1 else 1,
                apt=_apt(parameters.get(payload, "")),
                feedback=frozenset(feedback.get(payload, set()) | feedback.get("*", set())),
                parameters=parameters.get(payload, "")[:MAX_PARAMETERS],
            )
        )
    return tuple(found)


def _apt(parameters: str) -> int | None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "apt":
            return parse_number(value, 127)
    return None


def _extensions(lines: Lines) -> tuple[Extension, ...]:
    found = []
    for identifier, _, rest in pairs(lines.all("extmap")):
        number, uri = parse_number(identifier.partition("/")[0], 65535), rest.partition(" ")[0]
        if 1 <= number <= 255:  # 4096 and above are ids to be agreed on later (RFC 8285 section 7)
            found.append(Extension(number, uri))
    return tuple(found)


def _ssrcs(lines: Lines) -> tuple[int, ...]:
    """Every SSRC the m-line names, repair streams too: the plane tells them apart by payload type."""
    ssrcs = lines.attributes.get("ssrc", [])[: 4 * MAX_PER_MEDIA]
    return tuple(dict.fromkeys(parse_number(value, 0xFFFFFFFF) for value, _, _ in pairs(ssrcs)))[:8]


def _rids(lines: Lines) -> tuple[str, ...]:
    """The first alternative of each layer to be sent; what is not declared by `a=rid` is no layer."""
    declared = {name for name, direction, _ in pairs(lines.all("rid")) if direction and _RID.fullmatch(name)}
    words = (lines.first("simulcast") or "").split(" ")
    if "send" not in words[:-1]:
        return ()
    layers = words[words.index("send") + 1].split(";")
    names = (layer.partition(",")[0].removeprefix("~") for layer in layers)
    return tuple(dict.fromkeys(name for name in names if name in declared))


def _check_setup(tagged: Lines, session: Lines) -> None:
    setup = tagged.first("setup") or session.first("setup")
    if setup not in ("actpass", "active"):
        raise ProtocolError("sdp_setup", "we answer setup:passive, so the offer has to be actpass or active")


def _ice(tagged: Lines, session: Lines) -> tuple[str, str]:
    ufrag = tagged.first("ice-ufrag") or session.first("ice-ufrag") or ""
    password = tagged.first("ice-pwd") or session.first("ice-pwd") or ""
    if not is_credential(ufrag, password):
        raise ProtocolError("sdp_ice", "the offer has no valid ice-ufrag and ice-pwd")
    return ufrag, password


def _fingerprints(values: Iterable[str]) -> tuple[Fingerprint, ...]:
    """Those with a digest we can check; RFC 8122 lets us skip others, but not all of them."""
    found = []
    for algorithm, _, value in pairs(values):
        size = _DIGEST_BYTES.get(algorithm.lower())
        if size is None:
            continue
        if len(value) != 3 * size - 1 or not _FINGERPRINT.fullmatch(value):
            raise ProtocolError("sdp_fingerprint", "a fingerprint is not a digest of its algorithm")
        found.append(Fingerprint(algorithm.lower(), value.upper()))
    if not found:
        raise ProtocolError("sdp_fingerprint", "the offer has no fingerprint of SHA-256, SHA-384 or SHA-512")
    return tuple(dict.fromkeys(found))
