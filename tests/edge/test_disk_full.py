"""A disk that is really full: the server's data lie on a small filesystem, and something else takes all that is left.

Writers are told that nothing is saved, and nothing is; who reads, comes, goes and shows a cursor does not notice. When
there is room again all goes on, without a restart. A file that did not fit leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import urllib.error
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.edge.watchers import InChannel, InDocument, left
from tests.server import KreideServer, demo_school
from tests.web.house import eventually
from tests.web.routes.files import photo
from tests.wire import ChatClient, YClient

pytestmark = [
    pytest.mark.edge,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a small disk (mount)"),
]
CHANNEL, DOCUMENT = "demo-class", "scratch-full"
MEGABYTES = 24
MOST = 3000  # edits or messages for which the log may still find a place in what it has
FILES = f"/api/v1/uploads?channel={CHANNEL}"


class SmallDisk:
    """A filesystem of a few megabytes, and what lies on it beside the server's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave: int = 0) -> None:
        """Take what is left but so many bytes."""
        with self._ballast.open("ab") as file:
            for size in (1 << 20, 1 << 12, 1):
                while shutil.disk_usage(self.folder).free - size >= leave:
                    if os.write(file.fileno(), bytes(size)) < size:
                        break

    def free(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={MEGABYTES}m,mode=700"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "kreide", str(folder)], check=False).returncode:
        pytest.skip("this machine lets nobody mount a filesystem")
    try:
        shutil.copytree(demo_school(), folder, dirs_exist_ok=True)
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Uploads:
    """Files that somebody sends into the channel, and what the server keeps of them."""

    def __init__(self, server: KreideServer) -> None:
        self._api = server.login("teacher")
        self._folder = server.data / "uploads"
        self._kept: dict[str, bytes] = {}

    async def fits(self, data: bytes) -> None:
        sent = await asyncio.to_thread(self._api.send_file, f"{FILES}&name=a.pdf", data)
        self._kept[str(sent["id"])] = data

    async def does_not_fit(self, name: str, data: bytes) -> None:
        """It is refused, and nothing of it stays."""
        before = self._files()
        with pytest.raises(urllib.error.HTTPError) as refused:
            await asyncio.to_thread(self._api.send_file, f"{FILES}&name={name}", data)
        with refused.value as answer:
            assert (answer.code, msgspec.json.decode(answer.read())["code"]) == (503, "store_failed"), name
        assert self._files() == before, name

    async def are_there(self) -> None:
        for id, data in self._kept.items():
            assert await asyncio.to_thread(self._api.read_file, f"/api/v1/uploads/{id}") == data

    def _files(self) -> set[Path]:
        return {path for path in self._folder.rglob("*") if path.is_file()}


async def write_until_full(writers: list[YClient]) -> None:
    """Write until the log has no place left: everybody is closed with 4509."""

    async def write_on(writer: YClient) -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(MOST):
                await writer.until_acked(await writer.write())

    await asyncio.gather(*map(write_on, writers))
    for writer in writers:
        await writer.until_closed()
        assert writer.close_code == 4509, writer.close_code


async def say(chat: ChatClient, text: str) -> dict[str, Any]:
    message = {"channel": CHANNEL, "text": text, "client_id": text}
    answer: dict[str, Any] = await chat.io.call("chat:send", message, timeout=120)
    if "seq" in answer:
        chat.acked[answer["seq"]] = text
    return answer


async def chat_until_full(chat: ChatClient) -> str:
    """Send until it is refused; return what was not stored."""
    for number in range(MOST):
        answer = await say(chat, f"voll-{number}")
        if "error" in answer and answer["error"]["code"] != "too_fast":
            assert answer["error"]["code"] == "unavailable", answer
            return f"voll-{number}"
        if "error" in answer:
            await asyncio.sleep(0.2)
    raise AssertionError("there was always room")


async def test_a_full_disk_saves_nothing_loses_nothing_and_recovers(small_disk: SmallDisk) -> None:
    server = KreideServer(small_disk.folder)
    server.start()
    writers = [
        YClient(server.url, DOCUMENT, server.ticket(document=DOCUMENT, right="write", name=name), name)
        for name in ("ada", "ben")
    ]
    chat = ChatClient(server.url, server.ticket(meeting="demo-lesson", role="teacher", name="Ada"), "ada")
    eye, uploads = server.ticket(document=DOCUMENT, right="read", name="eye"), Uploads(server)
    in_channel, in_document = [InChannel() for _ in range(3)], [InDocument() for _ in range(3)]
    server.ticket(meeting="demo-lesson", role="pupil", name="Watcher 2")  # printed while there is room
    try:
        async with asyncio.timeout(600), AsyncExitStack() as stack:
            for number in range(2):
                await in_channel[number].come(stack, server, number)
                await in_document[number].come(stack, server, number)
            await everything_is_saved(writers, chat, uploads, "vorher")

            small_disk.fill(leave=120_000)
            await uploads.does_not_fit("halb.pdf", b"%PDF-1.7 " + bytes(400_000))
            small_disk.fill()
            await write_until_full(writers)
            unsaid = await chat_until_full(chat)
            small_disk.fill()
            await uploads.does_not_fit("a.pdf", b"%PDF-1.7 small")
            await uploads.does_not_fit("b.pdf", b"%PDF-1.7 " + bytes(90_000))
            await uploads.does_not_fit("c.jpg", photo(300, 200))
            await nothing_is_saved(server, writers, chat, eye, unsaid)
            await people_come_and_go(stack, server, in_channel, in_document)
            await uploads.are_there()

            small_disk.free()
            await everything_is_saved(writers, chat, uploads, unsaid)
        server.kill()
        server.start()
        async with asyncio.timeout(180):
            await compare(server, writers, chat, eye)
            await uploads.are_there()
    finally:
        await chat.disconnect()
        for writer in writers:
            await writer.disconnect()
        server.kill()


async def nothing_is_saved(
    server: KreideServer, writers: list[YClient], chat: ChatClient, read: str, unsaid: str
) -> None:
    """Whoever comes again with what they wrote is sent away again; who reads sees what was acknowledged, no more."""
    acked = [set(writer.acked) for writer in writers]
    for _ in range(2):
        for writer in writers:
            await writer.disconnect()
            await writer.connect()
            await writer.until_closed()
            assert writer.close_code == 4509, writer.close_code
    assert [writer.acked for writer in writers] == acked
    assert (await say(chat, unsaid))["error"]["code"] == "unavailable"
    async with YClient(server.url, DOCUMENT, read, "eye") as eye:
        await eye.until_synced()
        assert eye.known() == set[str]().union(*acked)
    assert unsaid not in (await chat.history(CHANNEL)).values()


async def people_come_and_go(
    stack: AsyncExitStack, server: KreideServer, in_channel: list[InChannel], in_document: list[InDocument]
) -> None:
    """Somebody new is seen by those who were there, and sees them."""
    await in_channel[2].come(stack, server, 2)
    await in_document[2].come(stack, server, 2)
    assert len(left(in_channel)) == 3 == len(left(in_document)), "nobody was sent away"
    await eventually(lambda: all(one.sees() >= left(in_document) for one in in_document))
    await eventually(lambda: all(one.sees() >= left(in_channel) for one in in_channel))


async def everything_is_saved(writers: list[YClient], chat: ChatClient, uploads: Uploads, text: str) -> None:
    """They come (again) with what they have written, write more, chat, and send a file."""
    for writer in writers:
        await writer.disconnect()
        await writer.connect()
        await writer.until_synced()
        await writer.until_acked(await writer.write())
        assert writer.own() <= writer.acked
    if not chat.io.connected:
        await chat.connect()
    assert "seq" in await say(chat, text)
    await uploads.fits(b"%PDF-1.7 " + text.encode() + bytes(9000))


async def compare(server: KreideServer, writers: list[YClient], chat: ChatClient, read: str) -> None:
    """Somebody who was never there finds all that was acknowledged."""
    async with YClient(server.url, DOCUMENT, read, "eye") as eye:
        await eye.until_synced()
        kept = eye.known()
    for writer in writers:
        assert not writer.acked - kept, "an acknowledged edit is lost"
    await chat.disconnect()
    await chat.connect()
    history = await chat.history(CHANNEL)
    assert {seq: history.get(seq) for seq in chat.acked} == chat.acked, "an acknowledged message is lost"
