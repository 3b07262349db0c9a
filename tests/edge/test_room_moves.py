"""A worker leaves while people are in its rooms: the rooms go on at another one, and nobody joins again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.edge.test_rooms import LESSON, Pair, join, on_machines, pair
from tests.web.house import eventually
from web.errors import Unavailable

pytestmark = pytest.mark.edge
__all__ = ["pair"]
CONSULTATION = "demo-consultation"


def without_news(state: Any) -> Any:
    """A room's state but for what its numbering and media say."""
    peers = [{**peer, "connection": ""} for peer in state["peers"]]
    return {**state, "seq": 0, "peers": peers}


@on_machines
async def test_a_room_moves_with_everything_in_it(pair: Pair) -> None:
    teacher, first = await join(pair.one, "teacher", "T", client="tab-t")
    amira, second = await join(pair.two, "pupil", "Amira", client="tab-a")
    ben, third = await join(pair.one, "pupil", "Ben", client="tab-b")
    assert pair.one.services.rooms.counts() == {"rooms": 1, "people": 3}
    await amira.ask("room:media", microphone=True, camera=True, screen=False)
    await teacher.ask("room:present", document="demo-deck", slide="1")
    await teacher.ask("room:stage", peer=second["peer"])
    await ben.ask("room:hand", raised=True)
    await teacher.ask("room:mute", peer=third["peer"])
    await teacher.ask("room:lock", locked=True)
    await teacher.ask("room:cameras", private=True)
    late, waiting = await join(pair.two, "pupil", "Spät")
    assert waiting["state"] == "lobby"
    before, seen = await teacher.ask("room:sync"), await amira.ask("room:sync")
    assert await pair.one.services.bus.holder(f"room:{LESSON}") == pair.one.services.relay.worker

    await pair.one.services.rooms.drain()
    assert await pair.two.services.bus.holder(f"room:{LESSON}") == pair.two.services.relay.worker
    assert pair.one.services.rooms.counts() == {"rooms": 0, "people": 0}
    assert pair.two.services.rooms.counts() == {"rooms": 1, "people": 4}
    after = await teacher.ask("room:sync")
    assert without_news(after) == without_news(before) and after["seq"] >= before["seq"]

    # Whoever's socket is still at the worker that leaves goes on as well.
    assert await ben.ask("room:hand", raised=False) == {}
    lowered = {"type": "hands_changed", "hands": []}
    await amira.until("room:changed", lambda news: news["seq"] > seen["seq"] and lowered in news["changes"])
    numbers = [news["seq"] for news in amira.all("room:changed") if news["seq"] > seen["seq"]]
    assert numbers == list(range(seen["seq"] + 1, seen["seq"] + 1 + len(numbers))), "nobody sees a gap"
    view = await ben.ask("room:media", microphone=True, camera=False, screen=False)
    assert view["muted"] and not view["microphone"]
    assert await teacher.ask("room:admit", peer=waiting["peer"]) == {}
    await late.until("room:admitted")
    assert not any(caller.all("room:closed") for caller in (teacher, amira, ben, late))

    # Their sockets are cut in the end; each finds the same place again.
    await ben.drop()
    issued = await pair.two.services.auth.issue_role_ticket(LESSON, "pupil", "Ben")
    assert (await (await pair.two.dial(issued.ticket, "Ben")).ask("room:join", meeting=LESSON))["state"] == "lobby"
    assert first["peer"] in [peer["peer"] for peer in (await amira.ask("room:sync"))["peers"]]


async def test_requests_during_the_move_are_carried_out_once(pair: Pair) -> None:
    teacher, _ = await join(pair.one, "teacher", "T")
    amira, _ = await join(pair.two, "pupil", "Amira")
    host = pair.one.services.rooms.hosts()[0]
    await host.freeze()
    asked = [amira.sio.start_background_task(amira.ask, "room:hand", raised=True)]
    asked.append(teacher.sio.start_background_task(teacher.ask, "room:lock", locked=True))
    await pair.one.services.rooms.drain()
    assert [await task for task in asked] == [{}, {}]
    state = await teacher.ask("room:sync")
    assert state["locked"] and len(state["hands"]) == 1


async def test_nobody_left_to_take_a_room(pair: Pair) -> None:
    """The last worker tells everybody to come again."""
    teacher, _ = await join(pair.one, "teacher", "T")
    await pair.two.services.rooms.drain()
    await pair.one.services.rooms.drain()
    assert (await teacher.until("room:closed"))["reason"] == "restart"
    with pytest.raises(Unavailable):
        await pair.one.services.rooms.request("sid", None, "room:join", b'{"meeting": "demo-conference"}')  # type: ignore[arg-type]


async def test_a_room_that_nobody_can_take_goes_on_where_it_is(pair: Pair, redis_server: Any) -> None:
    teacher, _ = await join(pair.one, "teacher", "T")
    amira, _ = await join(pair.two, "pupil", "Amira")
    await amira.ask("room:hand", raised=True)
    rooms = pair.one.services.rooms
    redis_server.kill()
    await rooms.give_away()  # the lease cannot be handed on while the bus is away
    assert rooms.counts()["people"] == 2
    assert await amira.ask("room:hand", raised=False) == {}
    redis_server.start()
    await eventually(lambda: pair.one.services.bus.healthy)
    assert (await teacher.ask("room:sync"))["hands"] == []
