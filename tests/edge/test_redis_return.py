"""Redis is away for a while: whoever is on one worker goes on, and its return itself brings the workers together.

Nothing else can, here: nobody looks into the store by the clock, and the announcements of what was written meanwhile
have run out. So these tests assert no time; how long it took is printed, and how often it took a new connection is
counted: the first that are begun after the return are enough.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from collab import chat_hub, redis_bus, redis_lines
from collab.chat import NewMessage
from collab.chat_hub import Chat
from collab.chat_store import ChatStore
from collab.limits import Limits
from collab.redis_bus import RedisBus
from collab.redis_lines import ServerLine
from collab.redis_wire import OnReply, Wire
from collab.store import DocumentStore, migrate
from tests.collab.clients import Client
from tests.collab.school import Classroom, content
from tests.collab.test_chat import Ear
from tests.services import RedisServer
from tests.web.house import eventually

pytestmark = pytest.mark.edge
NEVER = 3600.0
WORDS = 6


@pytest.fixture
async def buses(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[RedisBus]]:
    monkeypatch.setattr(redis_lines, "CALL_SECONDS", 0.5)  # sooner sure that nobody answers
    both = [RedisBus(redis_server.url) for _ in range(2)]
    for bus in both:
        await bus.start()
    yield both
    for bus in both:
        await bus.close()


@pytest.fixture(params=["killed", "hung"])
async def away(
    request: pytest.FixtureRequest, redis_server: RedisServer
) -> AsyncIterator[tuple[Callable[[], None], Callable[[], None]]]:
    """How Redis goes and comes back: dead without memory, or silent with everything that was sent to it meanwhile."""
    if request.param == "killed":
        yield redis_server.kill, redis_server.start
        return
    yield redis_server.hang, redis_server.wake
    redis_server.wake()


class Attempts:
    """How many connections are begun from now on; all have as long as they need, whatever the machine has to do."""

    def __init__(self, buses: list[RedisBus], monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        open_wire = Wire.open

        async def count(redis: Redis, on_reply: OnReply) -> Wire:
            self.begun += 1
            return await open_wire(redis, on_reply)

        monkeypatch.setattr(Wire, "open", count)
        monkeypatch.setattr(redis_lines, "CALL_SECONDS", NEVER)
        monkeypatch.setattr(redis_bus, "_DEAF", NEVER)
        for bus in buses:
            assert isinstance(bus._line, ServerLine)
            pool = bus._line._wires.connection_pool
            pool.connection_kwargs |= {"socket_timeout": NEVER, "socket_connect_timeout": NEVER}


class Side:
    """One worker: its part of the document and of the channel."""

    def __init__(self, name: str, chat: Chat) -> None:
        self.name = name
        self.chat = chat
        self.ear = Ear(chat)

    async def say(self, number: int) -> None:
        key = f"{self.name}{number}"
        await self.chat.send(NewMessage("c", self.name, self.name, "pupil", key, key))


async def test_its_return_brings_everybody_together(
    tmp_path: Path,
    buses: list[RedisBus],
    away: tuple[Callable[[], None], Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chat_hub, "POLL_SECONDS", NEVER)
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    migrate(url)
    stores = [await DocumentStore.open(url) for _ in buses]
    channels = [await ChatStore.open(url) for _ in buses]
    sides = [Side(f"s{number}", Chat(channels[number], bus)) for number, bus in enumerate(buses)]
    for side in sides:
        await side.chat.start()
        await side.chat.open("c")
    limits = Limits(idle_seconds=0.0, poll_seconds=NEVER)
    async with Classroom(stores[0], buses[0], limits=limits, others=[(stores[1], buses[1])]) as school:
        go, come = away
        people = await write_while_it_is_away(school, sides, go)
        attempts = Attempts(buses, monkeypatch)
        come()
        await come_together(school, sides, people)
        assert attempts.begun <= 2 * len(buses), "a mouth and an ear for each"
    for side in sides:
        await side.chat.close()
    for store in stores:
        await store.close()
    for channel in channels:
        await channel.close()


async def write_while_it_is_away(school: Classroom, sides: list[Side], go: Callable[[], None]) -> list[Client]:
    """Two people on each worker; those of one see each other's words at once, the others' not."""
    people = [await school.join(f"p{number}", number % 2) for number in range(4)]
    await school.settle()
    go()
    await school.until(lambda: not any(hub.bus.healthy for hub in school.hubs))
    for worker, side in enumerate(sides):  # one after the other: the first has no gap that it could notice
        for number in range(WORDS):
            for person in people[worker::2]:
                person.replica.text += f"{person.connection.editor.account}-{number} "
                await school.until(lambda: person.replica.acked == person.replica.sent)  # noqa: B023
            await side.say(number)
        one, other = people[worker::2]
        await school.until(lambda: content(one.replica) == content(other.replica))  # noqa: B023
    await eventually(lambda: len(sides[1].ear.heard) == 2 * WORDS)
    await school.until(lambda: not any(hub.exchange._repeats._announced for hub in school.hubs))
    assert len(str(people[0].replica.text).split()) == 2 * WORDS, "of the other worker's nothing has come"
    assert sides[0].ear.heard == list(range(1, WORDS + 1))
    return people


async def come_together(school: Classroom, sides: list[Side], people: list[Client]) -> None:
    """All have all words and messages, once and in order."""
    since = time.monotonic()
    await school.settle()
    await eventually(lambda: all(len(side.ear.heard) >= 2 * WORDS for side in sides))
    print(f"together {time.monotonic() - since:.2f} s after its return")
    words = str(people[0].replica.text).split()
    assert sorted(words) == sorted(f"p{person}-{number}" for person in range(4) for number in range(WORDS))
    for person in people:
        assert str(person.replica.text).split() == words
        own = person.connection.editor.account
        assert [word for word in words if word.startswith(own)] == [f"{own}-{number}" for number in range(WORDS)]
    assert [side.ear.heard for side in sides] == [list(range(1, 2 * WORDS + 1))] * 2, "each once and in order"
    assert all(person.transport.closed is None for person in people), "nobody was thrown out"
