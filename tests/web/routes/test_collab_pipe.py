"""Frames keep their order and stay whole whichever way they leave: by the socket itself or by its transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from collab.codec import frame_binary
from collab.limits import Limits
from collab.outbox import Direct, Outbox
from collab.salvo import Salvo
from web.routes.collab_pipe import DirectPipe, build_pipe

FRAMES = 12_000


class Reader:
    """The other end, which reads only when told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pipe: DirectPipe) -> None:
        self.reader, self.writer, self.pipe = reader, writer, pipe


@pytest.fixture
async def ends() -> AsyncIterator[Reader]:
    pipes: asyncio.Queue[DirectPipe] = asyncio.Queue()
    gone = asyncio.Event()

    class Accepting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            pipe = build_pipe(web.WebSocketResponse(), transport)
            assert isinstance(pipe, DirectPipe) and isinstance(pipe, Direct)
            pipes.put_nowait(pipe)

        def connection_lost(self, exc: Exception | None) -> None:
            gone.set()

    server = await asyncio.get_running_loop().create_server(Accepting, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2048)
    end = Reader(reader, writer, await pipes.get())
    yield end
    writer.close()
    await gone.wait()
    end.pipe.release()
    server.close()


def numbered(number: int) -> bytes:
    return frame_binary(number.to_bytes(4, "big") * 300)


async def test_what_the_socket_does_not_take_follows_in_order(ends: Reader) -> None:
    held = 0
    for number in range(FRAMES):
        ends.pipe.write(numbered(number))
        held = max(held, ends.pipe.buffered())
    assert held > 0, "the socket took everything: nothing was tested"
    for number in range(FRAMES):
        assert await ends.reader.readexactly(len(numbered(number))) == numbered(number)


async def test_a_salvo_never_overtakes_what_the_transport_holds(ends: Reader) -> None:
    outbox = Outbox(ends.pipe, Limits(), 0.0)
    salvo = Salvo([outbox])
    number = 0
    while salvo.fire(1.0, numbered(number)):
        number += 1
    assert ends.pipe.buffered() > 0
    outbox.put(numbered(number))
    for expected in range(number + 1):
        assert await ends.reader.readexactly(len(numbered(expected))) == numbered(expected)
    assert ends.pipe.buffered() == 0
    assert salvo.fire(2.0, numbered(7))
    salvo.settle()
    assert outbox.last_sent == 2.0


async def test_a_salvo_at_somebody_gone_is_the_others_salvo(ends: Reader) -> None:
    gone = build_pipe(web.WebSocketResponse(), ends.pipe._transport)
    gone.release()
    outboxes = [Outbox(pipe, Limits(), 0.0) for pipe in (gone, ends.pipe)]
    assert Salvo(outboxes).fire(1.0, numbered(1))
    both = await ends.reader.readexactly(2 * len(numbered(1)))  # the transport still lives: it sent for the gone one
    assert both == numbered(1) * 2
