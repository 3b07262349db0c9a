"""Everything at once: random histories on two workers, with the bus and workers dying and standing still.

Too long for each run: `KREIDE_HISTORIES=100` plays so many rounds of six documents.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.edge.copies import Human
from tests.edge.histories import History, read_store
from tests.server import KreideServer
from tests.services import RedisServer

ROUNDS = int(os.environ.get("KREIDE_HISTORIES", "0"))
pytestmark = [pytest.mark.edge, pytest.mark.skipif(not ROUNDS, reason="KREIDE_HISTORIES says how many rounds")]
DOCUMENTS, WRITERS, SECONDS = 6, 3, 4.0


async def break_things(server: KreideServer, redis: RedisServer, chance: random.Random, end: float) -> None:
    """Kill workers and Redis, or let them stand still for a while."""
    while time.monotonic() < end:
        await asyncio.sleep(chance.uniform(0.05, 0.6))
        match chance.choice(("kill worker", "stop worker", "kill redis")):
            case "kill redis":
                redis.kill()
                await asyncio.sleep(chance.uniform(0, 2))
                await asyncio.to_thread(redis.start)
            case "kill worker":
                with contextlib.suppress(ProcessLookupError, IndexError):
                    os.kill(chance.choice(server.workers()), signal.SIGKILL)
            case _:
                with contextlib.suppress(ProcessLookupError, IndexError):
                    worker = chance.choice(server.workers())
                    os.kill(worker, signal.SIGSTOP)
                    await asyncio.sleep(chance.uniform(0.1, 2))
                    os.kill(worker, signal.SIGCONT)


async def until_whole(server: KreideServer) -> None:
    """Return once both workers serve, and have had the time to look at the heads of what they hold."""
    async with asyncio.timeout(120):
        while len(server.workers()) < 2 or not await asyncio.to_thread(server.ready):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await asyncio.sleep(4)


@pytest.mark.timeout(300 + 200 * ROUNDS)
async def test_whatever_happens_everybody_ends_with_what_is_stored(tmp_path: Path, redis_server: RedisServer) -> None:
    server = KreideServer(tmp_path / "data", "--workers", "2", "--redis", redis_server.url)
    server.start()
    logins = [server.login(f"pupil{number + 1}").cookie() for number in range(DOCUMENTS * WRITERS)]
    people = [Human(server.url, f"pupil{number + 1}", cookie) for number, cookie in enumerate(logins)]
    try:
        for _ in range(ROUNDS):
            seed = random.randrange(1 << 24)
            print(f"seeds from {seed}")
            places = range(0, len(people), WRITERS)
            histories = [History(seed + place, people[place : place + WRITERS]) for place in places]
            breaking = break_things(server, redis_server, random.Random(seed), time.monotonic() + SECONDS)
            await asyncio.gather(breaking, *(history.play(SECONDS) for history in histories))
            await until_whole(server)
            for history in histories:
                await history.settle()
                history.judge(*read_store(server.data / "collab.db", history.document))
                for copy in history.copies:
                    await copy.leave()
    finally:
        for person in people:
            await person.http.close()
        server.stop()
