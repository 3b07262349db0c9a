"""kill -9 of what PostgreSQL is made of, and of all of it, while several people write and chat.

Kreide itself lives on: it says that nothing is stored now, and goes on when the database is back. What was acknowledged
or seen before is still there for somebody who was never connected.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.lives import Person, all_leave, all_write_again, compare, tell
from tests.server import KreideServer
from tests.services import Postgres

pytestmark = pytest.mark.edge
ROUNDS = int(os.environ.get("KREIDE_KILL_ROUNDS", "3"))
PEOPLE = 4


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A cluster that only this test may kill."""
    cluster = Postgres()
    cluster.start()
    yield cluster
    cluster.remove()


@pytest.mark.timeout(400 + 60 * ROUNDS)
async def test_postgresql_may_die_at_any_moment(tmp_path: Path, postgres: Postgres) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, killed = random.Random(seed), Counter[str]()
    server = KreideServer(tmp_path / "data", "--database", postgres.url(postgres.create_database()))
    server.start()
    people = [Person(server, number) for number in range(PEOPLE)]
    lives = [asyncio.create_task(person.live()) for person in people]
    try:
        await all_write_again(people, [0] * PEOPLE, lives)
        for number in range(ROUNDS):
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            if number % 2:
                await asyncio.to_thread(postgres.kill)
                await asyncio.sleep(chance.uniform(0.0, 0.5))
                await asyncio.to_thread(postgres.start)
                killed["PostgreSQL"] += 1
            else:
                await asyncio.to_thread(postgres.kill_child, chance)
                killed["one of its processes"] += 1
            before = [len(person.editor.acked) for person in people]
            await all_write_again(people, before, lives)
        await all_leave(lives)
        assert '"level":"error"' not in server.log.read_text(), "a database that is away is nothing unforeseen"
        await compare(server, people)
    finally:
        await all_leave(lives)
        tell(killed, people)
        assert server.stop() == 0
