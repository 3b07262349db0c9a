"""The WebSocket under a document: what happens for every message, without a task or a timer of its own.

Laws: a binary message goes to its taker in the moment it was read, unless one before it still waits or the taker cannot
have it now; then it queues for the socket's reader, so the order never changes. Who says nothing for 8 to 12 s is
pinged, and gone after 8 more without a word: one sweep looks at all sockets. Leans on how
aiohttp 3.14 puts its parser on its queue (`_post_start`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_websocket import WebSocketReader, WebSocketWriter

from web.routes.collab_ear import Ear
from web.routes.collab_gathering import Gathering, Seat
from web.straight import Straight

SWEEP_SECONDS: Final = 4.0
GOODBYE_SECONDS: Final = 12.0  # aiohttp waits 10 for an answer to its own
_PING_AFTER, _GONE_AFTER = 2, 4  # sweeps without a word
_PING: Final = b"\x89\x00"
_QUEUE_BYTES: Final = 64 * 1024

Take = Callable[[bytes], bool]


class _Queue(WebSocketDataQueue):
    """What the parser puts messages into."""

    __slots__ = ("heard", "take")

    def __init__(self, protocol: BaseProtocol, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(protocol, _QUEUE_BYTES, loop=loop)
        self.take: Take | None = None
        self.heard = True

    def hear(self, data: bytes) -> bool:
        """Take a binary message that was read before the parser, or a pong (empty); False while messages wait."""
        if not data:
            self.heard = True
            return not self._buffer
        if self.take is None or self._buffer or not self.take(data):
            return False
        self.heard = True
        return True

    def feed_data(self, data: Any, size: int) -> None:
        self.heard = True
        if self.take is None or data.type is not WSMsgType.BINARY or self._buffer or not self.take(data.data):
            super().feed_data(data, size)


class DocumentSocket(web.WebSocketResponse):
    """A WebSocket that may hand its binary messages over directly."""

    def __init__(self, max_frame: int) -> None:
        super().__init__(compress=False, max_msg_size=max_frame)
        self._queue: _Queue | None = None
        self._transport: asyncio.Transport | None = None
        self._ear: Ear | None = None
        self._quiet = 0

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: WebSocketWriter) -> None:
        self._ws_protocol = protocol
        self._writer = writer
        self._transport = request.transport
        assert self._loop is not None
        self._queue = self._reader = _Queue(request.protocol, self._loop)
        self._parser = WebSocketReader(self._queue, self._max_msg_size, compress=False, decode_text=True)
        listen = not request.protocol._message_tail and self._transport is not None
        request.protocol.set_parser(self._parser)
        if listen and self._transport is not None:  # at the boundary of a frame
            self._ear = Ear(request.protocol, self._queue.hear)
            self._transport.set_protocol(self._ear)
        request.protocol.keep_alive(False)
        self._forget_http(request)

    def _forget_http(self, request: web.BaseRequest) -> None:
        """Let go of what only spoke HTTP: it is 2 KiB of an idle connection."""
        request.protocol._parser = None
        self.headers.clear()

    def hand_over(self, take: Take | None) -> None:
        """Give binary messages to `take` from now on, once what waits is read; it returns False for "not now"."""
        if self._queue is not None:
            self._queue.take = take

    def gather_with(self, gathering: Gathering, way: Straight) -> None:
        """Be read with all others from now on, by the straight way."""
        if self._ear is not None and self._transport is not None:
            self._ear.seat = Seat(gathering, way, self._transport, self._ear.hear)

    def release(self) -> None:
        """The end: be read by the transport alone, and hold nothing that leads back here, or only the collector of
        garbage would free all of it.
        """
        if self._ear is not None:
            self._ear.leave()
            self._ear = None
        self.hand_over(None)
        self._exception = None

    @property
    def waiting(self) -> int:
        """How many messages wait for the socket's reader."""
        return len(self._queue._buffer) if self._queue is not None else 0

    async def close(self, *, code: int = 1000, message: bytes = b"", drain: bool = True) -> bool:
        """Say why and close; who reads nothing is cut off a little later, with all that still waits for them."""
        transport = self._transport
        if transport is None or self._loop is None:
            return await super().close(code=code, message=message, drain=drain)
        cut = self._loop.call_later(GOODBYE_SECONDS, transport.abort)
        done = await super().close(code=code, message=message, drain=drain)
        if not transport.get_write_buffer_size():
            cut.cancel()
        return done

    def look(self) -> None:
        """Ping who was quiet, drop who does not answer; called each SWEEP_SECONDS."""
        if self._queue is None or self._transport is None or self.closed:
            return
        self._quiet = 0 if self._queue.heard else self._quiet + 1
        self._queue.heard = False
        if self._quiet == _PING_AFTER and not self._transport.is_closing():
            self._transport.write(_PING)
        elif self._quiet >= _GONE_AFTER:
            self._transport.abort()
