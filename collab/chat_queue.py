"""Messages that wait to be stored, in the order of sending, and whose they are. No I/O, no clock.

Laws: who sends more than others takes no place from them. At most MAX_WAITING wait, MOST_OF_ONE of one author, whatever
they are connected with; once CROWDED wait, the places that are left are for authors of whom nothing waits. Beyond that:
Overloaded, at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from itertools import islice

from .chat import Message, NewMessage
from .errors import Overloaded

MAX_WAITING = 2000
CROWDED = 1500
MOST_OF_ONE = 400  # more than anybody may send at once
Waiting = tuple[NewMessage, asyncio.Future[Message]]


class ChatQueue:
    """What is to be stored next; each future holds its message once it is durable."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._of: Counter[str] = Counter()  # without authors of whom nothing waits

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: NewMessage, future: asyncio.Future[Message]) -> None:
        """Let a message wait; raise Overloaded where there is no place for it."""
        mine, waiting = self._of[message.author], len(self._waiting)
        if waiting >= MAX_WAITING or mine >= MOST_OF_ONE or (mine and waiting >= CROWDED):
            raise Overloaded("overloaded", "too many messages at once")
        self._of[message.author] += 1
        self._waiting.append((message, future))

    def next(self, count: int) -> list[Waiting]:
        """Return those whose turn it is, at most `count`; they wait on."""
        return list(islice(self._waiting, count))

    def take(self, count: int) -> list[Waiting]:
        """Return those whose turn it is, at most `count`; they wait no more."""
        taken = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        for message, _ in taken:
            self._of[message.author] -= 1
            if not self._of[message.author]:
                del self._of[message.author]
        return taken
