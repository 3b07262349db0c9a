"""Bounds, and the budgets of each person: how much, how often, how many. Time is an argument.

Laws: budgets belong to an account, not to an address or a connection, so opening ten sockets buys nothing; what is
spent refills evenly; a budget that is used up raises Overloaded and the connection closes with 4529.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from .errors import Overloaded


class Limits(Struct, frozen=True):
    """All bounds of the document plane. Sizes in bytes, times in seconds."""

    frame_bytes: int = 16 * 1024 * 1024
    document_bytes: int = 64 * 1024 * 1024
    frames_per_second: float = 200.0
    frame_burst: float = 2000.0
    bytes_per_second: float = 1024 * 1024
    byte_burst: float = 32 * 1024 * 1024
    reply_bytes_per_second: float = 8 * 1024 * 1024
    reply_burst: float = 256 * 1024 * 1024
    documents_per_person: int = 50
    connections_per_person: int = 100
    inbox_frames: int = 2048
    inbox_bytes: int = 32 * 1024 * 1024
    large_bytes: int = 32 * 1024
    transport_bytes: int = 64 * 1024
    backlog_bytes: int = 1024 * 1024
    backlog_seconds: float = 5.0
    first_syncs: int = 8
    join_seconds: float = 0.02
    hold_seconds: float = 0.05
    idle_seconds: float = 30.0
    compact_entries: int = 2000
    compact_bytes: int = 256 * 1024
    compact_seconds: float = 60.0
    compact_at_once: int = 5000
    compact_bytes_at_once: int = 1024 * 1024
    compact_pause: float = 5.0
    announce_bytes: int = 64 * 1024
    silence_seconds: float = 20.0
    renew_seconds: float = 12.0
    poll_seconds: float = 2.0
    worker_seconds: float = 4.5
    misses: int = 3


class Bucket:
    """A token bucket."""

    __slots__ = ("_at", "_level", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._level = burst
        self._at = now

    def take(self, now: float, amount: float) -> bool:
        """Spend `amount`; False, and nothing spent, if there is not enough."""
        level = self._level + (now - self._at) * self.rate
        if level > self.burst:
            level = self.burst
        self._at = now
        self._level = level
        if amount > level:
            return False
        self._level = level - amount
        return True

    def full(self, now: float) -> bool:
        """Tell whether nothing of it is in use."""
        return self._level + (now - self._at) * self.rate >= self.burst


class Person:
    """What one account uses on this worker."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self.documents: dict[str, int] = {}
        self._frames = Bucket(limits.frames_per_second, limits.frame_burst, now)
        self._bytes = Bucket(limits.bytes_per_second, limits.byte_burst, now)
        self._replies = Bucket(limits.reply_bytes_per_second, limits.reply_burst, now)

    def open(self, document: str) -> None:
        """Count a connection; raises Overloaded when the person has too many."""
        if sum(self.documents.values()) >= self.limits.connections_per_person:
            raise Overloaded("too_many", "too many connections of one person")
        if document not in self.documents and len(self.documents) >= self.limits.documents_per_person:
            raise Overloaded("too_many", "too many documents open")
        self.documents[document] = self.documents.get(document, 0) + 1

    def close(self, document: str) -> None:
        """Count a connection out again."""
        self.documents[document] -= 1
        if not self.documents[document]:
            del self.documents[document]

    def receive(self, now: float, size: int) -> None:
        """Count a received frame; raises Overloaded when the person sends too much."""
        if not self._frames.take(now, 1) or not self._bytes.take(now, size):
            raise Overloaded("too_fast", "too much at once")

    def reply(self, now: float, size: int) -> None:
        """Count the bytes of a sync answer; raises Overloaded when the person asks for too much."""
        if not self._replies.take(now, min(size, self.limits.reply_burst)):
            raise Overloaded("too_fast", "too many answers at once")

    def idle(self, now: float) -> bool:
        """Tell whether this person can be forgotten."""
        return not self.documents and all(bucket.full(now) for bucket in (self._frames, self._bytes, self._replies))


class Spender(Protocol):
    """What somebody spends."""

    def idle(self, now: float) -> bool:
        """Tell whether nothing of it is in use."""


S = TypeVar("S", bound=Spender)


class Budgets(Generic[S]):
    """The budgets of everybody on this worker; `full` makes that of somebody who has spent nothing."""

    def __init__(self, full: Callable[[float], S]) -> None:
        self._full = full
        self._people: dict[str, S] = {}

    def person(self, account: str, now: float) -> S:
        """Return the budget of an account."""
        person = self._people.get(account)
        if person is None:
            person = self._people[account] = self._full(now)
        return person

    def sweep(self, now: float) -> None:
        """Forget who has been away long enough."""
        self._people = {account: person for account, person in self._people.items() if not person.idle(now)}

    def __len__(self) -> int:
        return len(self._people)
