"""A disk that takes its time, and one that fails: the kernel's fdatasync is delayed or broken under the running server.

A slow disk delays acknowledgements and nothing else; a failing one acknowledges nothing. When it works again so does
everything, without a restart. The faults are made by strace, which stops the server's threads at each of these calls.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
import urllib.error
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.edge.traces import looking_on
from tests.server import KreideServer
from tests.wire import ChatClient, YClient

pytestmark = [
    pytest.mark.edge,
    pytest.mark.skipif(shutil.which("strace") is None or os.geteuid() != 0, reason="only root may do so (strace)"),
]
CHANNEL = "demo-class"
FILES = f"/api/v1/uploads?channel={CHANNEL}&name=Blatt.pdf"
DELAY = 2.5  # seconds for each sync
ASKED = 5  # requests that must be answered while the disk is at work


@asynccontextmanager
async def faulty_sync(server: KreideServer, fault: str) -> AsyncIterator[None]:
    """Let every fdatasync of the server go wrong in this way (strace's words)."""
    what = ("-e", "trace=fdatasync,fsync", "-e", f"inject=fdatasync,fsync:{fault}", "-o", "/dev/null")
    async with looking_on(server, *what):
        yield


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


async def test_a_slow_disk_delays_acks_and_nothing_else(tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    try:
        tickets = [server.ticket(document="scratch-slow", right="write", name=name) for name in ("Ada", "Ben")]
        async with (
            asyncio.timeout(600),
            aiohttp.ClientSession() as http,
            YClient(server.url, "scratch-slow", tickets[0], "ada") as ada,
            YClient(server.url, "scratch-slow", tickets[1], "ben") as ben,
        ):
            await ada.until_synced()
            await ben.until_synced()
            async with faulty_sync(server, f"delay_enter={int(DELAY * 1e6)}"):
                written, began = await ada.write(), time.monotonic()
                answered = 0
                while written not in ada.acked | ben.known():
                    assert ada.close_code is None and ben.close_code is None, (ada.close_code, ben.close_code, answered)
                    async with http.get(f"{server.url}/healthz") as answer:
                        answered += answer.status == 200
                assert time.monotonic() - began >= DELAY, "somebody was told before the disk had it"
                assert answered >= ASKED, "the server stood still while it waited"
                await ada.until_acked(written)
                await ben.until({written})
    finally:
        assert server.stop() == 0


async def test_a_failing_disk_acknowledges_nothing(tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    chat = ChatClient(server.url, server.ticket(meeting="demo-lesson", role="teacher", name="Ada"), "ada")
    ticket = server.ticket(document="scratch-fault", right="write", name="Ada")
    message = {"channel": CHANNEL, "text": "Guten Morgen", "client_id": "m1"}
    api, file = server.login("teacher"), b"%PDF-1.7 " + bytes(9000)
    try:
        await chat.connect()
        async with asyncio.timeout(600), YClient(server.url, "scratch-fault", ticket, "ada") as ada:
            await ada.until_synced()
            first = await asyncio.to_thread(api.send_file, FILES, file)
            before = files_in(server.data / "uploads")
            async with faulty_sync(server, "error=EIO"):
                refused = await chat.io.call("chat:send", message, timeout=120)
                written = await ada.write()
                await ada.until_closed()
                with pytest.raises(urllib.error.HTTPError) as unkept:
                    await asyncio.to_thread(api.send_file, FILES, file)
            unkept.value.close()
            assert unkept.value.code == 503
            assert files_in(server.data / "uploads") == before, "nothing of it stays"
            assert refused["error"]["code"] == "unavailable", refused
            assert ada.close_code == 4509
            assert written not in ada.acked
            sent = await chat.io.call("chat:send", message, timeout=120)
            assert sent.get("seq") == 1, sent
            await ada.disconnect()
            await ada.connect()
            await ada.until_acked(written)
            again = await asyncio.to_thread(api.send_file, FILES, file)
        server.kill()
        server.start()
        for upload in (first, again):
            assert await asyncio.to_thread(api.read_file, f"/api/v1/uploads/{upload['id']}") == file
        async with asyncio.timeout(120), YClient(server.url, "scratch-fault", ticket, "eye") as eye:
            await eye.until({written})
    finally:
        await chat.disconnect()
        server.kill()
