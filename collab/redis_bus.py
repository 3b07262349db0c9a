"""The bus over Redis (or Valkey): lossy pub/sub that knows when it is deaf, and leases by one script each.

Laws: as in bus.py. One task writes (a bounded queue, DROP: what is published while Redis is away is lost at once),
one task listens on a connection of its own. Every second we publish to a topic only we hear; 3 s without it and the
listening connection is thrown away and made anew (a half-open connection, or one whose subscriptions the server
forgot, looks alive otherwise). Keys of one lease share a hash tag, so a cluster can hold them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from .bus import Lease, OnHealth, OnMessage, Subscription, Topics
from .errors import StateError

_log = logging.getLogger("collab.bus")

_QUEUE = 10_000
_BEAT = 1.0
_DEAF = 3.0
_RETRY = 0.25
_CALL = 2.0

# The epoch never falls, even when Redis lost everything: it is at least the time in milliseconds.
_ACQUIRE = """
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local now = redis.call('TIME')
local epoch = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('SET', KEYS[2], string.format('%.0f', epoch))
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. string.format('%.0f', epoch), 'PX', ARGV[2])
return string.format('%.0f', epoch)
"""
_RENEW = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisBus:
    """The bus of several workers."""

    def __init__(self, url: str, prefix: str = "kreide:") -> None:
        self.on_health: list[OnHealth] = []
        self.prefix = prefix
        self._redis: Redis = Redis.from_url(url, socket_timeout=_CALL, socket_connect_timeout=_CALL, retry=None)
        self._ear: Redis = Redis.from_url(url, socket_connect_timeout=_CALL, retry=None)
        self._topics = Topics()
        self._outgoing: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(_QUEUE)
        self._echo = f"echo:{uuid4().hex}"
        self._pubsub: PubSub | None = None
        self._confirmed: dict[str, asyncio.Event] = {}
        self._heard = 0.0
        self._healthy = False
        self._was_healthy = False
        self._returned = float("-inf")
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def healthy(self) -> bool:
        """Tell whether what we publish comes back to us."""
        return self._healthy

    async def start(self) -> None:
        """Connect; returns after the first beat was heard or 3 s later, healthy or not."""
        self._topics.add(self._echo, self._on_echo)
        first = asyncio.Event()
        self.on_health.append(lambda _: first.set())
        self._tasks = [asyncio.create_task(task()) for task in (self._listen, self._send, self._beat)]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(first.wait(), _DEAF)
        self.on_health.pop()

    async def close(self) -> None:
        """End all tasks and connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._drop_ear()
        await self._redis.aclose()
        await self._ear.aclose()

    def carries(self, topic: str) -> bool:
        """Other processes may always listen."""
        return True

    def tell(self, topic: str, payload: bytes) -> None:
        """Hand over to the sending task."""
        with contextlib.suppress(asyncio.QueueFull):
            self._outgoing.put_nowait((topic, payload))

    async def publish(self, topic: str, payload: bytes) -> None:
        """Hand over to the sending task."""
        self.tell(topic, payload)

    async def subscribe(self, topic: str, on_message: OnMessage) -> Subscription:
        """Listen to a topic; returns once the server confirmed, or at once when it is away (the listening task makes
        up for it).
        """
        known = topic in self._topics.listeners
        listener = self._topics.add(topic, on_message, self._on_last)
        if not known:
            self._confirmed[topic] = asyncio.Event()
        if self._pubsub is not None and not self._confirmed[topic].is_set():
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._pubsub.subscribe(self.prefix + topic)
                await asyncio.wait_for(self._confirmed[topic].wait(), 1.0)
        return listener

    def _on_last(self, topic: str) -> None:
        self._confirmed.pop(topic, None)
        if self._pubsub is not None:
            task = asyncio.ensure_future(self._unsubscribe(topic))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _unsubscribe(self, topic: str) -> None:
        if self._pubsub is not None and topic not in self._topics.listeners:
            await self._pubsub.unsubscribe(self.prefix + topic)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError, TimeoutError) as error:
                self._complain("the bus cannot be heard", error)
            self._set_healthy(False)
            await self._drop_ear()
            await asyncio.sleep(_RETRY)

    async def _listen_once(self) -> None:
        loop = asyncio.get_running_loop()
        self._pubsub = self._ear.pubsub()
        for confirmed in self._confirmed.values():
            confirmed.clear()
        await self._pubsub.subscribe(*[self.prefix + topic for topic in self._topics.listeners])
        self._heard = loop.time()
        self.tell(self._echo, b"")
        while loop.time() - self._heard < _DEAF:
            message = await self._pubsub.get_message(timeout=_BEAT)
            if message is not None:
                self._on_raw(message)
        self._complain("the bus is deaf", f"nothing came back for {_DEAF} s")

    def _on_raw(self, message: dict[str, Any]) -> None:
        topic = message["channel"].decode().removeprefix(self.prefix)
        if message["type"] == "message":
            self._topics.deliver(topic, message["data"])
        elif message["type"] == "subscribe" and topic in self._confirmed:
            self._confirmed[topic].set()

    def _on_echo(self, _: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        self._set_healthy(True)

    def _set_healthy(self, healthy: bool) -> None:
        if healthy == self._healthy:
            return
        self._healthy = healthy
        if healthy and self._was_healthy:
            self._returned = asyncio.get_running_loop().time()
        self._was_healthy = self._was_healthy or healthy
        for callback in list(self.on_health):
            try:
                callback(healthy)
            except Exception:
                _log.exception("a health callback failed")

    async def _drop_ear(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _send(self) -> None:
        while True:
            messages = [await self._outgoing.get()]
            while not self._outgoing.empty() and len(messages) < 256:
                messages.append(self._outgoing.get_nowait())
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for topic, payload in messages:
                        pipeline.publish(self.prefix + topic, payload)
                    await pipeline.execute()
            except (RedisError, OSError, TimeoutError) as error:
                self._complain("the bus cannot be reached", error)
                self._set_healthy(False)

    def _complain(self, what: str, why: object) -> None:
        if self._healthy or not self._was_healthy:
            _log.warning("%s: %s", what, why)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT)
            self.tell(self._echo, b"")

    async def acquire(self, name: str, holder: str, ttl: float) -> Lease | None:
        """Take a lease nobody holds; None also while the bus is away or has just come back."""
        if not self._healthy or asyncio.get_running_loop().time() - self._returned < ttl:
            return None
        try:
            keys = (self._key(name), self._key(name) + ":epoch")
            epoch = await self._redis.eval(_ACQUIRE, 2, *keys, holder, str(int(ttl * 1000)))
        except (RedisError, OSError, TimeoutError):
            return None
        return _RedisLease(self._redis, self._key(name), name, holder, int(epoch), ttl) if epoch is not None else None

    async def holder(self, name: str) -> str | None:
        """Return who holds a lease; raises StateError(bus_away) when nobody can tell."""
        try:
            held = await self._redis.get(self._key(name))
        except (RedisError, OSError, TimeoutError) as error:
            raise StateError("bus_away", f"the bus cannot be reached: {error}") from error
        return _text(held).rpartition(" ")[0] if held is not None else None

    def _key(self, name: str) -> str:
        return f"{self.prefix}lease:{{{name}}}"


class _RedisLease:
    def __init__(self, redis: Redis, key: str, name: str, holder: str, epoch: int, ttl: float) -> None:
        self._redis = redis
        self._key = key
        self._ttl = ttl
        self.name = name
        self.holder = holder
        self.epoch = epoch

    async def renew(self) -> bool:
        """Prolong it, or write it down again if Redis forgot it."""
        value = f"{self.holder} {self.epoch}"
        try:
            kept = await self._redis.eval(_RENEW, 1, self._key, value, str(int(self._ttl * 1000)))
        except (RedisError, OSError, TimeoutError) as error:
            raise StateError("bus_away", f"the bus cannot be reached: {error}") from error
        return bool(kept)

    async def release(self) -> None:
        """Give it up."""
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await self._redis.eval(_RELEASE, 1, self._key, f"{self.holder} {self.epoch}")


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
