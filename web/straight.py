"""The straight way into a connection's socket, past its transport.

Laws: only for whoever has seen that the transport holds nothing; what the socket does not take is the transport's, so
frames never mix. The socket is held by a descriptor of our own: nothing is ever written to a socket that was given the
number later. There is none under TLS, nor while the process may open nothing more: then all goes through the transport.
"""

from __future__ import annotations

import asyncio
import os
import socket
from array import array
from collections.abc import Callable, Sequence
from typing import ClassVar

from sfu._native import send_all


class Straight:
    """A socket beside its transport."""

    __slots__ = ("_send", "_socket", "descriptor", "receive")
    closed: ClassVar[int] = 0  # how many were closed so far

    def __init__(self, descriptor: int) -> None:
        own = os.dup(descriptor)
        try:
            self._socket = socket.socket(fileno=own)
        except OSError:
            os.close(own)
            raise
        self._socket.setblocking(False)
        self.descriptor = self._socket.fileno()
        self.receive = self._socket.recv
        self._send = self._socket.send

    def write(self, frame: bytes) -> int:
        """Return how many bytes the socket took."""
        try:
            return self._send(frame)
        except OSError:  # full, or gone: the transport knows what to do
            return 0

    def close(self) -> None:
        """Let the socket go; it takes nothing any more."""
        Straight.closed += 1
        self._socket.close()
        self.descriptor = -1

    @staticmethod
    def together(ways: Sequence[Straight]) -> Callable[[bytes], list[tuple[int, int]]]:
        """Return what sends the same to all of these; it returns who did not take all: place, and how much."""
        return Together(ways).send


class Together:
    """Several of them, sent to in one call.

    Law: the number of a closed one may be another socket's by now, so numbers are asked for anew once any was closed.
    """

    __slots__ = ("_closed", "_numbers", "_ways")

    def __init__(self, ways: Sequence[Straight]) -> None:
        self._ways = ways
        self._closed = -1
        self._numbers = b""

    def send(self, frame: bytes) -> list[tuple[int, int]]:
        """Send to all; return who did not take all."""
        if self._closed != Straight.closed:
            self._closed = Straight.closed
            self._numbers = array("i", [way.descriptor for way in self._ways]).tobytes()
        return send_all(self._numbers, frame)


def find_straight(transport: asyncio.Transport) -> Straight | None:
    """Return the straight way, if there is one, and the system has a descriptor left for it."""
    plain = transport.get_extra_info("socket")
    if plain is None or transport.get_extra_info("ssl_object") is not None:
        return None
    try:
        return Straight(plain.fileno())
    except OSError:
        return None
