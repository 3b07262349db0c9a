"""Two workers with one Redis: rooms, chat, presence and polling do not care on which of them somebody landed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.services import RedisServer, free_port
from tests.web.house import Caller, House, eventually, open_house
from web.machines import Address

pytestmark = pytest.mark.edge
LESSON, CLASS = "demo-lesson", "demo-class"


class Pair:
    """Two workers of one server, each at its own door so that tests can choose."""

    def __init__(self, one: House, two: House) -> None:
        self.one, self.two = one, two


@pytest.fixture
async def pair(
    request: pytest.FixtureRequest, demo_data: Path, short_path: Path, redis_server: RedisServer
) -> AsyncIterator[Pair]:
    """Two workers of one machine; with the parameter "machines" only an address and the database join them."""
    options: list[dict[str, Any]] = [{"redis": redis_server.url, "runtime": short_path} for _ in range(2)]
    if getattr(request, "param", "") == "machines":
        for number, machine in enumerate(options):
            machine["runtime"] = short_path / str(number)
            machine["relay_address"] = Address("127.0.0.1", free_port() - number)
    async with open_house(demo_data, index=0, **options[0]) as one, open_house(demo_data, index=1, **options[1]) as two:
        yield Pair(one, two)


on_machines = pytest.mark.parametrize("pair", ["machine", "machines"], indirect=True)


def peers(news: Any) -> list[str]:
    return [change["peer"]["name"] for change in news["changes"] if change["type"] == "peer_joined"]


async def join(house: House, role: Any, name: str, client: str = "") -> tuple[Caller, Any]:
    caller = await house.connect(LESSON, role, name)
    return caller, await caller.ask("room:join", meeting=LESSON, client=client)


@on_machines
async def test_one_room_for_people_on_both_workers(pair: Pair) -> None:
    teacher, _ = await join(pair.one, "teacher", "T")
    amira, second = await join(pair.two, "pupil", "Amira")
    assert [peer["name"] for peer in second["room"]["peers"]] == ["T", "Amira"]
    assert pair.one.services.rooms.counts()["people"] == 2 and pair.two.services.rooms.counts()["rooms"] == 0
    await teacher.until("room:changed", lambda news: "Amira" in peers(news))
    assert await amira.ask("room:hand", raised=True) == {}
    await teacher.until(
        "room:changed", lambda news: any(change["type"] == "hands_changed" for change in news["changes"])
    )
    assert (await amira.ask("room:mute", peer=None))["error"]["code"] == "not_allowed"
    assert await teacher.ask("room:mute", peer=None) == {}
    await amira.until("room:muted")
    assert (await amira.ask("room:present", document="demo-deck"))["error"]["code"] == "not_allowed"
    for _ in range(30):
        await teacher.ask("room:hand", raised=True)
        await teacher.ask("room:hand", raised=False)
    state = await amira.ask("room:sync")
    assert [hand["peer"] for hand in state["hands"]] == [second["peer"]]
    assert await amira.ask("room:leave") == {}
    again = await amira.ask("room:join", meeting=LESSON)
    assert again["state"] == "joined"
    assert await teacher.ask("room:remove", peer=again["peer"]) == {}
    assert (await amira.until("room:closed"))["reason"] == "removed"


@on_machines
async def test_a_lost_socket_is_away_on_the_owner_and_comes_back_by_another_worker(pair: Pair) -> None:
    teacher, _ = await join(pair.one, "teacher", "T")
    issued = await pair.two.services.auth.issue_role_ticket(LESSON, "pupil", "Amira")
    amira = await pair.two.dial(issued.ticket, "Amira")
    joined = await amira.ask("room:join", meeting=LESSON, client="tab")
    await amira.drop()
    await teacher.until("room:changed", lambda news: "'away'" in str(news))
    back = await pair.one.dial(issued.ticket, "Amira")
    again = await back.ask("room:join", meeting=LESSON, client="tab")
    assert again["peer"] == joined["peer"]


async def test_chat_and_presence_cross_workers(pair: Pair) -> None:
    teacher, amira = await pair.one.connect(LESSON, "teacher", "T"), await pair.two.connect(LESSON, "pupil", "Amira")
    await teacher.until("presence:changed", lambda news: "Amira" in str(news["people"]))
    sent = await amira.ask("chat:send", channel=CLASS, text="Hallo", client_id="1")
    assert (await teacher.until("chat:message"))["seq"] == sent["seq"]
    assert await teacher.ask("chat:delete", channel=CLASS, seq=sent["seq"]) == {}
    await amira.until("chat:deleted")


async def test_without_redis_chat_goes_on_and_others_are_unknown(pair: Pair, redis_server: RedisServer) -> None:
    teacher, _ = await join(pair.one, "teacher", "T")
    amira, _ = await join(pair.two, "pupil", "Amira")
    person = (await amira.until("session:hello"))["person"]["id"]
    await teacher.until("presence:changed", lambda news: person in str(news["people"]))
    redis_server.kill()
    await teacher.until("presence:changed", lambda news: f"'{person}'" in str(news) and "'unknown'" in str(news))
    sent = await amira.ask("chat:send", channel=CLASS, text="Ohne Bus", client_id="1")
    assert (await teacher.until("chat:message"))["seq"] == sent["seq"], "found in the database"
    assert await amira.ask("room:hand", raised=True) == {}, "owners keep their rooms"
    assert not any(person in news["gone"] for news in teacher.all("presence:changed"))
    redis_server.start()


async def test_a_worker_that_ends_hands_its_rooms_over(
    demo_data: Path, short_path: Path, redis_server: RedisServer
) -> None:
    options: dict[str, Any] = {"redis": redis_server.url, "runtime": short_path}
    async with open_house(demo_data, index=0, **options) as two:
        async with open_house(demo_data, index=1, **options) as one:
            await join(one, "teacher", "T")
            amira, _ = await join(two, "pupil", "Amira")
        assert [peer["name"] for peer in (await amira.ask("room:sync"))["peers"]] == ["T", "Amira"]
        assert not amira.all("room:closed")
        assert two.services.rooms.counts()["rooms"] == 1


@on_machines
async def test_sixty_polling_clients_on_two_workers(pair: Pair) -> None:
    """Each request of a client goes to the other worker, as the kernel may do it to us."""

    async def poll(http: aiohttp.ClientSession, number: int) -> str:
        doors = [pair.one.url, pair.two.url]
        ticket = (await pair.one.services.auth.issue_role_ticket(LESSON, "pupil", f"P{number}")).ticket
        path = "/socket.io/?EIO=4&transport=polling"
        async with http.get(doors[number % 2] + path) as response:
            sid = (await response.text()).split('"sid":"')[1].split('"')[0]
        here, there = doors[number % 2], doors[(number + 1) % 2]
        async with http.post(f"{there}{path}&sid={sid}", data='40{"ticket":"%s"}' % ticket) as response:  # noqa: UP031
            assert response.status == 200
        text = ""
        for door in (there, here, there):
            async with http.get(f"{door}{path}&sid={sid}") as response:
                assert response.status == 200
                text += await response.text()
            if "session:hello" in text:
                return text
        return text

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        answers = await asyncio.gather(*(poll(http, number) for number in range(60)))
        assert sum("session:hello" in answer for answer in answers) == 60
        for door in (pair.one.url, pair.two.url):
            for sid in ("w9-00000000.nobody", "../x.y", "."):
                async with http.get(f"{door}/socket.io/?EIO=4&transport=polling&sid={sid}") as response:
                    assert response.status == 400


async def test_a_default_client_stays_connected_whatever_worker_answers(pair: Pair) -> None:
    caller = await pair.one.connect(LESSON, "pupil", "P", transports=["polling"])
    sent = await caller.ask("chat:send", channel=CLASS, text="x", client_id="1")
    await eventually(lambda: bool(caller.all("chat:message")))
    assert sent["seq"] == 1


async def test_while_redis_is_away_people_still_find_a_room_that_lives(pair: Pair, redis_server: RedisServer) -> None:
    teacher, first = await join(pair.one, "teacher", "T")
    redis_server.kill()
    amira, second = await join(pair.two, "pupil", "Amira")
    assert second["state"] == "joined" and second["room"]["started_at"] == first["room"]["started_at"]
    await teacher.until("room:changed", lambda news: "Amira" in peers(news))
    assert await amira.ask("room:hand", raised=True) == {}
    other = await pair.two.connect("demo-conference", "teacher", "T")
    assert (await other.ask("room:join", meeting="demo-conference"))["error"]["code"] == "unavailable", (
        "nobody acquires"
    )
    redis_server.start()
    assert (await join(pair.two, "pupil", "Ben"))[1]["room"]["started_at"] == first["room"]["started_at"]
