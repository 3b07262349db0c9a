"""SDP fragments of WHIP and WHEP (RFC 8840, RFC 9725 section 4.3): trickled candidates and ICE restarts. Sans-IO.

Laws: candidates are not needed by a lite agent; only new credentials mean something. Total: ProtocolError or a value.
"""

from __future__ import annotations

from sfu.answer import Local
from sfu.errors import ProtocolError
from sfu.sdp import Offer, is_credential
from sfu.sdp_lines import MAX_BYTES

MAX_FRAGMENT: int = MAX_BYTES // 4


def parse_fragment(text: str) -> tuple[str, str] | None:
    """The remote's (ufrag, password), if the fragment holds them; ProtocolError `sdp_*` or `too_large`."""
    if len(text) > MAX_FRAGMENT:
        raise ProtocolError("too_large", f"a fragment is at most {MAX_FRAGMENT} characters")
    found: dict[str, str] = {}
    for line in text.replace("\r\n", "\n").rstrip("\n").split("\n"):
        if line[1:2] != "=":
            raise ProtocolError("sdp_syntax", "a line is not of the form x=value")
        name, _, value = line[2:].partition(":")
        if line[0] == "a" and name in ("ice-ufrag", "ice-pwd"):
            found.setdefault(name, value)
    if not found:
        return None
    ufrag, password = found.get("ice-ufrag", ""), found.get("ice-pwd", "")
    if not is_credential(ufrag, password):
        raise ProtocolError("sdp_ice", "the fragment has no valid ice-ufrag and ice-pwd")
    return ufrag, password


def build_fragment(offer: Offer, local: Local, taken: list[int]) -> str:
    """Our new credentials and candidates for the m-lines in use."""
    mids = [offer.sections[index].mid for index in taken]
    section = offer.sections[taken[0]]
    lines = ["a=ice-lite"]
    if all(mids):
        lines.append("a=group:BUNDLE " + " ".join(mids))
    lines.append(f"m={section.kind} 9 {section.protocol} 0")
    if section.mid:
        lines.append(f"a=mid:{section.mid}")
    lines += [f"a=ice-ufrag:{local.credentials.ufrag}", f"a=ice-pwd:{local.credentials.password}"]
    lines += [f"a={candidate.line()}" for candidate in local.candidates]
    return "\r\n".join([*lines, "a=end-of-candidates"]) + "\r\n"
