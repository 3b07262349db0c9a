"""kill -9 of one of two workers, and of Redis, at random moments while people write and chat.

The parent starts a dead worker again. Whoever was connected to it comes back by themselves, to whichever worker the
kernel gives them; what was acknowledged or seen before is still there for somebody who was never connected.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.edge.lives import Person, all_leave, all_write_again, compare, tell
from tests.server import KreideServer
from tests.services import RedisServer

pytestmark = pytest.mark.edge
ROUNDS = int(os.environ.get("KREIDE_KILL_ROUNDS", "6"))


@pytest.mark.timeout(400 + 60 * ROUNDS)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_a_worker_or_redis_may_die_at_any_moment(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer, store: str
) -> None:
    flags = ["--database", request.getfixturevalue("postgres_url")] if store == "postgres" else []
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, killed = random.Random(seed), Counter[str]()
    server = KreideServer(tmp_path / "data", "--workers", "2", "--redis", redis_server.url, *flags)
    server.start()
    people = [Person(server, number) for number in range(4)]
    lives = [asyncio.create_task(person.live()) for person in people]
    try:
        for _ in range(ROUNDS):
            await asyncio.sleep(chance.uniform(0.1, 0.8))
            if chance.random() < 0.3:
                redis_server.kill()
                await asyncio.sleep(chance.uniform(0.0, 0.5))
                redis_server.start()
                killed["Redis"] += 1
            else:
                with contextlib.suppress(ProcessLookupError, IndexError):  # it may just be gone already
                    os.kill(chance.choice(server.workers()), signal.SIGKILL)
                    killed["worker"] += 1
            before = [len(person.editor.acked) for person in people]
            await all_write_again(people, before, lives)
        await all_leave(lives)
        await compare(server, people)
    finally:
        await all_leave(lives)
        tell(killed, people)
        assert server.stop() == 0
