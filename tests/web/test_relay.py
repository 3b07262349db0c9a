"""Calls between workers end in an answer, in the callee's error, or in RelayUnreachable; never in silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from web.errors import AccessDenied, describe
from web.relay import MAX_FRAME, Relay, RelayUnreachable, RemoteError


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Relay, Relay]]:
    one, two = Relay("w0-a", tmp_path), Relay("w1-b", tmp_path)
    yield one, two
    await one.close()
    await two.close()


async def reverse(payload: bytes) -> bytes:
    return payload[::-1]


async def test_a_call_is_answered(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    two.serve("reverse", reverse)
    await two.start()
    assert await one.call("w1-b", "reverse", b"abc") == b"cba"


async def test_a_worker_may_call_itself(pair: tuple[Relay, Relay]) -> None:
    one, _ = pair
    one.serve("reverse", reverse)
    assert await one.call("w0-a", "reverse", b"abc") == b"cba"


async def test_calls_begin_in_their_order(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    seen: list[bytes] = []

    async def note(payload: bytes) -> bytes:
        seen.append(payload)
        return b""

    two.serve("note", note)
    await two.start()
    await one.call("w1-b", "note", b"first")
    await asyncio.gather(*(one.call("w1-b", "note", str(n).encode()) for n in range(200)))
    assert seen == [b"first", *(str(n).encode() for n in range(200))]


async def test_the_callees_error_comes_back_as_it_is(pair: tuple[Relay, Relay]) -> None:
    one, two = pair

    async def refuse(_: bytes) -> bytes:
        raise AccessDenied("not_found", "no such room")

    two.serve("refuse", refuse)
    await two.start()
    with pytest.raises(RemoteError) as caught:
        await one.call("w1-b", "refuse", b"")
    way_out = describe(caught.value)
    assert way_out is not None
    assert (way_out.status, way_out.close, way_out.code, way_out.text) == (404, 4403, "not_found", "no such room")


async def test_a_bug_over_there_is_not_told_here(pair: tuple[Relay, Relay], caplog: pytest.LogCaptureFixture) -> None:
    one, two = pair

    async def stumble(_: bytes) -> bytes:
        raise ZeroDivisionError("secret")

    two.serve("stumble", stumble)
    await two.start()
    with pytest.raises(RemoteError, match="internal error"):
        await one.call("w1-b", "stumble", b"")
    assert "secret" in caplog.text


async def test_nobody_there(pair: tuple[Relay, Relay]) -> None:
    with pytest.raises(RelayUnreachable):
        await pair[0].call("w1-b", "reverse", b"")


async def test_a_name_cannot_leave_the_folder(pair: tuple[Relay, Relay]) -> None:
    with pytest.raises(RelayUnreachable):
        await pair[0].call("../w1-b", "reverse", b"")


async def test_a_callee_that_dies_ends_the_call(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    arrived = asyncio.Event()

    async def hang(_: bytes) -> bytes:
        arrived.set()
        await asyncio.Event().wait()
        return b""

    two.serve("hang", hang)
    await two.start()
    call = asyncio.ensure_future(one.call("w1-b", "hang", b"", deadline=30))
    await arrived.wait()
    await two.close()
    with pytest.raises(RelayUnreachable):
        await call


async def test_a_deadline_ends_the_call(pair: tuple[Relay, Relay]) -> None:
    one, two = pair

    async def hang(_: bytes) -> bytes:
        await asyncio.Event().wait()
        return b""

    two.serve("hang", hang)
    await two.start()
    with pytest.raises(RelayUnreachable):
        await one.call("w1-b", "hang", b"", deadline=0.01)


async def test_a_worker_that_came_back_is_reached_again(pair: tuple[Relay, Relay], tmp_path: Path) -> None:
    one, two = pair
    two.serve("reverse", reverse)
    await two.start()
    assert await one.call("w1-b", "reverse", b"ab") == b"ba"
    await two.close()
    again = Relay("w1-b", tmp_path)
    again.serve("reverse", reverse)
    await again.start()
    try:
        try:
            answer = await one.call("w1-b", "reverse", b"cd")
        except RelayUnreachable:  # the old link may need one call to notice
            answer = await one.call("w1-b", "reverse", b"cd")
        assert answer == b"dc"
    finally:
        await again.close()


async def test_a_payload_beyond_the_bound_is_refused(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    two.serve("reverse", reverse)
    await two.start()
    with pytest.raises(RelayUnreachable):
        await one.call("w1-b", "reverse", b"x" * (MAX_FRAME + 1))
    assert await one.call("w1-b", "reverse", b"ab") == b"ba"


async def test_garbage_on_the_socket_harms_nobody(pair: tuple[Relay, Relay], tmp_path: Path) -> None:
    one, two = pair
    two.serve("reverse", reverse)
    await two.start()
    for garbage in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x03abc", b"\x00"):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "w1-b.sock")
        writer.write(garbage)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    assert await one.call("w1-b", "reverse", b"ab") == b"ba"
