"""The same bytes to many sockets, past their transports.

Laws: bytes go straight to a socket only while its transport holds nothing, so no frame is ever cut by another; whatever
the socket does not take goes to its transport, which sends it before anything else. Two loops in C, one over what the
transports hold and one over the sockets: beside the kernel's own send little is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from operator import call
from typing import Protocol


class Target(Protocol):
    """Somebody with a way to the socket itself (`direct`), past what the transport holds (`buffered`)."""

    last_sent: float

    @property
    def direct(self) -> Callable[[bytes], int] | None: ...
    @property
    def buffered(self) -> Callable[[], int]: ...
    def finish(self, rest: bytes) -> None: ...


class Salvo:
    """Some who hear the same and keep up."""

    __slots__ = ("_held", "_outboxes", "_sends", "_sent_at")

    def __init__(self, outboxes: Sequence[Target]) -> None:
        self._outboxes = outboxes
        self._held = [outbox.buffered for outbox in outboxes]
        self._sends = [outbox.direct for outbox in outboxes if outbox.direct is not None]
        self._sent_at = float("-inf")

    def __len__(self) -> int:
        return len(self._outboxes)

    def fire(self, now: float, frame: bytes) -> bool:
        """Send the frame to all; False, and nothing sent, if one of them must be looked at first."""
        if any(map(call, self._held)):
            return False
        self._sent_at = now
        size, done = len(frame), 0
        while done < len(self._sends):
            try:
                for taken in map(call, self._sends[done:] if done else self._sends, repeat(frame)):
                    if taken != size:
                        self._outboxes[done].finish(frame[taken:])
                    done += 1
            except OSError:  # full, or gone: the transport knows what to do
                self._outboxes[done].finish(frame)
                done += 1
        return True

    def settle(self) -> None:
        """Note in every outbox when it was sent to last."""
        for outbox in self._outboxes:
            outbox.last_sent = max(outbox.last_sent, self._sent_at)
