"""Ports of 127.0.0.1 that nobody else gets: neither another test, nor a connection the kernel finds a port for.

Laws: a port is claimed by a lock on one byte of a shared file, which ends with the process that asked; it lies below
those that the kernel gives away by itself, so a server that is killed finds its port free when it starts again. With a
port go the three above it: workers and media threads count up from the first.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

FIRST, LAST, TOGETHER = 10_000, 32_768, 4


def free_port(above: int = 0) -> int:
    """Return a port that is free, with the three above it, for TCP and for UDP, and so is the one so far `above` it (a
    multiple of TOGETHER).
    """
    return _CLAIMS.claim(above)


class Claims:
    """The ports of this process."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._chance = random.SystemRandom()
        self._mine: set[int] = set()

    def claim(self, above: int = 0) -> int:
        for _ in range(10_000):
            port = self._chance.randrange(FIRST, LAST - above, TOGETHER)
            if all(map(self._take, {port, port + above})):
                return port
        raise RuntimeError("no free port")

    def _take(self, port: int) -> bool:
        if port in self._mine or not self._locked(port):
            return False
        self._mine.add(port)
        return all(map(_is_free, range(port, port + TOGETHER)))

    def _locked(self, port: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        return True


def _is_free(port: int) -> bool:
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def speaks_ipv6() -> bool:
    """Whether this machine has an IPv6 address of its own: many containers have none."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


_CLAIMS = Claims(Path(tempfile.gettempdir()) / f"kreide-test-ports-{os.getuid()}")
