"""What a document's clients have sent and nobody has taken in yet.

Laws: bounded by frames and by bytes (DISCONNECT); it keeps the order in which it was sent, and knows whether something
in it is so large that it must be taken in bit by bit.
"""

from __future__ import annotations

from collections import deque

from .connection import Connection
from .errors import Overloaded
from .limits import Limits
from .round import Received
from .sync import Changes, Step1


class Inbox:
    """The inbox of one live document."""

    __slots__ = ("_bytes", "_items", "_limits", "large")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._items: deque[Received] = deque()
        self._bytes = 0
        self.large = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, connection: Connection, message: Changes | Step1, size: int, now: float) -> None:
        """Take a message; raises Overloaded when there is no room."""
        limits = self._limits
        if len(self._items) >= limits.inbox_frames or (self._items and self._bytes + size > limits.inbox_bytes):
            raise Overloaded("too_fast", "the document cannot keep up")
        self._items.append(Received(connection, message, now))
        self._bytes += size
        if size > limits.large_bytes:
            self.large = True

    def empty(self) -> deque[Received]:
        """Return what is there, and begin anew."""
        items, self._items, self._bytes, self.large = self._items, deque(), 0, False
        return items
