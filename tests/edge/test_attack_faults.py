"""The disk fills up while people work: they are told, nothing of what they wrote leaks, and nothing needs a restart."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server import KreideServer
from tests.wire import ChatClient, YClient

pytestmark = pytest.mark.edge
SECRET = "what only the class may read"
CHANNEL = "demo-class"


@contextmanager
def full_disk(server: KreideServer) -> Iterator[None]:
    """Let no file of the server grow any more."""
    limits = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, limits)


async def say(chat: ChatClient, number: int) -> dict[str, object]:
    message = {"channel": CHANNEL, "text": f"{SECRET} {number}", "client_id": f"m{number}"}
    answer: dict[str, object] = await chat.io.call("chat:send", message, timeout=30)
    return answer


async def test_a_full_disk_is_told_and_overcome(tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    chat = ChatClient(server.url, server.ticket(meeting="demo-lesson", role="teacher", name="Ada"), "ada")
    ticket = server.ticket(document="scratch-full", right="write", name="Ada")
    try:
        await chat.connect()
        assert (await say(chat, 0))["seq"]
        async with asyncio.timeout(120), YClient(server.url, "scratch-full", ticket, "ada") as editor:
            await editor.until_synced()
            with full_disk(server):
                refused = await say(chat, 1)
                lost = await editor.write()
                await editor.until_closed()
            assert editor.close_code == 4509
            assert lost not in editor.acked
            error = refused["error"]
            assert isinstance(error, dict)
            assert error["code"] == "unavailable"
            assert SECRET not in error["text"]
            assert "INSERT" not in error["text"]
            assert (await say(chat, 1))["seq"] == 2, "the same message, once there is room"
            await editor.disconnect()
            await editor.connect()  # brings along what was not stored
            await editor.until_synced()
            await editor.until_acked(await editor.write())
        async with asyncio.timeout(120), YClient(server.url, "scratch-full", ticket, "eye") as eye:
            await eye.until_synced()
            await eye.until({lost})
    finally:
        await chat.disconnect()
        assert server.stop() == 0
    assert SECRET not in server.log.read_text()
