"""Redis stands still for a minute: who shares a worker goes on as before, and the others have it all when it goes on.

It takes KREIDE_STILL_SECONDS (`make soak`): what acks took is printed beside the minute before. Only here is a time
asserted, that of the return, so it wants a machine that has nothing else to do.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Array, Doc

from tests.server import KreideServer, sockets_of
from tests.services import RedisServer
from tests.wire import ChatClient, YClient

SECONDS = float(os.environ.get("KREIDE_STILL_SECONDS", "0"))
RETURN_SECONDS = 2.0
DOCUMENT, CHANNEL = "scratch-still", "demo-class"
EDIT_SECONDS, CHAT_SECONDS = 0.25, 2.0
pytestmark = [pytest.mark.edge, pytest.mark.skipif(not SECONDS, reason="KREIDE_STILL_SECONDS is not set")]


class Editor(YClient):
    """Writes each key as a word behind the others, too."""

    def take_over(self, doc: Doc[Any]) -> None:
        super().take_over(doc)
        self.words: Array[Any] = doc.get("words", type=Array)

    def put(self, key: str) -> None:
        with self.doc.transaction():
            super().put(key)
            self.words.append(key)


class Took:
    """How long acks took."""

    def __init__(self) -> None:
        self._seconds: list[float] = []

    async def measure(self, what: Awaitable[object]) -> None:
        since = time.monotonic()
        await what
        self._seconds.append(time.monotonic() - since)

    def __str__(self) -> str:
        found = sorted(self._seconds)
        half, most, all_ = (found[min(len(found) * part // 100, len(found) - 1)] * 1000 for part in (50, 99, 100))
        return f"{len(found)} acks, {half:.1f} ms (median), {most:.1f} ms (p99), {all_:.1f} ms at most"


class Person:
    """Somebody with a document and a chat open, both at one worker."""

    def __init__(self, server: KreideServer, number: int) -> None:
        name = f"p{number}"
        ticket = server.ticket(document=DOCUMENT, right="write", name=name)
        self.editor = Editor(server.url, DOCUMENT, ticket, name)
        self.chatter = ChatClient(server.url, server.ticket(meeting="demo-lesson", role="pupil", name=name), name)

    async def come(self, server: KreideServer, worker: int) -> None:
        """Connect until the kernel has chosen this worker, twice."""
        await arrive(server, worker, self.editor)
        await self.editor.until_synced()
        await arrive(server, worker, self.chatter)

    async def write(self, took: Took) -> None:
        while True:
            await took.measure(self._edit())
            await asyncio.sleep(EDIT_SECONDS)

    async def _edit(self) -> None:
        await self.editor.until_acked(await self.editor.write())

    async def chat(self, took: Took) -> None:
        while True:
            await took.measure(self.chatter.send(CHANNEL))
            await asyncio.sleep(CHAT_SECONDS)

    async def leave(self) -> None:
        await self.editor.disconnect()
        await self.chatter.disconnect()


async def arrive(server: KreideServer, worker: int, client: Editor | ChatClient) -> None:
    for _ in range(64):
        before = sockets_of(worker)
        await client.connect()
        if sockets_of(worker) > before:
            return
        await client.disconnect()
    raise AssertionError("this worker takes no connections")


async def work(people: list[Person]) -> tuple[Took, Took]:
    """Let them write and chat for so long; what is not acknowledged then is not counted."""
    edits, messages = Took(), Took()
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
            for person in people:
                tasks.create_task(person.write(edits))
                tasks.create_task(person.chat(messages))
    return edits, messages


@pytest.mark.timeout(2 * SECONDS + 400)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_who_shares_a_worker_goes_on_while_redis_stands_still(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer, store: str
) -> None:
    flags = ["--database", request.getfixturevalue("postgres_url")] if store == "postgres" else []
    server = KreideServer(tmp_path / "data", "--workers", "2", "--redis", redis_server.url, *flags)
    server.start()
    request.addfinalizer(server.stop)
    request.addfinalizer(redis_server.wake)  # first
    async with AsyncExitStack() as stack:
        people = [Person(server, number) for number in range(6)]
        for number, person in enumerate(people):
            stack.push_async_callback(person.leave)
            await person.come(server, server.workers()[number // 3])
        writers, readers = people[:3], people[3:]
        before = await work(writers)
        redis_server.hang()
        meanwhile = await work(writers)
        redis_server.wake()
        since = time.monotonic()
        lacking = len(set().union(*(person.editor.own() for person in writers)) - readers[0].editor.known())
        await have_everything(writers, readers)
        seconds = time.monotonic() - since
    for what, was, is_ in zip(("edits", "messages"), before, meanwhile, strict=True):
        print(f"{store}, {what} before: {was}; while Redis stood still: {is_}")
    print(f"{store}: the other worker's people had everything {seconds:.2f} s after it went on ({lacking} edits)")
    assert seconds <= RETURN_SECONDS


async def have_everything(writers: list[Person], readers: list[Person]) -> None:
    """Return once the readers have all that the writers have stored; once, and in order."""
    keys = set().union(*(person.editor.own() for person in writers))
    sent = {seq: text for person in writers for seq, text in person.chatter.acked.items()}
    async with asyncio.timeout(60):
        for person in readers:
            await person.editor.until(keys)
            await person.chatter.until(set(sent))
    words = [str(word) for word in writers[0].editor.words]
    assert sorted(words) == sorted(keys), "each word once"
    for person in writers + readers:
        assert [str(word) for word in person.editor.words] == words
        assert person.editor.close_code is None and person.chatter.refusals == [], "nothing was refused"
        assert person.chatter.order == sorted(set(person.chatter.order)), "each message once, and in order"
        assert person.chatter.seen.items() >= sent.items()
    for person in writers:
        own = [word for word in words if word.startswith(f"{person.editor.name}-")]
        assert own == sorted(own, key=lambda word: int(word.split("-")[1]))
