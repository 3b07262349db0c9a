"""Many come in at once: first come, first served, and everybody knows how many are before them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import socketio

from tests.web.house import Caller, House, eventually
from web import turnstile
from web.errors import Overloaded
from web.school.model import Channel, ChannelRights, Person
from web.turnstile import ABREAST, Turnstile

FLOOD = 30


class Crowd:
    """People at one turnstile, who stay inside until they are let go."""

    def __init__(self, turnstile: Turnstile) -> None:
        self.turnstile = turnstile
        self.inside: list[int] = []
        self.told: dict[int, list[int]] = {}
        self._go: dict[int, asyncio.Event] = {}

    def come(self, number: int) -> asyncio.Task[None]:
        return asyncio.create_task(self._come(number))

    async def _come(self, number: int) -> None:
        go = self._go[number] = asyncio.Event()
        async with self.turnstile.turn(lambda before: self.told.setdefault(number, []).append(before)):
            self.inside.append(number)
            await go.wait()

    def go(self, number: int) -> None:
        self._go[number].set()


async def test_each_goes_through_in_turn() -> None:
    crowd = Crowd(Turnstile(abreast=2))
    tasks = [crowd.come(number) for number in range(5)]
    await eventually(lambda: len(crowd.turnstile) == 3)
    assert crowd.inside == [0, 1]
    crowd.go(1)
    await eventually(lambda: crowd.inside == [0, 1, 2])
    tasks[3].cancel()  # gives up
    late = crowd.come(9)
    for number in (0, 2, 4):
        crowd.go(number)
    await eventually(lambda: crowd.inside == [0, 1, 2, 4, 9])
    crowd.go(9)
    await asyncio.gather(*tasks, late, return_exceptions=True)
    again = crowd.come(10), crowd.come(11)
    await eventually(lambda: crowd.inside[-2:] == [10, 11])  # two abreast, as before
    for number in (10, 11):
        crowd.go(number)
    await asyncio.gather(*again)


async def test_who_gives_up_when_it_is_their_turn_leaves_it_to_the_next() -> None:
    crowd = Crowd(Turnstile(abreast=1))
    tasks = [crowd.come(number) for number in range(3)]
    await eventually(lambda: len(crowd.turnstile) == 2)
    crowd.go(0)
    await tasks[0]  # the turn has been given to 1, which has not run yet, or just has
    tasks[1].cancel()
    await eventually(lambda: 2 in crowd.inside)
    crowd.go(2)
    await tasks[2]
    assert len(crowd.turnstile) == 0


async def test_beyond_the_bound_people_are_told_when_to_come_again() -> None:
    crowd = Crowd(Turnstile(abreast=1, most=2))
    tasks = [crowd.come(number) for number in range(3)]
    await eventually(lambda: len(crowd.turnstile) == 2)
    moments = set()
    for _ in range(50):
        with pytest.raises(Overloaded) as refused:
            crowd.turnstile.check_room()
        moments.add(refused.value.retry_after)
    assert refused.value.code == "unavailable" and min(moments) >= 1
    for number, task in enumerate(tasks):
        await eventually(lambda number=number: number in crowd.inside)  # type: ignore[misc]
        crowd.go(number)
        await task
    crowd.turnstile.check_room()


async def test_a_flood_comes_in_completely_and_in_order(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that gets nothing done for a while: who came first is let in first, nobody is sent away."""
    monkeypatch.setattr(turnstile, "TELL_SECONDS", 0.05)
    read, slow, order = house.services.access.channels_of, asyncio.Event(), list[str]()

    async def channels_of(person: Person) -> Sequence[tuple[Channel, ChannelRights]]:
        order.append(person.name)
        await slow.wait()
        return await read(person)

    monkeypatch.setattr(house.services.access, "channels_of", channels_of)
    names = [f"P{number}" for number in range(FLOOD)]
    callers: list[Caller] = []
    for name in names:
        issued = await house.services.auth.issue_role_ticket("demo-lesson", "pupil", name)
        caller = Caller(name)
        await caller.sio.connect(house.url, auth={"ticket": issued.ticket}, transports=["websocket"], wait_timeout=30)
        callers.append(caller)
        house.clients.append(caller)
    joins = [asyncio.create_task(caller.ask("room:join", meeting="demo-lesson", client="")) for caller in callers]
    for number, caller in enumerate(callers[ABREAST:]):
        await caller.until("session:wait", lambda told, number=number: told["before"] == number)  # type: ignore[misc]
    assert order == names[:ABREAST] and not any(join.done() for join in joins)
    gone = callers[ABREAST + 1]
    joins[ABREAST + 1].cancel()
    await gone.drop()  # whoever gives up keeps nobody waiting
    slow.set()
    answers = await asyncio.gather(*joins, return_exceptions=True)
    inside = [
        name for name, answer in zip(names, answers, strict=True) if isinstance(answer, dict) and "peer" in answer
    ]
    assert inside == [name for name in names if name != gone.name]
    assert [name for name in order if name != gone.name] == inside
    assert not any(caller.all("session:wait") for caller in callers[:ABREAST])


async def test_who_is_refused_at_the_door_is_told_when_to_come_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_room(_: Turnstile) -> None:
        raise Overloaded("unavailable", "too many", 7)

    monkeypatch.setattr(Turnstile, "check_room", check_room)
    client, told = socketio.AsyncClient(reconnection=False), list[Any]()
    client.on("connect_error", told.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(house.url, transports=["websocket"], wait_timeout=30)
    assert told[0]["data"] == {"code": "unavailable", "again": 7}
