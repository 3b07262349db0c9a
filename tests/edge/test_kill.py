"""kill -9 at random moments under load: what was acknowledged or seen by another client is still there.

A fresh client looks first, before any old one comes back, since a returning replica would bring along what the
server had lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from pathlib import Path

import aiohttp
import pytest

from tests.server import KreideServer
from tests.wire import ChatClient, YClient

pytestmark = pytest.mark.edge
SHORT = {"sqlite": 20, "postgres": 10}  # rounds of a usual run
ROUNDS = {store: int(os.environ.get("KREIDE_KILL_ROUNDS", short)) for store, short in SHORT.items()}
CHANNEL = "demo-class"


async def load(writers: list[YClient], chatter: ChatClient, until: asyncio.Event) -> None:
    """Write as fast as the acks of chat allow, until told to stop or the server is gone."""

    async def type_on(writer: YClient) -> None:
        while not until.is_set():
            await writer.write()
            await asyncio.sleep(0.002)

    async def chat_on() -> None:
        while not until.is_set() and await chatter.send(CHANNEL, timeout=2) is not None:
            pass

    with contextlib.suppress(aiohttp.ClientError, ConnectionError):
        await asyncio.gather(*map(type_on, writers), chat_on())


async def one_round(server: KreideServer, writers: list[YClient], name: str, seconds: float) -> None:
    """Load the server, kill it after `seconds`, start it again, compare with what was promised."""
    tickets = server.ticket(meeting="demo-lesson", role="pupil", name=name)
    chatter = ChatClient(server.url, tickets, name)
    for writer in writers:
        await writer.connect()
        await asyncio.wait_for(writer.until_synced(), 120)
    await chatter.connect()
    stop, before = asyncio.Event(), sum(len(writer.acked) for writer in writers)
    loading = asyncio.ensure_future(load(writers, chatter, stop))
    await asyncio.sleep(seconds)
    if seconds > 0.3:  # and sometimes before anything was acknowledged
        async with asyncio.timeout(120):
            while sum(len(writer.acked) for writer in writers) <= before and not loading.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    server.kill()
    stop.set()
    try:
        await loading
    finally:
        for writer in writers:
            await writer.disconnect()
        await chatter.disconnect()
    server.start()

    async with YClient(
        server.url, "scratch-kill", server.ticket(document="scratch-kill", right="read", name="Eye"), "eye"
    ) as eye:
        await asyncio.wait_for(eye.until_synced(), 120)
        kept = eye.known()
    for writer in writers:
        assert not writer.acked - kept, "an acknowledged edit is lost"
        assert not writer.received - kept, "an edit that another client had received is lost"
    reader = ChatClient(server.url, tickets, "reader")
    await reader.connect()
    history = await reader.history(CHANNEL)
    await reader.disconnect()
    promised = chatter.acked | chatter.seen
    assert {seq: history.get(seq) for seq in promised} == promised
    assert len(set(history.values())) == len(history), "a message stands twice"


@pytest.mark.timeout(400 + 60 * max(ROUNDS.values()))
@pytest.mark.parametrize(("store", "rounds"), ROUNDS.items())
async def test_nothing_acknowledged_is_lost(
    request: pytest.FixtureRequest, tmp_path: Path, store: str, rounds: int
) -> None:
    flags = ["--database", request.getfixturevalue("postgres_url")] if store == "postgres" else []
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = KreideServer(tmp_path / "data", *flags)
    server.start()
    try:
        writers = [
            YClient(server.url, "scratch-kill", server.ticket(document="scratch-kill", right="write", name=name), name)
            for name in ("ada", "ben")
        ]
        for number in range(rounds):
            await one_round(server, writers, f"round{number}", chance.uniform(0.05, 0.6))
        assert sum(len(writer.acked) for writer in writers) > 0, "the load was no load"
        for writer in writers:
            await writer.connect()
            await asyncio.wait_for(writer.until_synced(), 120)
        async with asyncio.timeout(120):
            await writers[0].until(writers[1].known())
            await writers[1].until(writers[0].known())
        for writer in writers:
            await writer.disconnect()
    finally:
        server.kill()
