"""Calls between workers end in an answer, in the callee's error, or in RelayUnreachable; never in silence."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services import free_port
from web.errors import AccessDenied, describe
from web.machines import Address, Credentials, address_of, name_worker
from web.relay import MAX_FRAME, Relay, RelayUnreachable, RemoteError


def machine(nonce: str, folder: Path, port: int = 0, secret: bytes = b"s") -> Relay:
    """A worker on a machine of its own: only its address joins it to the others."""
    folder.mkdir(exist_ok=True)
    name = name_worker(0, nonce, Address("127.0.0.1", port or free_port()))
    return Relay(name, folder, Credentials(secret, name))


@pytest.fixture(params=["one machine", "two machines"])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Relay, Relay]]:
    """Two workers, over a Unix socket or over TLS. A test calls `two.worker`, whose name differs."""
    if request.param == "one machine":
        one, two = Relay("w0-a", tmp_path), Relay("w1-b", tmp_path)
    else:
        one, two = machine("a", tmp_path / "a"), machine("b", tmp_path / "b")
    yield one, two
    await one.close()
    await two.close()


async def reverse(payload: bytes) -> bytes:
    return payload[::-1]


async def test_a_call_is_answered(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    two.serve("reverse", reverse)
    await two.start()
    assert await one.call(two.worker, "reverse", b"abc") == b"cba"


async def test_a_worker_may_call_itself(pair: tuple[Relay, Relay]) -> None:
    one, _ = pair
    one.serve("reverse", reverse)
    assert await one.call(one.worker, "reverse", b"abc") == b"cba"


async def test_calls_begin_in_their_order(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    seen: list[bytes] = []

    async def note(payload: bytes) -> bytes:
        seen.append(payload)
        return b""

    two.serve("note", note)
    await two.start()
    await one.call(two.worker, "note", b"first")
    await asyncio.gather(*(one.call(two.worker, "note", str(n).encode()) for n in range(200)))
    assert seen == [b"first", *(str(n).encode() for n in range(200))]


async def test_the_callees_error_comes_back_as_it_is(pair: tuple[Relay, Relay]) -> None:
    one, two = pair

    async def refuse(_: bytes) -> bytes:
        raise AccessDenied("not_found", "no such room")

    two.serve("refuse", refuse)
    await two.start()
    with pytest.raises(RemoteError) as caught:
        await one.call(two.worker, "refuse", b"")
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
        await one.call(two.worker, "stumble", b"")
    assert "secret" in caplog.text


async def test_nobody_there(pair: tuple[Relay, Relay]) -> None:
    with pytest.raises(RelayUnreachable):
        await pair[0].call(pair[1].worker, "reverse", b"")


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
    call = asyncio.ensure_future(one.call(two.worker, "hang", b"", deadline=30))
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
        await one.call(two.worker, "hang", b"", deadline=0.01)


async def test_a_worker_that_came_back_is_reached_again(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    two.serve("reverse", reverse)
    await two.start()
    assert await one.call(two.worker, "reverse", b"ab") == b"ba"
    await two.close()
    again = Relay(two.worker, two._folder, two._credentials)
    again.serve("reverse", reverse)
    await again.start()
    try:
        try:
            answer = await one.call(two.worker, "reverse", b"cd")
        except RelayUnreachable:  # the old link may need one call to notice
            answer = await one.call(two.worker, "reverse", b"cd")
        assert answer == b"dc"
    finally:
        await again.close()


async def test_a_payload_beyond_the_bound_is_refused(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    two.serve("reverse", reverse)
    await two.start()
    with pytest.raises(RelayUnreachable):
        await one.call(two.worker, "reverse", b"x" * (MAX_FRAME + 1))
    assert await one.call(two.worker, "reverse", b"ab") == b"ba"


async def test_garbage_on_the_socket_harms_nobody(pair: tuple[Relay, Relay]) -> None:
    one, two = pair
    two.serve("reverse", reverse)
    await two.start()
    for garbage in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x03abc", b"\x00"):
        reader, writer = await asyncio.open_unix_connection(two._folder / f"{two.worker}.sock")
        writer.write(garbage)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    assert await one.call(two.worker, "reverse", b"ab") == b"ba"


async def test_a_new_worker_at_an_old_address_is_not_the_old_one(tmp_path: Path) -> None:
    port = free_port()
    one, new = machine("one", tmp_path / "one"), machine("new", tmp_path / "new", port)
    old = name_worker(0, "old", Address("127.0.0.1", port))
    new.serve("reverse", reverse)
    await new.start()
    try:
        with pytest.raises(RelayUnreachable, match="not there any more"):
            await one.call(old, "reverse", b"ab")
        assert await one.call(new.worker, "reverse", b"ab") == b"ba"
    finally:
        await one.close()
        await new.close()


@pytest.mark.parametrize("secret", [b"other", None])
async def test_who_does_not_know_the_secret_is_not_heard(tmp_path: Path, secret: bytes | None) -> None:
    two, stranger = machine("b", tmp_path / "b"), machine("x", tmp_path / "x", secret=secret or b"")
    heard: list[bytes] = []

    async def note(payload: bytes) -> bytes:
        heard.append(payload)
        return b""

    two.serve("note", note)
    await two.start()
    try:
        if secret is not None:
            with pytest.raises(RelayUnreachable):
                await stranger.call(two.worker, "note", b"x")
            own = machine("y", tmp_path / "y")
            stranger.serve("note", note)
            await stranger.start()
            with pytest.raises(RelayUnreachable):  # nor does anybody talk to it
                await own.call(stranger.worker, "note", b"x")
            await own.close()
        else:  # TLS without a certificate
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            address = address_of(two.worker)
            assert address is not None
            reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
            writer.write(b"\x00\x00\x00\x01x")
            with contextlib.suppress(OSError):
                assert await reader.read() == b""
            writer.close()
        assert heard == []
    finally:
        await two.close()
        await stranger.close()
