"""The straight way into a connection's socket, past its transport.

Laws: only for whoever has seen that the transport holds nothing; what the socket does not take is the transport's, so
frames never mix. The socket is held by a descriptor of our own: nothing is ever written to a socket that was given the
number later. There is none under TLS.
"""

from __future__ import annotations

import asyncio
import os
import socket


class Straight:
    """A socket beside its transport."""

    __slots__ = ("_socket", "close", "descriptor", "receive", "send")

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.setblocking(False)
        self.descriptor = self._socket.fileno()
        self.receive = self._socket.recv
        self.send = self._socket.send
        self.close = self._socket.close

    def write(self, frame: bytes) -> int:
        """Return how many bytes the socket took."""
        try:
            return self.send(frame)
        except OSError:  # full, or gone: the transport knows what to do
            return 0


def find_straight(transport: asyncio.Transport) -> Straight | None:
    """Return the straight way, if there is one."""
    plain = transport.get_extra_info("socket")
    if plain is None or transport.get_extra_info("ssl_object") is not None:
        return None
    return Straight(plain.fileno())
