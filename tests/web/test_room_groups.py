"""Group rooms in a live room: who sees and hears whom, who may write where, and that nobody is lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import socketio
from msgspec import structs
from pycrdt import Doc, Map

from tests.web.house import PATIENCE, Caller, House, eventually, open_house
from tests.web.room_table import Table, media
from tests.web.test_rooms import join
from tests.web.test_sockets import login
from web.errors import StateError, WebError
from web.room_copy import RoomCopy, copy_of, room_of
from web.room_groups import check_splittable, newcomers, say, set_groups, visit
from web.school import group_rooms as groups
from web.school.group_rooms import GroupPlan, GroupRoom

ROOMS = (GroupRoom("one", "One", "c1", "d1"), GroupRoom("two", "Two", "c2", "d2"))
PLAN = GroupPlan("hand", ROOMS, seats={"amira": "one", "ben": "one", "clara": "two"})
AT_WORK = groups.begin(PLAN, 0, None, ["amira", "ben", "clara"])
SCREEN = media(screen=True)


def seen(table: Table, peer: str) -> set[str]:
    return {view.name for view in table.room.state(peer).peers}


def test_groups_see_and_hear_only_themselves() -> None:
    table = Table()
    teacher, amira, ben, clara = (table.join(name) for name in ("teacher", "amira", "ben", "clara"))
    table.play(set_groups(table.room, AT_WORK))
    table.check()
    assert seen(table, amira.peer) == {"Amira", "Ben"} and seen(table, clara.peer) == {"Clara"}
    assert seen(table, teacher.peer) == {"Teacher", "Amira", "Ben", "Clara"}
    wishes = table.room.media_wishes()
    assert wishes[amira.peer].audience == frozenset({amira.peer, ben.peer})
    assert wishes[teacher.peer].audience == frozenset({teacher.peer})
    assert table.room.state(amira.peer).presenting == structs.replace(
        table.room.state(ben.peer).presenting or pytest.fail("no document"), document="d1"
    )
    table.play(visit(table.room, teacher.peer, "two"))
    table.check()
    assert seen(table, clara.peer) == {"Clara", "Teacher"} and seen(table, amira.peer) == {"Amira", "Ben"}
    assert table.room.media_wishes()[teacher.peer].audience == frozenset({teacher.peer, clara.peer})
    table.play(set_groups(table.room, groups.gather(AT_WORK)))
    table.check()
    assert len({frozenset(seen(table, client.peer)) for client in (teacher, amira, ben, clara)}) == 1
    assert all(wish.audience is None for wish in table.room.media_wishes().values())


def test_what_a_moderator_said_holds_in_every_place() -> None:
    table = Table()
    teacher, amira, ben = (table.join(name) for name in ("teacher", "amira", "ben"))
    table.play(table.room.mute(teacher.peer, amira.peer))
    table.play(table.room.set_meeting(structs.replace(table.room.meeting, private_cameras=True)))
    table.play(set_groups(table.room, AT_WORK))
    wishes = table.room.media_wishes()
    assert wishes[amira.peer].muted
    assert ben.peer not in (wishes[amira.peer].camera_audience or {ben.peer})
    table.play(table.room.hand(table.now, ben.peer, True))
    assert teacher.state is not None and [hand.peer for hand in teacher.state.hands] == [ben.peer]
    table.play(say(table.room, teacher.peer, "Five minutes"))
    assert [client.heard[-1][0] for client in (amira, ben)] == ["groups:said"] * 2
    with pytest.raises(WebError):
        table.play(visit(table.room, amira.peer, "two"))


def test_who_comes_late_is_with_all_and_who_comes_back_is_in_the_group() -> None:
    table = Table()
    table.join("teacher")
    amira = table.join("amira", "tab")
    table.play(set_groups(table.room, structs.replace(groups.begin(PLAN, 0, None, ["amira"]), how="chance")))
    late = table.join("ben")
    assert table.room.member(late.peer).group is None and newcomers(table.room) == []
    table.drop(amira)
    again, other = table.join("amira", "tab"), table.join("amira", "other tab")
    assert {table.room.member(client.peer).group for client in (again, other)} == {"one"}
    assert table.join("guest", grant=None).state is None, "the lobby is nobody's group"
    table.check()


def test_families_and_recordings_are_never_split() -> None:
    with pytest.raises(StateError):
        check_splittable(Table("consultation").room.board)
    with pytest.raises(StateError):
        check_splittable(Table("lesson", encrypted=True).room.board)


@pytest.mark.parametrize("seed", range(20))
def test_snapshot_and_deltas_equal_a_fresh_snapshot(seed: int) -> None:
    chance = random.Random(f"groups {seed}")
    table = Table()
    table.gathers = seed % 2 == 1
    for step in range(120):
        table.now += chance.randrange(2000)
        with contextlib.suppress(WebError):
            act(table, chance)
        try:
            if not table.gathers or chance.random() < 0.3:
                table.check()
            copy = msgspec.msgpack.decode(msgspec.msgpack.encode(copy_of(table.room)), type=RoomCopy)
            assert room_of(copy).board == table.room.board, "a room on its way to another worker"
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, step {step}") from error


def act(table: Table, chance: random.Random) -> None:
    room, peers = table.room, [member.peer for member in table.room.members] or ["nobody"]
    by, plan = chance.choice(peers), table.room.board.groups or PLAN
    person, group = chance.choice(["amira", "ben", "clara", "guest"]), chance.choice(["one", "two"])
    doings: list[Any] = [
        lambda: table.join(chance.choice(["teacher", "helper", "amira", "ben", "clara", "guest"]), chance.choice("ab")),
        lambda: table.drop(chance.choice(list(table.clients.values()))) if table.clients else None,
        lambda: table.play(room.leave(by)),
        lambda: table.play(room.admit(chance.choice(peers), by)),
        lambda: table.play(room.hand(table.now, by, chance.random() < 0.7)),
        lambda: table.play(room.present(by, "deck", None)),
        lambda: table.play(room.set_stage(by, chance.choice(peers))),
        lambda: table.play(room.media(by, media(camera=True))[1]),
        lambda: table.play(visit(room, by, chance.choice(["one", "two", None]))),
        lambda: table.play(set_groups(room, chance.choice([None, PLAN, AT_WORK, groups.gather(plan)]))),
        lambda: table.play(set_groups(room, groups.assign(plan, person, group))),
        lambda: table.play(set_groups(room, groups.enter(plan, person))),
        lambda: table.play(set_groups(room, groups.call_back(plan, table.now, 5))),
    ]
    chance.choices(doings, [6, *([1] * (len(doings) - 1))])[0]()


# --- a whole server ---


async def lesson_in_groups(house: House) -> tuple[Caller, Caller, Caller]:
    teacher, _ = await join(house, "teacher", "T")
    amira, _ = await join(house, "pupil", "Amira", client="a")
    ben, _ = await join(house, "pupil", "Ben", client="b")
    assert await teacher.ask("groups:prepare", titles=["One", "Two"], how="chance") == {}
    assert await teacher.ask("groups:begin", minutes=None) == {}
    return teacher, amira, ben


async def groups_of(caller: Caller) -> Any:
    return (await caller.ask("room:sync"))["groups"]


async def test_a_group_has_a_chat_of_its_own_while_it_works(house: House) -> None:
    teacher, amira, ben = await lesson_in_groups(house)
    rooms = (await groups_of(teacher))["rooms"]
    mine, other = rooms if rooms[0]["people"] == [_person(amira)] else reversed(rooms)
    assert [mine["people"], other["people"]] == [[_person(amira)], [_person(ben)]]
    for caller in (teacher, amira):
        await caller.until("rights:changed", lambda news: _may_write(news, mine["channel"]))
    assert (await amira.ask("chat:send", channel=mine["channel"], text="us", client_id="1"))["seq"] == 1
    assert (await teacher.until("chat:message", lambda news: news["text"] == "us"))["channel"] == mine["channel"]
    refused = await ben.ask("chat:send", channel=mine["channel"], text="me too", client_id="2")
    assert refused["error"]["code"] == "not_found"
    assert (await amira.ask("groups:visit", room=other["id"]))["error"]["code"] == "not_allowed"
    assert (await ben.ask("groups:begin", minutes=1))["error"]["code"] == "not_allowed"

    assert await teacher.ask("groups:call_back", seconds=0) == {}
    await eventually(lambda: _reads(amira.all("rights:changed")[-1], mine["channel"]))
    refused = await amira.ask("chat:send", channel=mine["channel"], text="late", client_id="3")
    assert refused["error"]["code"] == "not_allowed"
    assert "us" not in [message["text"] for message in ben.all("chat:message")]


async def test_slides_go_into_groups_and_come_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await login(house, "teacher") as http, await login(house, "pupil1") as her_http:
        teacher, amira = await seat(house, http), await seat(house, her_http)
        await join(house, "pupil", "Ben", client="b")
        assert await teacher.ask("groups:prepare", titles=["One", "Two"], how="chance") == {}
        assert (await teacher.ask("groups:bring_back"))["error"]["code"] == "state"
        monkeypatch.setattr("web.rooms.CALL_SECONDS", 0.05)  # cutting a deck takes longer where the machine is busy
        chosen = {"document": "demo-deck", "slides": sorted(await slides_of(house, "demo-deck"))[:2]}
        refused = await teacher.ask("groups:begin", minutes=None, slides={**chosen, "slides": ["gone"]})
        assert refused["error"]["code"] == "state" and (await groups_of(teacher))["phase"] == "prepared"
        assert await teacher.ask("groups:begin", minutes=None, slides=chosen) == {}

        mine, theirs = await groups_of(teacher), await groups_of(amira)
        assert mine["source"] == "demo-deck" and theirs["source"] is None
        for room in mine["rooms"]:
            assert len(await slides_of(house, room["document"])) == 2
            async with her_http.get(f"{house.url}/api/v1/documents/{room['document']}") as answer:
                status = answer.status
            assert status == (200 if _person(amira) in room["people"] else 404), "a group reads its own deck alone"
        before = await slides_of(house, "demo-deck")
        assert await teacher.ask("groups:call_back", seconds=0) == {}
        async with asyncio.timeout(PATIENCE):
            while len(await slides_of(house, "demo-deck")) < len(before) + 4:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await teacher.ask("groups:bring_back") == {}, "once more changes nothing"
        assert len(await slides_of(house, "demo-deck")) == len(before) + 4


async def slides_of(house: House, document: str) -> set[str]:
    """The ids of the slides that a deck has, as it is stored."""
    store, doc = house.services.documents.store, Doc[Any]()
    loaded = await store.load(document)
    for state in ([loaded.snapshot.state] if loaded.snapshot else []) + [entry.data for entry in loaded.entries]:
        doc.apply_update(state)
    return set(doc.get("slides", type=Map).keys())


async def test_groups_are_prepared_before_the_lesson(house: House) -> None:
    path = f"{house.url}/api/v1/meetings/demo-lesson/groups"
    async with await login(house, "teacher") as http, await login(house, "pupil1") as her_http:
        known = await (await http.get(path)).json()
        assert known["groups"] == [] and "pupil1" in [one["id"] for one in known["people"]]
        groups = [{"title": "Nord", "people": ["pupil1", "pupil3"]}, {"title": "Süd", "people": ["pupil2"]}]
        origin = {"Origin": house.url}

        async def put(to: list[Any], session: aiohttp.ClientSession = http) -> int:
            return (await session.put(path, json={"groups": to}, headers=origin)).status

        assert await put(groups) == 204
        assert await put([*groups, {"title": "West", "people": ["head"]}]) == 404, "who visits has no seat"
        assert await put(groups, her_http) in (403, 404)
        assert await put(groups[:1]) == 400 and await put([*groups, groups[0]]) == 400
        assert (await (await http.get(path)).json())["groups"] == groups

        teacher, amira = await seat(house, http), await seat(house, her_http)
        nord, south = (await groups_of(teacher))["rooms"]
        assert (nord["title"], sorted(nord["people"]), south["people"]) == ("Nord", ["pupil1", "pupil3"], ["pupil2"])
        assert await put([]) == 409, "from now on the room says"
        assert await teacher.ask("groups:begin", minutes=None) == {}
        await amira.until("room:state", lambda room: room["groups"] is not None)
        assert (await amira.ask("room:sync"))["peers"][0]["group"] == nord["id"]


async def seat(house: House, http: aiohttp.ClientSession) -> Caller:
    """Somebody with an account comes into the lesson."""
    sio = socketio.AsyncClient(reconnection=False, request_timeout=PATIENCE, http_session=http)
    caller = Caller("by account", sio)
    await sio.connect(house.url, headers={"Origin": house.url}, transports=["websocket"], wait_timeout=PATIENCE)
    house.clients.append(caller)
    await caller.until("session:hello")
    assert (await caller.ask("room:join", meeting="demo-lesson"))["state"] == "joined"
    return caller


async def test_the_time_ends_and_newcomers_get_seats_by_the_pulse(house: House) -> None:
    teacher, amira, _ = await lesson_in_groups(house)
    _, late = await join(house, "pupil", "Clara")
    assert [peer["name"] for peer in late["room"]["peers"]] == ["T", "Clara"], "with all"
    await teacher.until("room:changed", lambda news: _seats(news) == 3)
    assert await teacher.ask("groups:call_back", seconds=1) == {}
    await amira.until("room:state", lambda room: len(room["peers"]) == 4)
    assert await teacher.ask("groups:dissolve") == {}
    assert await groups_of(teacher) is None


async def test_everybody_finds_their_group_when_the_worker_was_lost(demo_data: Path) -> None:
    async with open_house(demo_data) as house:
        tickets = [
            (await house.services.auth.issue_role_ticket("demo-lesson", "pupil", name)).ticket
            for name in ("Amira", "Ben")
        ]
        teacher, _ = await join(house, "teacher", "T")
        for ticket in tickets:
            await (await house.dial(ticket, "P")).ask("room:join", meeting="demo-lesson")
        assert await teacher.ask("groups:prepare", titles=["One", "Two"], how="chance") == {}
        assert await teacher.ask("groups:begin", minutes=None) == {}
        before = await groups_of(teacher)
    async with open_house(demo_data) as house:
        places = set()
        for ticket in tickets:
            joined = await (await house.dial(ticket, "P")).ask("room:join", meeting="demo-lesson")
            (me,) = joined["room"]["peers"]
            places.add(me["group"])
        assert places == {room["id"] for room in before["rooms"]}
        _, joined = await join(house, "teacher", "T")
        assert joined["room"]["groups"] == before


def _person(caller: Caller) -> str:
    return str(next(message["person"]["id"] for event, message in caller.told if event == "session:hello"))


def _seats(news: Any) -> int:
    changes = [change for change in news["changes"] if change["type"] == "groups_changed" and change["groups"]]
    return max((sum(len(room["people"]) for room in change["groups"]["rooms"]) for change in changes), default=0)


def _may_write(news: Any, channel: str) -> bool:
    return any(view["channel"] == channel and view["write"] for view in news["channels"])


def _reads(news: Any, channel: str) -> bool:
    return any(view["channel"] == channel and view["read"] and not view["write"] for view in news["channels"])
