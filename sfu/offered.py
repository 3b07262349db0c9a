"""The addresses of this machine at which an answer says that media is taken.

Laws: UDP before TCP; the plane's own number before those that it shares with the pages: the pages' own, and the one at
which people reach them through a proxy. These are offered for the families that the pages are served to.
"""

from __future__ import annotations

from collections.abc import Iterable

import ifaddr

from sfu.ice import Candidate, candidates, offered_addresses


class Offered:
    """What is known of this machine's interfaces when the server starts."""

    def __init__(self, bound: Iterable[str], public: Iterable[str]) -> None:
        self._addresses = offered_addresses(bound, _interface_addresses(), public)

    def candidates(self, port: int, host: str, shared: Iterable[int], *, tcp: bool) -> tuple[Candidate, ...]:
        """For a plane's port, taken by TCP or not, and the host and the ports of the pages (0: none)."""
        udp = [(address, port) for address in self._addresses]
        numbers = [number for number in dict.fromkeys(shared) if number]
        at_pages = [(address, number) for address in self._addresses if _serves(host, address) for number in numbers]
        return candidates(udp, [*udp, *at_pages] if tcp else at_pages)


def _serves(host: str, address: str) -> bool:
    return host == "::" or (":" in host) == (":" in address)


def _interface_addresses() -> list[str]:
    found = []
    for adapter in ifaddr.get_adapters():
        for item in adapter.ips:
            found.append(item.ip if isinstance(item.ip, str) else item.ip[0])
    return found
