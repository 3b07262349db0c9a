"""How workers hear from each other: publish, subscribe, lease.

Laws: a message arrives at most once and may be lost; whoever listens must be able to find out from the store what it
missed. `publish` never raises and never waits for the bus. `healthy` says whether our own ear works: it turns False
within 3 s when nothing we send to ourselves comes back, and callbacks in `on_health` hear of each change. A lease has
one holder at a time; its epoch rises at each acquisition, also when the bus lost its memory. A holder that goes hands
a lease on in one step: it is nobody's at no moment. While the bus is away holders keep what they have and nobody
acquires; after its return nobody acquires for one TTL, so that holders renew first. Here: the interface and the memory
bus of a single process. `redis_bus.py` has the other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

_log = logging.getLogger("collab.bus")

OnMessage = Callable[[bytes], None]
OnHealth = Callable[[bool], None]


class Subscription(Protocol):
    """Ends the calls to `on_message` when closed."""

    def close(self) -> None: ...


class Term(Struct, frozen=True):
    """Who held what, and which time that was."""

    name: str
    holder: str
    epoch: int


class Lease(Protocol):
    """Something that only its holder may do until it is released or not renewed in time."""

    @property
    def name(self) -> str: ...
    @property
    def holder(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    async def renew(self) -> bool:
        """Prolong it by its TTL; False means somebody else has it. Raises StateError(bus_away) when nobody can tell."""

    async def release(self) -> None:
        """Give it up; never raises."""


class Bus(Protocol):
    """What both buses can do."""

    on_health: list[OnHealth]

    @property
    def healthy(self) -> bool: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...
    def tell(self, topic: str, payload: bytes) -> None:
        """Publish without waiting; never raises."""

    def carries(self, topic: str) -> bool:
        """Tell whether anybody besides one listener of our own may hear what is told."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Do as `tell`, for callers that can wait should a bus ever want to slow them down."""

    async def subscribe(self, topic: str, on_message: OnMessage) -> Subscription: ...
    async def acquire(self, name: str, holder: str, ttl: float) -> Lease | None: ...
    async def take_over(self, before: Term, holder: str, ttl: float) -> Lease | None:
        """Take a lease from whoever gives it away; None when it is not theirs any more, or when nobody can tell."""

    async def holder(self, name: str) -> str | None: ...


class Topics:
    """Who listens to what in this process."""

    def __init__(self) -> None:
        self.listeners: dict[str, list[Listener]] = {}

    def add(self, topic: str, on_message: OnMessage, on_last: Callable[[str], None] | None = None) -> Listener:
        """Note a listener; `on_last` is called when the topic's last listener closes."""
        listener = Listener(self, topic, on_message, on_last)
        self.listeners.setdefault(topic, []).append(listener)
        return listener

    def remove(self, listener: Listener) -> None:
        """Forget a listener."""
        rest = [other for other in self.listeners.get(listener.topic, ()) if other is not listener]
        if rest:
            self.listeners[listener.topic] = rest
        elif self.listeners.pop(listener.topic, None) is not None and listener.on_last is not None:
            listener.on_last(listener.topic)

    def deliver(self, topic: str, payload: bytes) -> None:
        """Call the topic's listeners; one that fails does not silence the others."""
        for listener in self.listeners.get(topic, ()):
            try:
                listener.on_message(payload)
            except Exception:  # one listener's trouble stays its own
                _log.exception("listener of %s failed", topic)


class Listener:
    """One subscription."""

    __slots__ = ("on_last", "on_message", "topic", "topics")

    def __init__(
        self, topics: Topics, topic: str, on_message: OnMessage, on_last: Callable[[str], None] | None
    ) -> None:
        self.topics = topics
        self.topic = topic
        self.on_message = on_message
        self.on_last = on_last

    def close(self) -> None:
        """Stop listening."""
        self.topics.remove(self)


class _Held(Struct):
    holder: str
    epoch: int
    until: float


class MemoryBus:
    """The bus of one process; always healthy."""

    def __init__(self) -> None:
        self.on_health: list[OnHealth] = []
        self._topics = Topics()
        self._leases: dict[str, _Held] = {}
        self._epochs: dict[str, int] = {}

    @property
    def healthy(self) -> bool:
        """Memory does not fail."""
        return True

    async def start(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Forget all listeners."""
        self._topics.listeners.clear()

    def carries(self, topic: str) -> bool:
        """Tell whether there are several listeners."""
        return len(self._topics.listeners.get(topic, ())) > 1

    def tell(self, topic: str, payload: bytes) -> None:
        """Deliver in the next round of the loop, in order."""
        asyncio.get_running_loop().call_soon(self._topics.deliver, topic, payload)

    async def publish(self, topic: str, payload: bytes) -> None:
        """Deliver in the next round of the loop, in order."""
        self.tell(topic, payload)

    async def subscribe(self, topic: str, on_message: OnMessage) -> Subscription:
        """Listen to a topic."""
        return self._topics.add(topic, on_message)

    async def acquire(self, name: str, holder: str, ttl: float) -> Lease | None:
        """Take a lease nobody holds."""
        now = asyncio.get_running_loop().time()
        held = self._leases.get(name)
        if held is not None and held.until > now:
            return None
        epoch = self._epochs[name] = max(self._epochs.get(name, 0) + 1, int(time.time() * 1000))
        self._leases[name] = _Held(holder, epoch, now + ttl)
        return _MemoryLease(self._leases, name, holder, epoch, ttl)

    async def take_over(self, before: Term, holder: str, ttl: float) -> Lease | None:
        """Take a lease from whoever gives it away."""
        held = self._leases.get(before.name)
        if held is None or (held.holder, held.epoch) != (before.holder, before.epoch):
            return None
        del self._leases[before.name]
        return await self.acquire(before.name, holder, ttl)

    async def holder(self, name: str) -> str | None:
        """Return who holds a lease."""
        held = self._leases.get(name)
        return held.holder if held is not None and held.until > asyncio.get_running_loop().time() else None


class _MemoryLease:
    def __init__(self, leases: dict[str, _Held], name: str, holder: str, epoch: int, ttl: float) -> None:
        self._leases = leases
        self._ttl = ttl
        self.name = name
        self.holder = holder
        self.epoch = epoch

    async def renew(self) -> bool:
        """Prolong it; one that ran out but was taken by nobody is still ours."""
        held = self._leases.get(self.name)
        if held is None or held.epoch != self.epoch:
            return False
        held.until = asyncio.get_running_loop().time() + self._ttl
        return True

    async def release(self) -> None:
        """Give it up."""
        held = self._leases.get(self.name)
        if held is not None and held.epoch == self.epoch:
            del self._leases[self.name]
