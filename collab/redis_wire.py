"""One connection to Redis that is written to where something is said, and read where it arrives.

Laws: redis-py opens it (TLS, account, database); from then on its transport is ours, and no task stands between a
command and the socket, or between a reply and who waits for it. Replies come in the order of the commands; the first
error among them ends the connection (`check` raises it). What is said on a connection that is gone is lost. RESP 2, so
that nothing comes unasked but what is listened to.
Leans on the writer of redis-py 8's connections; tests/edge/test_redis_wire.py covers it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError

OnReply = Callable[[Any], None]


class Wire(asyncio.Protocol):
    """Commands out, replies in."""

    def __init__(self, connection: Any, on_reply: OnReply) -> None:
        self._connection = connection
        self._transport: asyncio.Transport = connection._writer.transport
        self._before: asyncio.Protocol = self._transport.get_protocol()  # redis-py's reader
        self._on_reply = on_reply
        self._reader = hiredis.Reader()
        self._ended = asyncio.Event()
        self._why: Exception | None = None
        self.said = 0
        self.answered = 0
        self._transport.set_protocol(self)

    @classmethod
    async def open(cls, redis: Redis, on_reply: OnReply) -> Wire:
        """Connect as this client would."""
        connection: Any = redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        await connection.connect()
        return cls(connection, on_reply)

    @property
    def waiting(self) -> int:
        """How many commands have no answer yet, where each has one."""
        return self.said - self.answered

    def say(self, *command: bytes | str) -> None:
        """Send a command; never waits."""
        if self._ended.is_set():
            return
        self.said += 1
        self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]  # its stub knows one part

    async def check(self, seconds: float) -> None:
        """Raise what has ended the connection, at once or within these seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return
        raise self._why or ConnectionLost("the connection to Redis is gone")

    async def close(self) -> None:
        """Hang up; what was said before is still sent."""
        await self._connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        """Take replies."""
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not False:
                self.answered += 1
                if isinstance(reply, hiredis.ReplyError):
                    self._end(ResponseError(str(reply)))
                else:
                    self._on_reply(reply)
        except hiredis.ProtocolError as error:
            self._end(ConnectionLost(f"that is not Redis: {error}"))
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing comes any more."""
        self._end(exc)
        self._before.connection_lost(exc)

    def _end(self, why: Exception | None) -> None:
        self._why = self._why or why
        self._ended.set()
