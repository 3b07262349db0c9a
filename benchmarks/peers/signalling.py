"""What the peers' signalling has in common: a connection for each person, and candidates that come one by one.

Laws: an aiohttp session waits for ever with the 101st connection unless it is told otherwise, which no peer is to blame
for; a candidate counts if this load can use it (UDP over IPv4), since a server may tell of an IPv6 one first.
"""

from __future__ import annotations

import asyncio

import aiohttp

PATIENCE = 10.0


def open_http(base: str | None = None) -> aiohttp.ClientSession:
    """A session for as many connections as there are people."""
    return aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(limit=0))


async def dial(http: aiohttp.ClientSession, url: str, query: dict[str, str]) -> aiohttp.ClientWebSocketResponse:
    """Open a WebSocket soon, or raise TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        return await http.ws_connect(url, params=query, max_msg_size=0)


def is_usable(candidate: str) -> bool:
    """Whether `candidate:foundation component protocol priority address ...` is UDP over IPv4."""
    words = candidate.split()
    return len(words) > 4 and words[2].lower() == "udp" and ":" not in words[4]


class Candidates:
    """A server's candidates for one connection, as they come."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._come = asyncio.Event()

    def add(self, candidate: str) -> None:
        """Keep it if it is of use."""
        if is_usable(candidate):
            self._found.append(candidate)
            self._come.set()

    async def complete(self, sdp: str) -> str:
        """The description with candidates, once there is one or it has one."""
        if not any(is_usable(line[2:]) for line in sdp.splitlines() if line.startswith("a=candidate")):
            async with asyncio.timeout(PATIENCE):
                await self._come.wait()
        return sdp.rstrip("\r\n") + "\r\n" + "".join(f"a={one}\r\n" for one in self._found)
