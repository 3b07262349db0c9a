"""The subset of SDP we read: a remote's offer (RFC 8866, 8829, 9143). Sans-IO; answers are built in `answer.py`.

Laws:
- `parse_offer` is total: it returns an `Offer` or raises ProtocolError with a stable code `sdp_*` or `too_large`.
- Everything is bounded: bytes, lines, a line's length, m-lines, and per m-line payloads, extensions and SSRCs.
- One transport: what is not in the first BUNDLE group (but the first m-line) is parsed and later rejected.
- Candidates are skipped: a lite agent answers where it was asked from. Lines we do not know are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from sfu.errors import ProtocolError

MAX_BYTES: Final = 64 * 1024
MAX_LINES: Final = 4000
MAX_LINE: Final = 2048
MAX_MEDIA: Final = 64
MAX_PER_MEDIA: Final = 128
MAX_PARAMETERS: Final = 256

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

_DIRECTIONS: Final[dict[str, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "sendonly",
    "recvonly": "recvonly",
    "inactive": "inactive",
}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
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


class Offer(msgspec.Struct, frozen=True):
    """A remote's offer, reduced to what we use. `origin` names the remote's RTCPeerConnection."""

    origin: str
    ufrag: str
    password: str
    fingerprints: tuple[Fingerprint, ...]
    extmap_allow_mixed: bool
    sections: tuple[Section, ...]

    def section(self, mid: str) -> Section | None:
        """The m-line with this mid, if there is one."""
        return next((section for section in self.sections if section.mid == mid), None)


class _Lines:
    """The lines of the session part or of one m-line: attributes by name, in order."""

    def __init__(self, media: str = "") -> None:
        self.media = media
        self.attributes: dict[str, list[str]] = {}

    def first(self, name: str) -> str | None:
        values = self.attributes.get(name)
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        values = self.attributes.get(name, [])
        if len(values) > MAX_PER_MEDIA:
            raise ProtocolError("sdp_too_many", f"more than {MAX_PER_MEDIA} lines a={name} in one m-line")
        return values

    def direction(self) -> Direction | None:
        return next((_DIRECTIONS[name] for name in self.attributes if name in _DIRECTIONS), None)


def parse_offer(text: str) -> Offer:
    """Read an offer; ProtocolError `sdp_*` or `too_large` if it is not one we could answer."""
    origin, session, media = _split(text)
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


def _split(text: str) -> tuple[str, _Lines, list[_Lines]]:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ProtocolError("too_large", f"an offer is at most {MAX_BYTES} bytes")
    text = text.replace("\r\n", "\n").rstrip("\n")
    if _CONTROL.search(text):
        raise ProtocolError("sdp_syntax", "an offer holds no control characters")
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise ProtocolError("sdp_too_many", f"an offer has at most {MAX_LINES} lines")
    if lines[0] != "v=0":
        raise ProtocolError("sdp_syntax", "an offer begins with v=0")
    origin = ""
    session = current = _Lines()
    media: list[_Lines] = []
    for line in lines:
        if len(line) > MAX_LINE or line[1:2] != "=":
            raise ProtocolError("sdp_syntax", "a line is not of the form x=value")
        kind, value = line[0], line[2:]
        if kind == "m":
            if len(media) == MAX_MEDIA:
                raise ProtocolError("sdp_too_many", f"an offer has at most {MAX_MEDIA} m-lines")
            current = _Lines(value)
            media.append(current)
        elif kind == "a":
            name, _, argument = value.partition(":")
            current.attributes.setdefault(name, []).append(argument)
        elif kind == "o":
            origin = " ".join(value.split(" ")[:2])
    return origin, session, media


def _bundle(session: _Lines) -> frozenset[str] | None:
    """The mids of the first BUNDLE group; None if the offer does not bundle."""
    for group in session.all("group"):
        semantics, *mids = group.split(" ")
        if semantics == "BUNDLE":
            return frozenset(mids)
    return None


def _section(lines: _Lines, session: _Lines, index: int, bundle: frozenset[str] | None) -> Section:
    fields = lines.media.split(" ")
    if len(fields) < 4 or not all(map(_TOKEN.fullmatch, (fields[0], *fields[3:]))):
        raise ProtocolError("sdp_syntax", "an m-line has a kind, a port, a protocol and formats")
    kind, port, protocol, *formats = fields
    if len(formats) > MAX_PER_MEDIA or not re.fullmatch(r"[A-Za-z0-9/]{1,64}", protocol):
        raise ProtocolError("sdp_syntax", "an m-line has too many formats or no protocol")
    mid = lines.first("mid") or ""
    if mid and not _TOKEN.fullmatch(mid):
        raise ProtocolError("sdp_mid", "a mid is a token of at most 64 characters")
    in_use = _number(port.partition("/")[0], 65535) != 0 or "bundle-only" in lines.attributes
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


def _codecs(lines: _Lines, formats: list[str]) -> tuple[Codec, ...]:
    maps = {payload: rest for payload, _, rest in _pairs(lines.all("rtpmap"))}
    parameters = {payload: rest for payload, _, rest in _pairs(lines.all("fmtp"))}
    feedback: dict[str, set[str]] = {}
    for payload, _, rest in _pairs(lines.attributes.get("rtcp-fb", [])[: 8 * MAX_PER_MEDIA]):
        feedback.setdefault(payload, set()).add(rest)
    found = []
    for payload in formats:
        payload_type = _number(payload, 127)
        if payload not in maps:
            continue  # a static payload (RFC 3551): nothing we carry
        name, *numbers = maps[payload].split("/")
        found.append(
            Codec(
                payload_type=payload_type,
                name=name.lower(),
                clock_rate=_number(numbers[0] if numbers else "", 1_000_000),
                channels=_number(numbers[1], 255) if len(numbers) > 1 else 1,
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
            return _number(value, 127)
    return None


def _extensions(lines: _Lines) -> tuple[Extension, ...]:
    found = []
    for identifier, _, rest in _pairs(lines.all("extmap")):
        number, uri = _number(identifier.partition("/")[0], 65535), rest.partition(" ")[0]
        if 1 <= number <= 255:  # 4096 and above are ids to be agreed on later (RFC 8285 section 7)
            found.append(Extension(number, uri))
    return tuple(found)


def _ssrcs(lines: _Lines) -> tuple[int, ...]:
    """Every SSRC the m-line names, repair streams too: the plane tells them apart by payload type."""
    ssrcs = lines.attributes.get("ssrc", [])[: 4 * MAX_PER_MEDIA]
    return tuple(dict.fromkeys(_number(value, 0xFFFFFFFF) for value, _, _ in _pairs(ssrcs)))[:8]


def _rids(lines: _Lines) -> tuple[str, ...]:
    """The first alternative of each layer to be sent; what is not declared by `a=rid` is no layer."""
    declared = {name for name, direction, _ in _pairs(lines.all("rid")) if direction and _RID.fullmatch(name)}
    words = (lines.first("simulcast") or "").split(" ")
    if "send" not in words[:-1]:
        return ()
    layers = words[words.index("send") + 1].split(";")
    names = (layer.partition(",")[0].removeprefix("~") for layer in layers)
    return tuple(dict.fromkeys(name for name in names if name in declared))


def _check_setup(tagged: _Lines, session: _Lines) -> None:
    setup = tagged.first("setup") or session.first("setup")
    if setup not in ("actpass", "active"):
        raise ProtocolError("sdp_setup", "we answer setup:passive, so the offer has to be actpass or active")


def _ice(tagged: _Lines, session: _Lines) -> tuple[str, str]:
    ufrag = tagged.first("ice-ufrag") or session.first("ice-ufrag") or ""
    password = tagged.first("ice-pwd") or session.first("ice-pwd") or ""
    if not is_credential(ufrag, password):
        raise ProtocolError("sdp_ice", "the offer has no valid ice-ufrag and ice-pwd")
    return ufrag, password


def _fingerprints(values: Iterable[str]) -> tuple[Fingerprint, ...]:
    """Those with a digest we can check; RFC 8122 lets us skip others, but not all of them."""
    found = []
    for algorithm, _, value in _pairs(values):
        size = _DIGEST_BYTES.get(algorithm.lower())
        if size is None:
            continue
        if len(value) != 3 * size - 1 or not _FINGERPRINT.fullmatch(value):
            raise ProtocolError("sdp_fingerprint", "a fingerprint is not a digest of its algorithm")
        found.append(Fingerprint(algorithm.lower(), value.upper()))
    if not found:
        raise ProtocolError("sdp_fingerprint", "the offer has no fingerprint of SHA-256, SHA-384 or SHA-512")
    return tuple(dict.fromkeys(found))


def _pairs(values: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    return (value.partition(" ") for value in values)


def _number(text: str, maximum: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) > maximum:
        raise ProtocolError("sdp_syntax", f"{text[:16]!r} is not a number up to {maximum}")
    return int(text)
