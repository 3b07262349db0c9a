"""How the bus reaches Redis: one server over one connection, or a cluster by sharded pub/sub.

Laws: a line knows channels, nothing of topics' meaning. It has a mouth (`speak` is a task; what is told while that has
no connection, or while 10,000 wait for theirs, is lost: DROP) and an ear, whose news are handed over where they are
read. `beats` are topics that together pass through every place
where the line could have gone deaf: whoever hears all of them hears everything. In a cluster a message goes to the one
node that owns its channel's slot and to whoever listens there (SPUBLISH, Redis 7); channels share SHARDS hash tags, so
that a few beats reach every node that carries any. Errors are FAILURES; then the ear is to
be opened anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol
from uuid import uuid4

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, ClusterPubSub, RedisCluster
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisClusterException, RedisError
from redis.maint_notifications import MaintNotificationsConfig

from .ending import end
from .redis_wire import Wire

SHARDS = 16
CALL_SECONDS = 2.0
FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)
_CLUSTER = ("redis+cluster://", "rediss+cluster://")
_WAITING = 10_000
_AT_ONCE = 256
_QUIET: dict[str, Any] = {"driver_info": None, "maint_notifications_config": MaintNotificationsConfig(enabled=False)}
"""Nothing but what is needed: an account that may do no more would have each in the server's list of refusals."""


OnHeard = Callable[[str, bytes | None], None]  # a topic and its message, or None: it is listened to from now on


class Line(Protocol):
    """What both kinds can do."""

    beats: Sequence[str]

    @property
    def commands(self) -> Redis | RedisCluster:
        """Whoever runs single commands: leases."""

    async def ping(self) -> None:
        """Return when it answers."""

    def tell(self, topic: str, payload: bytes) -> None:
        """Publish without waiting; never raises."""

    async def speak(self, ready: Callable[[], None]) -> None:
        """Carry what is told until that fails, and raise why; `ready` is called when it begins."""

    async def open_ear(self, topics: Iterable[str], on_heard: OnHeard) -> None: ...
    async def subscribe(self, topic: str) -> None: ...
    async def unsubscribe(self, topic: str) -> None: ...
    async def hear(self, seconds: float) -> None:
        """Return after so many seconds; raise what has ended the ear."""

    async def close_ear(self) -> None: ...
    async def close(self) -> None: ...


def open_line(url: str, prefix: str) -> Line:
    """Return the line for a URL: `redis+cluster://` and `rediss+cluster://` name any node of a cluster."""
    if is_cluster(url):
        return ClusterLine(url.replace("+cluster", "", 1), prefix)
    return ServerLine(url, prefix)


def is_cluster(url: str) -> bool:
    """Whether the URL names a cluster."""
    return url.startswith(_CLUSTER)


class ServerLine:
    """One server."""

    def __init__(self, url: str, prefix: str) -> None:
        self.beats: Sequence[str] = (f"echo:{uuid4().hex}",)
        self._prefix = prefix
        self._redis: Redis = Redis.from_url(
            url, socket_timeout=CALL_SECONDS, socket_connect_timeout=CALL_SECONDS, retry=None, **_QUIET
        )
        self._wires: Redis = Redis.from_url(
            url, protocol=2, socket_timeout=CALL_SECONDS, socket_connect_timeout=CALL_SECONDS, retry=None, **_QUIET
        )
        self._mouth: Wire | None = None
        self._ear: Wire | None = None

    @property
    def commands(self) -> Redis:
        """The server itself."""
        return self._redis

    async def ping(self) -> None:
        """Return when it answers."""
        await self._redis.ping()

    def tell(self, topic: str, payload: bytes) -> None:
        """Publish at once."""
        mouth = self._mouth
        if mouth is not None and mouth.waiting < _WAITING:
            mouth.say(b"PUBLISH", self._prefix + topic, payload)

    async def speak(self, ready: Callable[[], None]) -> None:
        """Hold the connection that publishes."""
        mouth = self._mouth = await Wire.open(self._wires, lambda _: None)
        try:
            ready()
            while True:
                said = mouth.said
                await mouth.check(CALL_SECONDS)
                if mouth.answered < said:
                    raise ConnectionLost("Redis does not answer")
        finally:
            self._mouth = None
            await mouth.close()

    async def open_ear(self, topics: Iterable[str], on_heard: OnHeard) -> None:
        """Listen on a new connection."""
        skip = len(self._prefix)

        def on_reply(reply: Any) -> None:
            kind, channel, payload = reply
            if kind == b"message":
                on_heard(channel[skip:].decode(), payload)
            elif kind == b"subscribe":
                on_heard(channel[skip:].decode(), None)

        self._ear = await Wire.open(self._wires, on_reply)
        self._ear.say(b"SUBSCRIBE", *[self._prefix + topic for topic in topics])

    async def subscribe(self, topic: str) -> None:
        """Listen to one more, if the ear is open."""
        if self._ear is not None:
            self._ear.say(b"SUBSCRIBE", self._prefix + topic)

    async def unsubscribe(self, topic: str) -> None:
        """Listen to one less."""
        if self._ear is not None:
            self._ear.say(b"UNSUBSCRIBE", self._prefix + topic)

    async def hear(self, seconds: float) -> None:
        """Wait, unless the ear is gone."""
        assert self._ear is not None
        await self._ear.check(seconds)

    async def close_ear(self) -> None:
        """Hang up."""
        ear, self._ear = self._ear, None
        if ear is not None:
            await ear.close()

    async def close(self) -> None:
        """Let go of all connections."""
        await self.close_ear()
        await self._redis.aclose()
        await self._wires.aclose()


