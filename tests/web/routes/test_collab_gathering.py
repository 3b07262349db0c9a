"""Sockets are read together when turns are taken, and each in its order whoever reads it."""

from __future__ import annotations

import asyncio
import operator
import socket
import time
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from tests.web.descriptors import none_left
from web.routes.collab_ear import Ear
from web.routes.collab_gathering import Gathering, Seat
from web.straight import Straight


class Turns:
    waits = False


async def until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < end, "never reached"
        await asyncio.sleep(0.001)


class Below(asyncio.Protocol):
    """What aiohttp would read."""

    def __init__(self) -> None:
        self.data, self.ended = b"", False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> None:
        self.ended = True


def frame(payload: bytes) -> bytes:
    return bytes((0x82, 0x80 | len(payload), 0, 0, 0, 0)) + payload


class Line:
    """One socket with its client; `heard` is what its ear took."""

    def __init__(self, gathering: Gathering) -> None:
        self.heard: list[bytes] = []
        self.below = Below()
        self.on_heard: Callable[[], None] = lambda: None
        self._gathering = gathering
        self.client, self._server = socket.socketpair()

    async def open(self) -> None:
        def take(data: bytes) -> bool:
            self.heard.append(data)
            self.on_heard()
            return True

        ear = Ear(self.below, take)
        self.transport, _ = await asyncio.get_running_loop().create_connection(lambda: ear, sock=self._server)
        self._way = Straight(self._server.fileno())
        ear.seat = Seat(self._gathering, self._way, self.transport, ear.hear)
        self.ear = ear

    def close(self) -> None:
        self.ear.leave()
        self._way.close()
        self.transport.abort()
        self.client.close()


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def gathering(turns: Turns) -> Gathering:
    return Gathering(turns)


@pytest.fixture
async def lines(gathering: Gathering) -> AsyncIterator[list[Line]]:
    opened = [Line(gathering) for _ in range(3)]
    for line in opened:
        await line.open()
        line.client.send(frame(b"first"))
        await until(partial(operator.eq, line.heard, [b"first"]))
    yield opened
    for line in opened:
        line.close()


async def test_whoever_sends_is_read_at_once_while_no_turn_is_to_come(lines: list[Line]) -> None:
    lines[0].client.send(frame(b"a") + frame(b"b"))
    await until(lambda: lines[0].heard == [b"first", b"a", b"b"])
    lines[0].client.send(frame(b"c"))
    await until(lambda: lines[0].heard[-1] == b"c")


async def test_nobody_is_read_before_the_turn_that_is_to_come(
    lines: list[Line], gathering: Gathering, turns: Turns
) -> None:
    turns.waits = True
    lines[0].client.send(frame(b"wakes us"))
    await until(lambda: lines[0].heard[-1] == b"wakes us")
    for line in lines:
        line.client.send(frame(b"waits"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert [line.heard[-1] for line in lines] == [b"wakes us", b"first", b"first"]
    gathering.gather()
    assert [line.heard[-1] for line in lines] == [b"waits"] * 3
    turns.waits = False
    gathering.watch()
    lines[2].client.send(frame(b"again"))
    await until(lambda: lines[2].heard[-1] == b"again")


async def test_what_is_not_for_the_ear_its_transport_reads_and_order_is_kept(lines: list[Line]) -> None:
    line = lines[0]
    long = bytes((0x82, 0xFE)) + (5000).to_bytes(2, "big") + bytes(4) + b"x" * 5000
    line.client.send(frame(b"before") + long)
    await until(lambda: line.below.data == long)
    line.client.send(frame(b"after"))
    await until(lambda: line.heard == [b"first", b"before", b"after"])
    line.client.send(frame(b"and here again"))
    await until(lambda: line.heard[-1] == b"and here again")
    assert line.below.data == long


async def test_a_turn_that_begins_while_a_piece_is_heard_reads_nothing_past_it(
    lines: list[Line], gathering: Gathering
) -> None:
    line = lines[0]

    def begin_turn() -> None:
        if line.heard[-1] == b"one":
            line.client.send(frame(b"three"))
            gathering.gather()

    line.on_heard = begin_turn
    line.client.send(frame(b"one") + frame(b"two"))
    await until(lambda: line.heard[1:] == [b"one", b"two", b"three"])


async def test_its_end_is_told_by_the_transport_and_nobody_else_notices(lines: list[Line]) -> None:
    lines[0].client.shutdown(socket.SHUT_WR)
    await until(lambda: lines[0].below.ended)
    lines[1].client.send(frame(b"still here"))
    await until(lambda: lines[1].heard[-1] == b"still here")


async def test_what_breaks_one_socket_ends_that_one_only(lines: list[Line]) -> None:
    def break_it() -> None:
        raise RuntimeError("broken")

    lines[0].on_heard = break_it
    lines[0].client.send(frame(b"breaks"))
    await until(lines[0].transport.is_closing)
    lines[1].client.send(frame(b"still here"))
    await until(lambda: lines[1].heard[-1] == b"still here")


async def test_the_last_one_to_leave_ends_the_watch(lines: list[Line], gathering: Gathering) -> None:
    for line in lines:
        line.ear.leave()
    gathering.gather()
    lines[0].client.send(frame(b"read by the transport"))
    await until(lambda: lines[0].heard[-1] == b"read by the transport")


async def test_whom_nobody_may_read_is_not_read_here_either(lines: list[Line]) -> None:
    """A transport that was paused stays so: whoever paused it would not do it again."""
    line = lines[0]
    line.client.send(b"\x89\x80" + bytes(4))  # not for the ear: its transport reads again
    await until(lambda: bool(line.below.data))
    line.transport.pause_reading()
    seat = line.ear.seat
    assert seat is not None
    seat.take()
    line.client.send(frame(b"waits"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert line.heard == [b"first"]
    seat.leave()
    assert not line.transport.is_reading()
    line.transport.resume_reading()
    await until(lambda: line.heard == [b"first", b"waits"])


async def test_a_pause_that_what_was_read_here_brings_about_lasts(lines: list[Line]) -> None:
    line = lines[0]

    def pause(data: bytes) -> None:
        line.below.data += data
        line.transport.pause_reading()

    line.below.data_received = pause  # type: ignore[method-assign]
    line.client.send(frame(b"before") + b"\x89\x80" + bytes(4))
    await until(lambda: bool(line.below.data))
    assert not line.transport.is_reading()
    line.client.send(frame(b"after"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert line.heard == [b"first", b"before"]
    line.transport.resume_reading()
    await until(lambda: line.heard == [b"first", b"before", b"after"])


async def test_without_another_descriptor_transports_go_on_reading(gathering: Gathering) -> None:
    line = Line(gathering)
    await line.open()
    for message in (b"one", b"two"):
        line.client.send(frame(message))
        with none_left():
            await until(lambda: line.heard[-1:] == [message])  # noqa: B023
        assert line.transport.is_reading()
    line.client.send(frame(b"three"))
    await until(lambda: line.heard == [b"one", b"two", b"three"])
    assert not line.transport.is_reading()
    line.close()
