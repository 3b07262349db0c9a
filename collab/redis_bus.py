"""The bus over Redis (or Valkey): lossy pub/sub that knows when it is deaf, and leases by one script each.

Laws: as in bus.py. What is published while Redis is away is lost at once (DROP). One task holds the line's mouth, one
its ear; messages pass through neither. Every second we publish to topics only we hear; 3 s without one of them and the
listening connections are thrown away and made anew (a half-open connection, or one whose subscriptions the server
forgot, looks alive otherwise). Whether there is one server or a cluster is the line's business (redis_lines.py). Keys
of one lease share a hash tag, so a cluster can hold them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from .bus import Lease, OnHealth, OnMessage, Subscription, Term, Topics
from .ending import end
from .errors import StateError
from .redis_lines import FAILURES, open_line

_log = logging.getLogger("collab.bus")

_BEAT = 1.0
_DEAF = 3.0
_RETRY = 0.25

# The epoch never falls, even when Redis lost everything: it is at least the time in milliseconds.
# ARGV[3]: from whom it is taken; empty when nobody may have it.
_ACQUIRE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[3] then return false end
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
        self._line = open_line(url, prefix)
        self._topics = Topics()
        self._listening = False
        self._confirmed: dict[str, asyncio.Event] = {}
        self._heard: dict[str, float] = {}  # beat -> when it came last
        self._awaited: set[str] = set()  # beats that this ear has not heard yet
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
        for beat in self._line.beats:
            self._topics.add(beat, partial(self._on_beat, beat))
        first = asyncio.Event()
        self.on_health.append(lambda _: first.set())
        self._tasks = [asyncio.create_task(task()) for task in (self._listen, self._speak)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DEAF):
                await first.wait()
        self.on_health.pop()

    async def close(self) -> None:
        """End all tasks and connections."""
        await end(self._tasks)
        await self._line.close()

    def carries(self, topic: str) -> bool:
        """Other processes may always listen."""
        return True

    def tell(self, topic: str, payload: bytes) -> None:
        """Hand over to the line."""
        self._line.tell(topic, payload)

    async def publish(self, topic: str, payload: bytes) -> None:
        """Hand over to the line."""
        self.tell(topic, payload)

    async def subscribe(self, topic: str, on_message: OnMessage) -> Subscription:
        """Listen to a topic; returns once the server confirmed, or at once when it is away (the listening task makes
        up for it).
        """
        known = topic in self._topics.listeners
        listener = self._topics.add(topic, on_message, self._on_last)
        if not known:
            self._confirmed[topic] = asyncio.Event()
        if self._listening and not self._confirmed[topic].is_set():
            with contextlib.suppress(*FAILURES):
                await self._line.subscribe(topic)
                async with asyncio.timeout(1.0):
                    await self._confirmed[topic].wait()
        return listener

    def _on_last(self, topic: str) -> None:
        self._confirmed.pop(topic, None)
        if self._listening:
            task = asyncio.ensure_future(self._unsubscribe(topic))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _unsubscribe(self, topic: str) -> None:
        if topic not in self._topics.listeners:
            await self._line.unsubscribe(topic)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except FAILURES as error:
                self._complain("the bus cannot be heard", error)
            self._listening = False
            self._set_healthy(False)
            await self._line.close_ear()
            self._send_beats()  # a cluster learns where its slots are by what is published
            await asyncio.sleep(_RETRY)

    async def _listen_once(self) -> None:
        loop = asyncio.get_running_loop()
        for confirmed in self._confirmed.values():
            confirmed.clear()
        known = set(self._topics.listeners)
        await self._line.open_ear(known, self._on_heard)
        self._listening = True
        for topic in self._topics.listeners.keys() - known:  # came while the ear was being opened
            await self._line.subscribe(topic)
        self._heard = dict.fromkeys(self._line.beats, loop.time())
        self._awaited = set(self._line.beats)
        while loop.time() - min(self._heard.values()) < _DEAF:
            await self._line.hear(_BEAT)
            self._send_beats()
        self._complain("the bus is deaf", f"nothing came back for {_DEAF} s")

    def _on_heard(self, topic: str, payload: bytes | None) -> None:
        if payload is not None:
            self._topics.deliver(topic, payload)
        elif topic in self._awaited:
            self.tell(topic, b"")
        elif topic in self._confirmed:
            self._confirmed[topic].set()

    def _on_beat(self, beat: str, _: bytes) -> None:
        self._heard[beat] = asyncio.get_running_loop().time()
        self._awaited.discard(beat)
        if not self._awaited:
            self._set_healthy(True)

    def _send_beats(self) -> None:
        for beat in self._line.beats:
            self.tell(beat, b"")

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
            except Exception:  # one listener's trouble stays its own
                _log.exception("a health callback failed")

    async def _speak(self) -> None:
        while True:
            try:
                await self._line.speak(self._send_beats)
            except FAILURES as error:
                self._complain("the bus cannot be reached", error)
                self._set_healthy(False)
            await asyncio.sleep(_RETRY)

    def _complain(self, what: str, why: object) -> None:
        if self._healthy or not self._was_healthy:
            _log.warning("%s: %s", what, why)

    async def acquire(self, name: str, holder: str, ttl: float) -> Lease | None:
        """Take a lease nobody holds; None also while the bus is away or has just come back."""
        if not self._healthy or asyncio.get_running_loop().time() - self._returned < ttl:
            return None
        return await self._take(name, "", holder, ttl)

    async def take_over(self, before: Term, holder: str, ttl: float) -> Lease | None:
        """Take a lease from whoever gives it away; None when it is not theirs any more, or when nobody can tell."""
        return await self._take(before.name, f"{before.holder} {before.epoch}", holder, ttl)

    async def _take(self, name: str, before: str, holder: str, ttl: float) -> Lease | None:
        try:
            keys = (self._key(name), self._key(name) + ":epoch")
            epoch = await self._line.commands.eval(_ACQUIRE, 2, *keys, holder, str(int(ttl * 1000)), before)
        except FAILURES:
            return None
        return (
            _RedisLease(self._line.commands, self._key(name), name, holder, int(epoch), ttl)
            if epoch is not None
            else None
        )

    async def holder(self, name: str) -> str | None:
        """Return who holds a lease; raises StateError(bus_away) when nobody can tell."""
        try:
            held = await self._line.commands.get(self._key(name))
        except FAILURES as error:
            raise StateError("bus_away", f"the bus cannot be reached: {error}") from error
        return _text(held).rpartition(" ")[0] if held is not None else None

    def _key(self, name: str) -> str:
        return f"{self.prefix}lease:{{{name}}}"


class _RedisLease:
    def __init__(self, redis: Redis | RedisCluster, key: str, name: str, holder: str, epoch: int, ttl: float) -> None:
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
        except FAILURES as error:
            raise StateError("bus_away", f"the bus cannot be reached: {error}") from error
        return bool(kept)

    async def release(self) -> None:
        """Give it up."""
        with contextlib.suppress(*FAILURES):
            await self._redis.eval(_RELEASE, 1, self._key, f"{self.holder} {self.epoch}")


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
