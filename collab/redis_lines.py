"""How the bus reaches Redis: one server over one connection, or a cluster by sharded pub/sub.

Laws: a line knows channels, nothing of topics' meaning. `beats` are topics that together pass through every place
where the line could have gone deaf: whoever hears all of them hears everything. In a cluster a message goes to the one
node that owns its channel's slot and to whoever listens there (SPUBLISH, Redis 7); channels share SHARDS hash tags, so
that a few beats reach every node that carries any. Errors are FAILURES; then the ear is to
be opened anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol
from uuid import uuid4

from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.cluster import ClusterNode, ClusterPubSub, RedisCluster
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisClusterException, RedisError

from .ending import end

SHARDS = 16
CALL_SECONDS = 2.0
FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)
_CLUSTER = ("redis+cluster://", "rediss+cluster://")
_WAITING = 10_000


class Heard(Struct, frozen=True):
    """Something came: a message, or (`payload` None) the confirmation that the topic is listened to."""

    topic: str
    payload: bytes | None


class Line(Protocol):
    """What both kinds can do."""

    beats: Sequence[str]

    @property
    def commands(self) -> Redis | RedisCluster:
        """Whoever runs single commands: leases."""

    async def ping(self) -> None:
        """Return when it answers."""

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None: ...
    async def open_ear(self, topics: Iterable[str]) -> None: ...
    async def subscribe(self, topic: str) -> None: ...
    async def unsubscribe(self, topic: str) -> None: ...
    async def hear(self, seconds: float) -> Heard | None:
        """Return what came next, None when nothing came in time."""

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
            url, socket_timeout=CALL_SECONDS, socket_connect_timeout=CALL_SECONDS, retry=None
        )
        self._ear: Redis = Redis.from_url(url, socket_connect_timeout=CALL_SECONDS, retry=None)
        self._pubsub: PubSub | None = None

    @property
    def commands(self) -> Redis:
        """The server itself."""
        return self._redis

    async def ping(self) -> None:
        """Return when it answers."""
        await self._redis.ping()

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Send all in one round trip."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for topic, payload in messages:
                pipeline.publish(self._prefix + topic, payload)
            await pipeline.execute()

    async def open_ear(self, topics: Iterable[str]) -> None:
        """Listen on a new connection."""
        self._pubsub = self._ear.pubsub()
        await self._pubsub.subscribe(*[self._prefix + topic for topic in topics])

    async def subscribe(self, topic: str) -> None:
        """Listen to one more, if the ear is open."""
        if self._pubsub is not None:
            await self._pubsub.subscribe(self._prefix + topic)

    async def unsubscribe(self, topic: str) -> None:
        """Listen to one less."""
        if self._pubsub is not None:
            await self._pubsub.unsubscribe(self._prefix + topic)

    async def hear(self, seconds: float) -> Heard | None:
        """Return what came next."""
        assert self._pubsub is not None
        return _heard(await self._pubsub.get_message(timeout=seconds), len(self._prefix))

    async def close_ear(self) -> None:
        """Hang up."""
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            with contextlib.suppress(*FAILURES):
                await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Let go of all connections."""
        await self.close_ear()
        await self._redis.aclose()
        await self._ear.aclose()


class ClusterLine:
    """Any number of nodes; one reading task for each that carries a channel of ours."""

    def __init__(self, url: str, prefix: str) -> None:
        self.beats: Sequence[str] = _one_topic_per_shard()
        self._prefix = prefix
        self._redis = RedisCluster.from_url(
            url, socket_timeout=CALL_SECONDS, socket_connect_timeout=CALL_SECONDS, require_full_coverage=True
        )
        self._pubsub: ClusterPubSub | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._came: asyncio.Queue[Heard] = asyncio.Queue(_WAITING)

    @property
    def commands(self) -> RedisCluster:
        """The cluster; keys of one command share a hash tag."""
        return self._redis

    async def ping(self) -> None:
        """Return when every node answers."""
        await self._redis.initialize()
        await self._redis.ping(target_nodes=RedisCluster.PRIMARIES)

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Send all, one round trip for each node; the order of a topic is kept."""
        pipeline = self._redis.pipeline()
        for topic, payload in messages:
            pipeline.spublish(self._channel(topic), payload)
        await pipeline.execute()

    async def open_ear(self, topics: Iterable[str]) -> None:
        """Listen at every node that carries one of our shards."""
        await self._redis.initialize()
        self._came = asyncio.Queue(_WAITING)
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

    async def hear(self, seconds: float) -> Heard | None:
        """Return what came next from any node; raise what ended a reader."""
        for reader in self._readers:
            if reader.done():
                await reader
                raise ConnectionLost("a node is not heard any more")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._came.get()
        return None

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
        skip = len(self._channel(""))
        while True:
            message = await pubsub.get_sharded_message(timeout=CALL_SECONDS, target_node=node)
            channel = b"" if message is None else message["channel"]
            # the tag has one or two digits: the topic begins behind "}:"
            heard = _heard(message, channel.index(b"}:") + 2 if channel else skip)
            if heard is not None:
                await self._came.put(heard)

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


def _heard(message: dict[str, Any] | None, skip: int) -> Heard | None:
    match message:
        case {"type": "message" | "smessage", "channel": bytes(channel), "data": bytes(data)}:
            return Heard(channel[skip:].decode(), data)
        case {"type": "subscribe" | "ssubscribe", "channel": bytes(channel)}:
            return Heard(channel[skip:].decode(), None)
        case _:
            return None
