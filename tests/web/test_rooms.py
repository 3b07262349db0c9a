"""A meeting as stock clients live through it: join, wait, lead, drop, come back, be taken out."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

import pytest
from msgspec import structs

from tests.sfu.offers import recorded
from tests.web.house import Caller, House, eventually
from web import budget, room_groups_host
from web.errors import AccessDenied, StateError
from web.rereading import Rereading
from web.room_rights import RoomRights
from web.room_wire import RoomCall
from web.school.actions import MeetingPatch, do_change_meeting
from web.school.events import SchoolEvent
from web.school.group_queries import load_plan
from web.school.model import Grant, Meeting, Person, Role
from web.school.store import SchoolStore

LESSON = "demo-lesson"
SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"


async def join(house: House, role: Any, name: str, meeting: str = LESSON, client: str = "") -> tuple[Caller, Any]:
    caller = await house.connect(meeting, role, name)
    return caller, await caller.ask("room:join", meeting=meeting, client=client)


def changes(caller: Caller, kind: str) -> list[Any]:
    return [change for news in caller.all("room:changed") for change in news["changes"] if change["type"] == kind]


def named(change: Any) -> str | None:
    """Whom a change is about, if it shows somebody."""
    peer = change.get("peer")
    return peer["name"] if isinstance(peer, dict) else None


async def test_three_people_in_a_lesson(house: House) -> None:
    teacher, first = await join(house, "teacher", "T")
    assert first["state"] == "joined" and first["grant"]["moderate"]
    assert [peer["name"] for peer in first["room"]["peers"]] == ["T"]
    assert first["room"]["channel"] == "demo-class" and "demo-deck" in first["room"]["documents"]
    amira, second = await join(house, "pupil", "Amira")
    ben, third = await join(house, "pupil", "Ben")
    assert [peer["name"] for peer in third["room"]["peers"]] == ["T", "Amira", "Ben"]
    assert not any(peer[what] for peer in third["room"]["peers"] for what in ("microphone", "camera", "screen"))
    await teacher.until("room:changed", lambda news: any(named(change) == "Ben" for change in news["changes"]))

    view = await amira.ask("room:media", microphone=True, camera=True, screen=False)
    assert view["microphone"] and view["camera"]
    assert await ben.ask("room:hand", raised=True) == {}
    assert await teacher.ask("room:present", document="demo-deck", slide="1") == {}
    assert await teacher.ask("room:stage", peer=second["peer"]) == {}
    await ben.until("room:changed", lambda news: any(change["type"] == "stage_changed" for change in news["changes"]))
    assert changes(ben, "presenting_changed")[0]["presenting"]["document"] == "demo-deck"
    synced = await ben.ask("room:sync")
    assert synced["stage"] == second["peer"] and [hand["peer"] for hand in synced["hands"]] == [third["peer"]]

    refused = await amira.ask("room:remove", peer=third["peer"])
    assert refused["error"]["code"] == "not_allowed"
    assert await teacher.ask("room:mute", peer=None) == {}
    assert (await amira.until("room:muted"))["by"] == "T"
    assert await teacher.ask("room:ask_unmute", peer=second["peer"]) == {}
    await amira.until("room:please_unmute")
    assert await teacher.ask("room:remove", peer=third["peer"]) == {}
    assert (await ben.until("room:closed"))["reason"] == "removed"
    assert (await ben.ask("room:hand", raised=True))["error"]["code"] == "not_in_room"
    assert await teacher.ask("room:end") == {}
    assert (await amira.until("room:closed"))["reason"] == "ended"


async def test_a_document_that_the_presenter_cannot_open(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    assert (await teacher.ask("room:present", document="nowhere"))["error"]["code"] == "not_found"


async def test_a_family_waits_sees_nothing_and_is_let_in(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T", "demo-consultation")
    haddad, waiting = await join(house, "guardian", "Haddad", "demo-consultation")
    kaya, also = await join(house, "guardian", "Kaya", "demo-consultation")
    assert waiting["state"] == "lobby" and waiting["room"] is None and waiting["title"]
    offer = await haddad.ask("media:offer", sdp=SDP, sources=[], slots=[])
    assert offer["error"]["code"] == "not_in_room"
    await teacher.until(
        "room:changed", lambda news: any(len(change.get("lobby", [])) == 2 for change in news["changes"])
    )
    assert await teacher.ask("room:admit", peer=waiting["peer"]) == {}
    admitted = await haddad.until("room:admitted")
    assert admitted["state"] == "joined"
    assert [peer["name"] for peer in admitted["room"]["peers"]] == ["T", "Haddad"]
    assert await teacher.ask("room:reject", peer=also["peer"]) == {}
    assert (await kaya.until("room:closed"))["reason"] == "rejected"
    assert "Kaya" not in str(haddad.told) and "Haddad" not in str(kaya.told)
    # Once they have left they ask again: the next family may be inside.
    assert await haddad.ask("room:leave") == {}
    await eventually(lambda: not house.services.rooms.counts()["people"] > 1)
    again = await wait_for_lobby(haddad)
    assert again["state"] == "lobby"


async def wait_for_lobby(caller: Caller) -> Any:
    """The word of the moderator is taken back in the database shortly after they left."""
    for _ in range(100):
        answer = await caller.ask("room:join", meeting="demo-consultation")
        if answer["state"] == "lobby":
            return answer
        await caller.ask("room:leave")
    return answer


async def test_a_lost_connection_takes_its_place_again(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    issued = await house.services.auth.issue_role_ticket(LESSON, "pupil", "Amira")
    amira = await house.dial(issued.ticket, "Amira")
    joined = await amira.ask("room:join", meeting=LESSON, client="tab-1")
    await amira.ask("room:hand", raised=True)
    await amira.drop()

    def away(news: Any) -> bool:
        return any(change.get("peer", {}).get("connection") == "away" for change in news["changes"] if "peer" in change)

    await teacher.until("room:changed", away)
    back = await house.dial(issued.ticket, "Amira")
    again = await back.ask("room:join", meeting=LESSON, client="tab-1")
    assert again["peer"] == joined["peer"]
    assert [hand["peer"] for hand in again["room"]["hands"]] == [joined["peer"]]
    assert len((await teacher.ask("room:sync"))["peers"]) == 2
    other = await back.ask("room:join", meeting=LESSON, client="tab-2")
    assert other["peer"] != joined["peer"], "another key on the same connection is another place"
    assert len((await teacher.ask("room:sync"))["peers"]) == 2


async def test_who_was_away_is_told_of_their_media_again(house: House) -> None:
    """The first time it is told to a connection that is lost, and may be it never arrived."""
    issued = await house.services.auth.issue_role_ticket(LESSON, "pupil", "Amira")
    amira = await house.dial(issued.ticket, "Amira")
    await amira.ask("room:join", meeting=LESSON, client="tab-1")
    sources = [{"mid": "1", "purpose": "camera"}]
    answer = await amira.ask("media:offer", sdp=recorded("chromium-simulcast"), sources=sources, slots=[])
    assert "sdp" in answer, answer
    wanted = await amira.until("media:layers")
    await amira.drop()
    back = await house.dial(issued.ticket, "Amira")
    await back.ask("room:join", meeting=LESSON, client="tab-1")
    assert await back.until("media:layers") == wanted == {"camera": ["q"], "screen": None}


async def test_one_connection_is_in_one_room(house: House) -> None:
    issued = await house.services.auth.issue_role_ticket(LESSON, "teacher", "T")
    teacher = await house.dial(issued.ticket, "T")
    await teacher.ask("room:join", meeting=LESSON, client="a")
    await teacher.ask("room:join", meeting=LESSON, client="b")
    assert house.services.rooms.counts() == {"rooms": 1, "people": 1}
    await teacher.ask("room:leave")
    assert (await teacher.ask("room:sync"))["error"]["code"] == "not_in_room"
    assert house.services.rooms.counts()["people"] == 0


async def test_somebody_alone_gets_media(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    answer = await teacher.ask("media:offer", sdp=SDP, sources=[], slots=[])
    assert answer.get("error", {}).get("code") in (None, "media", "bad_message"), answer
    assert answer.get("error", {}).get("code") != "not_in_room"


@pytest.mark.parametrize("sdp", ["v", "v=0\r\n" * 5000, "\x00" * 100, "m=audio 9 X 0\r\n" * 300])
async def test_a_broken_offer_is_answered(house: House, sdp: str) -> None:
    teacher, _ = await join(house, "teacher", "T")
    sources = [{"mid": "0", "purpose": "microphone"}]
    answer = await teacher.ask("media:offer", sdp=sdp, sources=sources, slots=[])
    assert answer["error"]["code"] in ("media", "bad_message", "state"), answer
    assert (await teacher.ask("room:sync"))["peers"]


async def test_private_cameras_are_kept_with_the_meeting(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    amira, _ = await join(house, "pupil", "Amira")
    assert (await amira.ask("room:cameras", private=True))["error"]["code"] == "not_allowed"
    assert await teacher.ask("room:cameras", private=True) == {}
    assert (await amira.until("room:state"))["private_cameras"]
    for caller in (teacher, amira):
        await caller.ask("room:leave")
    await eventually(lambda: house.services.rooms.counts()["rooms"] == 0)
    assert (await teacher.ask("room:join", meeting=LESSON))["room"]["private_cameras"], "the room began anew"


async def test_what_a_client_says_of_its_line_is_bounded(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    line = {"score": 70, "loss": 0.01, "jitter": 5, "round_trip": 30}
    assert await teacher.ask("media:quality", **line) == {}
    for wrong in ({"score": 101}, {"loss": -1}, {"jitter": 10**9}, {"round_trip": "long"}):
        assert (await teacher.ask("media:quality", **{**line, **wrong}))["error"]["code"] == "bad_message"
    assert await teacher.ask("media:heal", slot="tile-1") == {}, "nothing is there to be healed"
    assert (await teacher.ask("media:heal", slot="tile-99"))["error"]["code"] == "bad_message"
    assert "kreide_media_quality_score_count 1.0" in house.services.metrics.render().decode()


async def test_keys_are_carried_in_an_encrypted_meeting_only(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "NARROWER", {"room:secret": (0.001, 40.0)})
    public, wrapped = {"type": "hello", "key": "A" * 87, "answer": False}, {"type": "key", "wrapped": "A" * 86}
    teacher, _ = await join(house, "teacher", "T")
    assert (await teacher.ask("room:secret", parcels=[{"peer": "x", "data": public}]))["error"]["code"] == "state"
    await teacher.ask("room:leave")
    await do_change_meeting(house.services.school, "demo", LESSON, MeetingPatch(encrypted=True))
    _, refused = await join(house, "teacher", "Old")
    assert refused["error"]["code"] == "encrypted"
    people = []
    roles: dict[str, Role] = {"T": "teacher", "P": "pupil"}
    for name, role in roles.items():
        caller = await house.connect(LESSON, role, name)
        joined = await caller.ask("room:join", meeting=LESSON, encrypts=True)
        assert joined["room"]["encrypted"]
        people.append((caller, joined["peer"]))
    (teacher, me), (pupil, other) = people
    parcels = [{"peer": other, "data": public}, {"peer": other, "data": wrapped}, {"peer": "gone", "data": public}]
    assert await teacher.ask("room:secret", parcels=parcels) == {"missed": ["gone"]}
    assert await pupil.until("room:secret") == {"peer": me, "data": public}
    await eventually(lambda: [news["data"] for news in pupil.all("room:secret")] == [public, wrapped])
    for data in (
        {"type": "hello", "key": "A" * 88, "answer": False},
        {"type": "hello", "key": "A" * 86 + "+", "answer": False},
        {"type": "hello", "key": "A" * 87 + "\n", "answer": False},
        {"type": "key", "wrapped": "A" * 85},
        {"type": "other"},
        {},
    ):
        answer = await teacher.ask("room:secret", parcels=[{"peer": other, "data": data}])
        assert answer["error"]["code"] in ("bad_message", "too_large"), data
    for count in (0, 65):
        answer = await teacher.ask("room:secret", parcels=[{"peer": other, "data": public}] * count)
        assert answer["error"]["code"] in ("bad_message", "too_large"), count
    flood = await asyncio.gather(*(teacher.ask("room:secret", parcels=parcels[:1]) for _ in range(60)))
    assert any(answer.get("error", {}).get("code") == "too_fast" for answer in flood)
    assert any("missed" in answer for answer in flood)
    assert await teacher.ask("room:hand", raised=True) == {}, "only keys have to wait"


async def test_a_changed_meeting_is_told(house: House) -> None:
    teacher, joined = await join(house, "teacher", "T")
    assert joined["room"]["title"] != "Geometrie"
    services = house.services
    await do_change_meeting(services.school, "demo", LESSON, MeetingPatch(title="Geometrie"))
    assert (await teacher.until("room:state"))["title"] == "Geometrie"


async def test_a_revoked_ticket_leaves_the_room(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    issued = await house.services.auth.issue_role_ticket(LESSON, "pupil", "Amira")
    amira = await house.dial(issued.ticket, "Amira")
    joined = await amira.ask("room:join", meeting=LESSON, client="a")
    await house.services.auth.revoke_ticket(issued.ticket)
    await teacher.until("room:changed", lambda news: {"type": "peer_left", "peer": joined["peer"]} in news["changes"])


async def test_a_right_that_is_lost_while_somebody_joins_does_not_hold(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, _ = await join(house, "teacher", "T")
    amira = await house.connect(LESSON, "pupil", "Amira")
    read, reading, told = house.services.access.access_meeting, asyncio.Event(), asyncio.Event()

    async def read_slowly(person: Person, meeting: str) -> tuple[Meeting, Grant]:
        found = await read(person, meeting)
        if person.name == "Amira":
            reading.set()
            await told.wait()
        return found

    monkeypatch.setattr(house.services.access, "access_meeting", read_slowly)
    joining = asyncio.create_task(amira.ask("room:join", meeting=LESSON))
    await reading.wait()
    await do_change_meeting(house.services.school, "demo", LESSON, MeetingPatch(lobby=True))
    await teacher.until("room:state")  # the news have come, and Amira was not in the room
    told.set()
    assert (await joining)["state"] == "lobby"


async def test_a_ticket_whose_time_is_over_ends_what_it_opened(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    person = await house.services.auth.person_of_ticket(
        (await house.services.auth.issue_role_ticket(LESSON, "pupil", "Amira")).ticket
    )
    assert person.ticket is not None
    soon = structs.replace(person.ticket, expires_at=house.services.school.clock() + 2500)
    short = house.services.auth._issue(person, soon)
    amira = await house.dial(short.ticket, "Amira")
    joined = await amira.ask("room:join", meeting=LESSON)
    assert joined["state"] == "joined"
    await amira.gone()
    await teacher.until("room:changed", lambda news: {"type": "peer_left", "peer": joined["peer"]} in news["changes"])
    assert house.services.school.clock() >= short.expires_at
    late = structs.replace(person.ticket, expires_at=short.expires_at)
    with pytest.raises(AccessDenied):
        await house.services.access.access_meeting(structs.replace(person, ticket=late), LESSON)


async def test_an_empty_room_is_given_up(house: House) -> None:
    teacher, first = await join(house, "teacher", "T")
    await teacher.ask("room:lock", locked=True)
    await teacher.ask("room:leave")
    await eventually(lambda: house.services.rooms.counts()["rooms"] == 0)
    again = await teacher.ask("room:join", meeting=LESSON)
    assert again["state"] == "joined" and not again["room"]["locked"]
    assert again["room"]["started_at"] > first["room"]["started_at"]


async def test_nobody_is_taken_in_while_the_server_leaves(house: House) -> None:
    teacher, _ = await join(house, "teacher", "T")
    await house.services.rooms.drain()
    assert (await teacher.until("room:closed"))["reason"] == "restart"
    assert (await teacher.ask("room:join", meeting=LESSON))["error"]["code"] == "unavailable"


@pytest.mark.parametrize("stays", [True, False])
async def test_nothing_is_carried_out_for_whom_news_concern_until_their_right_was_read(
    house: House, monkeypatch: pytest.MonkeyPatch, stays: bool
) -> None:
    await join(house, "teacher", "T")
    issued = await house.services.auth.issue_role_ticket(LESSON, "pupil", "Amira")
    amira = await house.dial(issued.ticket, "Amira")
    await amira.ask("room:join", meeting=LESSON)
    read, waits = house.services.access.access_meeting_for, Rereading.until_certain
    looks: list[list[str]] = []
    waiting, go_on = asyncio.Event(), asyncio.Event()

    async def gated(people: Collection[Person], meeting: str) -> Any:
        looks.append(sorted(who.name for who in people))
        await go_on.wait()
        return await read(people, meeting)

    async def wait(rereading: Rereading[Any], one: Any) -> None:
        if getattr(one, "peer", None) and one.doubt is not None:
            waiting.set()
        await waits(rereading, one)

    monkeypatch.setattr(house.services.access, "access_meeting_for", gated)
    monkeypatch.setattr(Rereading, "until_certain", wait)
    host = house.services.rooms.hosts()[0]
    member = next(member for member in host.room.members if member.person.name == "Amira")
    call = RoomCall(LESSON, member.connection or "", member.person, "room:hand", b'{"raised":true}')
    try:
        if stays:
            await do_change_meeting(house.services.school, "demo", LESSON, MeetingPatch(title="Geometrie"))
        else:
            await house.services.auth.revoke_ticket(issued.ticket)
        await eventually(lambda: bool(looks))
        asked = asyncio.create_task(host.handle(call))
        await eventually(waiting.is_set)
        assert not host.room.board.hands
    finally:
        go_on.set()
    if stays:
        await asked
        assert host.room.board.hands
        assert looks == [["Amira", "T"]], "by one look"
    else:
        with pytest.raises(StateError, match="not in the room"):
            await asked
        assert not host.room.board.hands


async def test_one_whose_right_cannot_be_read_keeps_nobody_in_a_room(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await join(house, "teacher", "T")
    await join(house, "pupil", "Ben")
    issued = await house.services.auth.issue_role_ticket(LESSON, "pupil", "Amira")
    amira = await house.dial(issued.ticket, "Amira")
    await amira.ask("room:join", meeting=LESSON)
    read = house.services.access.access_meeting_for

    async def failing(people: Collection[Person], meeting: str) -> Any:
        if any(who.name == "Ben" for who in people):
            raise ZeroDivisionError
        return await read(people, meeting)

    monkeypatch.setattr(house.services.access, "access_meeting_for", failing)
    await do_change_meeting(house.services.school, "demo", LESSON, MeetingPatch(title="Geometrie"))
    await house.services.auth.revoke_ticket(issued.ticket)
    room = house.services.rooms.hosts()[0].room
    await eventually(lambda: {member.person.name for member in room.members} == {"T", "Ben"})


async def test_news_that_come_while_somebody_is_coming_in_hold_for_them(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, at_the_door, go_on = load_plan, asyncio.Event(), asyncio.Event()
    refresh, heard = RoomRights.refresh, list[SchoolEvent]()

    async def gated(store: SchoolStore, meeting: str) -> Any:
        at_the_door.set()
        await go_on.wait()
        return await load(store, meeting)

    def noted(rights: RoomRights, events: Sequence[SchoolEvent]) -> None:
        refresh(rights, events)
        heard.extend(events)

    monkeypatch.setattr(room_groups_host, "load_plan", gated)
    monkeypatch.setattr(RoomRights, "refresh", noted)
    coming = asyncio.create_task(join(house, "pupil", "Amira"))
    try:
        await eventually(at_the_door.is_set)
        await do_change_meeting(house.services.school, "demo", LESSON, MeetingPatch(lobby=True))
        await eventually(lambda: bool(heard))
    finally:
        go_on.set()
    _, answer = await coming
    assert answer["state"] == "lobby"
