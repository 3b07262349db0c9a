"""Many sockets in one call: each gets all of it, or it is told how much, and nobody else gets anything."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiohttp import web

from collab.codec import frame_binary
from tests.web.descriptors import none_left
from web.broadcast import Outbox, Readiness
from web.routes.collab_pipe import build_pipe
from web.straight import Straight, find_straight

Open = Callable[[], tuple[Straight, socket.socket]]


@pytest.fixture
def open_one() -> Iterator[Open]:
    """A way into a socket, and the other end."""
    with ExitStack() as stack:

        def open_one() -> tuple[Straight, socket.socket]:
            here, there = socket.socketpair()
            with here:
                way = Straight(here.fileno())
            stack.callback(way.close)
            there.setblocking(False)
            return way, stack.enter_context(there)

        yield open_one


def test_who_is_full_gone_or_closed_is_told_and_holds_up_nobody(open_one: Open) -> None:
    pairs = (well, hears), (full, _), (_, gone), (closed, _) = [open_one() for _ in range(4)]
    while full.write(b"x" * 65536):
        pass
    gone.close()
    send = Straight.together([way for way, _ in pairs])
    closed.close()
    assert send(b"said") == [(1, 0), (2, 0), (3, 0)]
    assert hears.recv(100) == b"said"
    well.close()
    assert send(b"said") == [(0, 0), (1, 0), (2, 0), (3, 0)]


def test_a_number_that_is_somebody_elses_by_now_is_not_written_to(open_one: Open) -> None:
    (well, hears), (closed, _), (stranger, other_end) = open_one(), open_one(), open_one()
    send = Straight.together([well, closed])
    assert send(b"one") == []
    number = closed.descriptor
    closed.close()
    os.dup2(stranger.descriptor, number)  # as the system does with the next socket
    try:
        assert send(b"two") == [(1, 0)]
    finally:
        os.close(number)
    assert hears.recv(100) == b"onetwo"
    with pytest.raises(BlockingIOError):
        other_end.recv(100)


async def test_without_a_second_descriptor_all_goes_through_the_transport() -> None:
    here, there = socket.socketpair()
    with there:
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=here)
        outbox = Outbox(lambda _: None, Readiness())
        with none_left():
            assert find_straight(transport) is None
            pipe = build_pipe(web.WebSocketResponse(), transport)
            outbox.attach(web.WebSocketResponse(), transport)
        assert pipe.way is None and outbox.way is None
        pipe.write(frame_binary(b"said"))
        assert there.recv(100) == frame_binary(b"said")
        pipe.release()
        transport.abort()


def test_what_is_no_socket_leaves_no_descriptor_behind() -> None:
    def is_open() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    reads, writes = os.pipe()
    before = is_open()
    with pytest.raises(OSError, match="socket"):
        Straight(reads)
    assert is_open() == before
    os.close(reads)
    os.close(writes)
