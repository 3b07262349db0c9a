"""The addresses of this machine at which an answer says that media is taken.

Laws: UDP before TCP; the plane's own number before the one that it shares with the pages. The latter is offered for the
families that the pages are served to.
"""

from __future__ import annotations

from collections.abc import Iterable

import ifaddr

from sfu.ice import Candidate, candidates, offered_addresses


class Offered:
    """What is known of this machine's interfaces when the server starts."""

    def __init__(self, bound: Iterable[str], public: Iterable[str]) -> None:
        self._addresses = offered_addresses(bound, _interface_addresses(), public)

    def candidates(self, port: int, shared: tuple[str, int], *, tcp: bool) -> tuple[Candidate, ...]:
        """For a plane's port, taken by TCP or not, and the host and port of the pages (0: none)."""
        udp = [(address, port) for address in self._addresses]
        host, number = shared
        at_pages = [(address, number) for address in self._addresses if number and _serves(host, address)]
        return candidates(udp, [*udp, *at_pages] if tcp else at_pages)


def _serves(host: str, address: str) -> bool:
    return host == "::" or (":" in host) == (":" in address)


def _interface_addresses() -> list[str]:
    found = []
    for adapter in ifaddr.get_adapters():
        for item in adapter.ips:
            found.append(item.ip if isinstance(item.ip, str) else item.ip[0])
    return found