class ClusterLine:
    """Any number of nodes; one reading task for each that carries a channel of ours."""

    def __init__(self, url: str, prefix: str) -> None:
        self.beats: Sequence[str] = _one_topic_per_shard()
        self._prefix = prefix
        self._redis = RedisCluster.from_url(
            url, socket_timeout=CALL_SECONDS, socket_connect_timeout=CALL_SECONDS, require_full_coverage=True, **_QUIET
        )
        self._pubsub: ClusterPubSub | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._outgoing: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(_WAITING)
        self._on_heard: OnHeard = lambda *_: None

    @property
    def commands(self) -> RedisCluster:
        """The cluster; keys of one command share a hash tag."""
        return self._redis

    async def ping(self) -> None:
        """Return when every node answers."""
        await self._redis.initialize()
        await self._redis.ping(target_nodes=RedisCluster.PRIMARIES)

    def tell(self, topic: str, payload: bytes) -> None:
        """Hand over to the task that speaks."""
        with contextlib.suppress(asyncio.QueueFull):
            self._outgoing.put_nowait((topic, payload))

    async def speak(self, ready: Callable[[], None]) -> None:
        """Publish, one round trip for each node; the order of a topic is kept."""
        ready()
        try:
            while True:
                pipeline = self._redis.pipeline()
                topic, payload = await self._outgoing.get()
                pipeline.spublish(self._channel(topic), payload)
                for _ in range(min(self._outgoing.qsize(), _AT_ONCE - 1)):
                    topic, payload = self._outgoing.get_nowait()
                    pipeline.spublish(self._channel(topic), payload)
                await pipeline.execute()
        finally:
            while not self._outgoing.empty():
                self._outgoing.get_nowait()

    async def open_ear(self, topics: Iterable[str], on_heard: OnHeard) -> None:
        """Listen at every node that carries one of our shards."""
        await self._redis.initialize()
        self._on_heard = on_heard
        self._pubsub = self._redis.pubsub()
        await self._pubsub.ssubscribe(*[self._channel(topic) for topic in topics])
        for name in list(self._pubsub.node_pubsub_mapping):
            node = self._redis.get_node(node_name=name)
            if node is None:
                raise ConnectionLost(f"{name} left the cluster")
            self._readers.append(asyncio.create_task(self._read(self._pubsub, node)))

    async def subscribe(self, topic: str) -> None:
        """Listen to one more, if the ear is open: its shard's node is being read already."""
        if self._pubsub is not None:
            await self._pubsub.ssubscribe(self._channel(topic))

    async def unsubscribe(self, topic: str) -> None:
        """Listen to one less."""
        if self._pubsub is not None:
            await self._pubsub.sunsubscribe(self._channel(topic))

    async def hear(self, seconds: float) -> None:
        """Wait, unless a reader has ended: raise why."""
        done, _ = await asyncio.wait(self._readers, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for reader in done:
            await reader
            raise ConnectionLost("a node is not heard any more")

    async def close_ear(self) -> None:
        """Hang up at all nodes."""
        readers, self._readers = self._readers, []
        await end(readers)
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            with contextlib.suppress(*FAILURES):
                await pubsub.aclose()

    async def close(self) -> None:
        """Let go of all connections."""
        await self.close_ear()
        await self._redis.aclose()

    async def _read(self, pubsub: ClusterPubSub, node: ClusterNode) -> None:
        while True:
            message = await pubsub.get_sharded_message(timeout=CALL_SECONDS, target_node=node)
            channel = b"" if message is None else message["channel"]
            # the tag has one or two digits: the topic begins behind "}:"
            topic = channel[channel.index(b"}:") + 2 :].decode() if channel else ""
            match message:
                case {"type": "smessage", "data": bytes(data)}:
                    self._on_heard(topic, data)
                case {"type": "ssubscribe"}:
                    self._on_heard(topic, None)

    def _channel(self, topic: str) -> str:
        return f"{self._prefix}{{s{_shard(topic)}}}:{topic}"


def _shard(topic: str) -> int:
    return zlib.crc32(topic.encode()) % SHARDS


def _one_topic_per_shard() -> list[str]:
    found: dict[int, str] = {}
    name, number = uuid4().hex, 0
    while len(found) < SHARDS:
        topic = f"echo:{name}:{number}"
        found.setdefault(_shard(topic), topic)
        number += 1
    return list(found.values())
