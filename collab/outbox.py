"""What waits to be sent to one document client, above its transport. Without I/O of its own, time is an argument.

Laws: the transport is fed only while it holds less than 64 KiB, so what can still be dropped stays here. When more
than the bound waits, or something waits for longer than 5 s: first awareness is dropped (DROP), then all updates are
replaced by one state-vector difference (COALESCE), then the client is cut off with 4529 (DISCONNECT; it resyncs).
Answers to sync step 1 are exempt: they go straight to the transport, one at a time (`answers.py`). A client that keeps
up never waits: its frames are written at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol, runtime_checkable

from .limits import Limits
from .salvo import Way


class Transport(Protocol):
    """Writes ready WebSocket frames. `buffered` is how many bytes the kernel has not taken yet. A transport that is
    gone may raise RuntimeError: its connection will hear of it, whoever writes goes on.
    """

    def write(self, frame: bytes) -> None: ...
    def buffered(self) -> int: ...
    def close(self, code: int, reason: str) -> None: ...


@runtime_checkable
class Direct(Protocol):
    """A transport whose socket may be written to while the transport holds nothing, if there is a way to it."""

    way: Way | None


class Kind(Enum):
    """What a waiting frame is, which decides what may happen to it."""

    CHANGES = auto()
    AWARENESS = auto()
    CONTROL = auto()


class State(Enum):
    """How a client keeps up."""

    FLOWING = auto()
    WAITING = auto()
    NEEDS_DIFFERENCE = auto()
    LOST = auto()


class Outbox:
    """The queue of one client."""

    __slots__ = ("_limits", "_queue", "_since", "_size", "base", "buffered", "last_sent", "put", "state", "way")

    def __init__(self, transport: Transport, limits: Limits, now: float) -> None:
        self.put = transport.write
        self.buffered = transport.buffered
        self.way = transport.way if isinstance(transport, Direct) else None
        self._limits = limits
        self._queue: deque[tuple[Kind, bytes]] | None = None  # an empty one takes 0.7 KiB, and most never wait
        self._size = 0
        self._since = now
        self.base: bytes | None = None
        self.last_sent = now
        self.state = State.FLOWING

    def write(self, now: float, frame: bytes) -> None:
        """Write past the queue (answers to sync step 1)."""
        self.last_sent = now
        if self.way is not None and not self.buffered():
            taken = self.way.write(frame)
            if taken == len(frame):
                return
            frame = frame[taken:]
        self._put(frame)

    def finish(self, rest: bytes) -> None:
        """Write what the socket itself did not take."""
        self._put(rest)

    def _put(self, frame: bytes) -> None:
        try:  # half the price of contextlib.suppress
            self.put(frame)
        except RuntimeError:
            return

    def congested(self) -> bool:
        """Tell whether the transport holds as much as it may."""
        return self.buffered() >= self._limits.transport_bytes

    def send(self, now: float, frame: bytes, kind: Kind, base: bytes | None = None) -> None:
        """Send or queue a frame; `base` is a state vector the client surely has reached if nothing waits yet."""
        if self.state is State.FLOWING and self.buffered() < self._limits.transport_bytes:
            self.last_sent = now
            self._put(frame)
            return
        if self.state is State.FLOWING:
            self.state = State.WAITING
            self.base = base
            self._since = now
        if kind is Kind.CHANGES and self.state is State.NEEDS_DIFFERENCE:
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.append((kind, frame))
        self._size += len(frame)
        if self._size > self._limits.backlog_bytes:
            self._shed(now)

    def _shed(self, now: float) -> None:
        if self._drop(Kind.AWARENESS) and self._size <= self._limits.backlog_bytes // 2:
            return
        if self.state is State.WAITING:
            self._drop(Kind.CHANGES)
            self.state = State.NEEDS_DIFFERENCE
            self._since = now
        elif self._size > self._limits.backlog_bytes:
            self.state = State.LOST

    def _drop(self, kind: Kind) -> bool:
        queue = self._queue or ()
        kept = deque(item for item in queue if item[0] is not kind)
        dropped = len(kept) < len(queue)
        self._queue = kept
        self._size = sum(len(frame) for _, frame in kept)
        return dropped

    def pump(self, now: float, difference: Callable[[bytes | None], bytes] | None) -> None:
        """Feed the transport with what waits; `difference` builds the frame from `base`, None while the document is
        between states.
        """
        if self.state is State.LOST or self.state is State.FLOWING:
            return
        wrote = False
        while self.buffered() < self._limits.transport_bytes:
            if self.state is State.NEEDS_DIFFERENCE:
                if difference is None:
                    break
                self._put(difference(self.base))
                self.state = State.WAITING
            elif self._queue:
                _, frame = self._queue.popleft()
                self._size -= len(frame)
                self._put(frame)
            else:
                self.state = State.FLOWING
                self.base = self._queue = None
                break
            wrote = True
        if wrote:
            self.last_sent = self._since = now
        elif now - self._since > self._limits.backlog_seconds:
            self._escalate(now)

    def _escalate(self, now: float) -> None:
        if self.state is State.NEEDS_DIFFERENCE:
            self.state = State.LOST
            return
        self._drop(Kind.AWARENESS)
        self._drop(Kind.CHANGES)
        self.state = State.NEEDS_DIFFERENCE
        self._since = now
