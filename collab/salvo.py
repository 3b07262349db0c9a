"""The same bytes to many sockets, past their transports.

Laws: bytes go straight to a socket only while its transport holds nothing, so no frame is ever cut by another; whatever
the socket does not take goes to its transport, which sends it before anything else. The transports are asked in a loop
in C, and all sockets are written to in one call: beside the kernel's own send little is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import call
from typing import Any, Protocol


class Way(Protocol):
    """A socket that may be written to while its transport holds nothing."""

    def write(self, frame: bytes) -> int:
        """Return how many bytes the socket took: none if it is full or gone."""

    @staticmethod
    def together(ways: Sequence[Any]) -> Callable[[bytes], Sequence[tuple[int, int]]]:
        """Return what sends the same to several of the same kind; it returns who did not take all: place, how much."""


class Target(Protocol):
    """Somebody with a way to the socket itself, past what the transport holds (`buffered`)."""

    last_sent: float

    @property
    def way(self) -> Way | None: ...
    @property
    def buffered(self) -> Callable[[], int]: ...
    def finish(self, rest: bytes) -> None: ...


class Salvo:
    """Some who have a way, hear the same and keep up."""

    __slots__ = ("_held", "_outboxes", "_send", "_sent_at")

    def __init__(self, outboxes: Sequence[Target]) -> None:
        self._outboxes = outboxes
        self._held = [outbox.buffered for outbox in outboxes]
        ways = [outbox.way for outbox in outboxes if outbox.way is not None]
        self._send = ways[0].together(ways) if ways else None
        self._sent_at = float("-inf")

    def __len__(self) -> int:
        return len(self._outboxes)

    def fire(self, now: float, frame: bytes) -> bool:
        """Send the frame to all; False, and nothing sent, if one of them must be looked at first."""
        if any(map(call, self._held)):
            return False
        if self._send is not None:
            self._sent_at = now
            for place, taken in self._send(frame):  # full, or gone: the transport knows what to do
                self._outboxes[place].finish(frame[taken:])
        return True

    def settle(self) -> None:
        """Note in every outbox when it was sent to last."""
        for outbox in self._outboxes:
            outbox.last_sent = max(outbox.last_sent, self._sent_at)
