"""The load's WebSocket: what a server compresses is read, beside what it does not."""

from __future__ import annotations

import zlib

from benchmarks.wire import TEXT, Socket

HELLO = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"


async def test_messages_that_a_server_compresses_are_inflated_with_what_came_before() -> None:
    heard: list[tuple[int, bytes]] = []
    socket = Socket("/", lambda kind, payload: heard.append((kind, payload)), deflate=True)
    deflating = zlib.compressobj(wbits=-zlib.MAX_WBITS)

    def compressed(message: bytes) -> bytes:
        payload = (deflating.compress(message) + deflating.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")
        return bytes((0xC1, len(payload))) + payload

    stream = HELLO + compressed(b"40{}") + b"\x81\x012" + compressed(b"40{}")
    assert stream.count(b"40{}") == 0
    for byte in stream:
        socket.data_received(bytes((byte,)))
    assert heard == [(TEXT, b"40{}"), (TEXT, b"2"), (TEXT, b"40{}")]
