"""ICE as a lite agent (RFC 8445 section 2.5): credentials and host candidates. Sans-IO.

Laws:
- We never send a check. The native plane answers STUN, follows nomination and watches consent (RFC 7675);
  this file only says what the plane is told and what the answer offers.
- Bytes are arguments: who calls brings the entropy.
- An address is offered only if the plane is bound to it, or if the operator declared it public.
- A user fragment begins with the place of its plane: a connection that came to another process can be handed over.
"""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from collections.abc import Iterable

import msgspec

CREDENTIAL_ENTROPY = 24
"""Bytes that `credentials` wants: 6 for the user fragment, 18 for the password."""

PLACES = 4096
"""Planes that one server can have."""

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TYPE_PREFERENCE_HOST = 126
_DIRECTION_PASSIVE = 4
"""RFC 6544 section 4.2."""


class Credentials(msgspec.Struct, frozen=True):
    """The short-term credential of one ICE session (RFC 8445 section 5.3)."""

    ufrag: str
    password: str


class Candidate(msgspec.Struct, frozen=True):
    """One host candidate; `passive`: by TCP, to be connected to (RFC 6544)."""

    foundation: int
    priority: int
    address: str
    port: int
    passive: bool = False

    def line(self) -> str:
        """The SDP attribute (RFC 8839 section 5.1), without its `a=`."""
        transport, end = ("tcp", " tcptype passive") if self.passive else ("udp", "")
        return f"candidate:{self.foundation} 1 {transport} {self.priority} {self.address} {self.port} typ host{end}"


def credentials(entropy: bytes, place: int = 0) -> Credentials:
    """Turn 24 random bytes into a user fragment of 2 + 8 and a password of 24 ice-chars."""
    if len(entropy) < CREDENTIAL_ENTROPY or not 0 <= place < PLACES:
        raise ValueError(f"credentials want {CREDENTIAL_ENTROPY} bytes and a place below {PLACES}")
    text = b64encode(entropy[:CREDENTIAL_ENTROPY]).decode("ascii")
    return Credentials(ufrag=_DIGITS[place >> 6] + _DIGITS[place & 63] + text[:8], password=text[8:])


def place_of(username: bytes) -> int | None:
    """The place in "our fragment:their fragment" (RFC 8445 section 7.2.2); None if that is none of ours."""
    high, low = (_DIGITS.find(chr(digit)) for digit in username[:2].ljust(2))
    return None if min(high, low) < 0 or username[10:11] != b":" else high << 6 | low


def offered_addresses(bound: Iterable[str], interfaces: Iterable[str], public: Iterable[str]) -> list[str]:
    """Which addresses an answer offers, best first, none twice.

    A wildcard (`0.0.0.0`, `::`) stands for this machine's usable interface addresses of its family; loopback is
    offered only if it was named, or if the machine has nothing else. Public addresses add to the interfaces'.
    """
    usable = [str(address) for address in map(_parse, interfaces) if _is_usable(address)]
    found: list[str] = [str(_parse(address)) for address in public]
    for address in map(_parse, bound):
        if not address.is_unspecified:
            found.append(str(address))
            continue
        of_family = [text for text in usable if _parse(text).version == address.version]
        loopback = "127.0.0.1" if address.version == 4 else "::1"
        found.extend(of_family or ([] if usable else [loopback]))
    return list(dict.fromkeys(found))


def candidates(udp: Iterable[tuple[str, int]], tcp: Iterable[tuple[str, int]]) -> tuple[Candidate, ...]:
    """Host candidates for these addresses in this order of preference, one foundation each: UDP first, then TCP."""
    # RFC 8445 section 5.1.2.1; the local preference falls with the place in the list.
    ways = [(65535 - index, *way, False) for index, way in enumerate(udp)]
    ways += [((_DIRECTION_PASSIVE << 13) | (8191 - index), *way, True) for index, way in enumerate(tcp)]
    return tuple(
        Candidate(foundation, (_TYPE_PREFERENCE_HOST << 24) | (preference << 8) | 255, address, port, passive)
        for foundation, (preference, address, port, passive) in enumerate(ways, start=1)
    )


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text.partition("%")[0])


def _is_usable(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return not (address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast)
