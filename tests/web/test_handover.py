"""A connection gets to the worker that owns its place, however busy that one is."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from sfu.ice import CREDENTIAL_ENTROPY, Credentials, credentials
from sfu.server import MediaConfig, MediaServer
from tests.sfu.peers import running
from tests.web.test_first_bytes import answered, check_for
from web.handover import WAITING, Handover


@asynccontextmanager
async def worker(folder: Path, index: int) -> AsyncIterator[tuple[MediaServer, Handover]]:
    """One of several with two media threads each."""
    async with running(MediaConfig(threads=2, place=2 * index)) as media:
        handover = Handover(media, folder, index, 2)
        handover.start()
        yield media, handover
        handover.close()


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def connected() -> tuple[socket.socket, asyncio.StreamReader, asyncio.StreamWriter]:
    """What a door accepted, and its remote."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        return listener.accept()[0], reader, writer


def session_at(media: MediaServer, place: int, number: int) -> Credentials:
    made = credentials(os.urandom(CREDENTIAL_ENTROPY), place)
    port = next(port for port in media._ports if port.place == place)
    port.plane.open_session(number, made.ufrag, made.password)
    return made


@pytest.mark.parametrize("place", [0, 1, 2, 3])
async def test_it_is_served_where_its_place_is(short_path: Path, place: int) -> None:
    async with asyncio.timeout(60), worker(short_path, 0) as (first, door), worker(short_path, 1) as (second, _):
        session = session_at(second if place > 1 else first, place, 1)
        accepted, reader, writer = await connected()
        with accepted:
            door.hand_over(place, accepted.fileno(), check_for(session, bytes(12)))
        assert (await answered(reader, session)).mapped == writer.get_extra_info("sockname")
        writer.close()


async def test_more_than_the_kernel_keeps_wait_for_a_busy_worker(short_path: Path) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio.timeout(60))
        _, door = await stack.enter_async_context(worker(short_path, 0))
        owner, _ = await stack.enter_async_context(worker(short_path, 1))
        people = []
        for number in range(60):  # at once: nobody reads meanwhile
            session = session_at(owner, 2, number + 1)
            accepted, reader, writer = await connected()
            with accepted:
                door.hand_over(2, accepted.fileno(), check_for(session, bytes(12)))
            people.append((session, reader, writer))
        for session, reader, writer in people:
            await answered(reader, session)
            writer.close()


async def test_a_worker_that_is_not_there_costs_only_this_connection(short_path: Path) -> None:
    async with asyncio.timeout(60), worker(short_path, 0) as (media, door):
        accepted, reader, writer = await connected()
        with accepted:
            door.hand_over(2, accepted.fileno(), b"\0\0")
            door.hand_over(4095, accepted.fileno(), b"\0\0")
        assert await reader.read() == b""
        writer.close()
        assert media.counters()["tcp_connections"] == 0


async def test_what_waits_is_bounded_and_forgotten_at_the_end(short_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(short_path / "1.door"))
        async with asyncio.timeout(60), worker(short_path, 0) as (_, door):
            accepted, reader, writer = await connected()
            before = descriptors()
            with accepted:
                for _ in range(2 * WAITING):
                    door.hand_over(2, accepted.fileno(), b"\0\0")
            assert descriptors() <= before + WAITING
        assert descriptors() < before
    assert await reader.read() == b""
    writer.close()
