"""Connections, chat and presence as a stock client meets them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
import socketio

from collab.chat_positions import Position
from collab.errors import CollabError
from tests.web.house import Caller, House, eventually
from tests.web.people import guests
from web import budget
from web.company import Company
from web.connection import Connection
from web.rereading import Rereading
from web.school.actions import MeetingPatch, do_change_meeting, do_unenrol
from web.school.model import Channel, ChannelRights, Enrolment, Person

CLASS = "demo-class"
LONGER = MeetingPatch(ends_at=2_000_000_000_000)  # its channel is listed for longer


async def login(house: House, account: str) -> aiohttp.ClientSession:
    http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    body = {"account": account, "password": "kreide"}
    async with http.post(f"{house.url}/api/v1/login", json=body, headers={"Origin": house.url}) as response:
        assert response.status == 200
    return http


async def test_hello_names_the_person_and_the_channels(house: House) -> None:
    amira = await house.connect(name="Amira")
    hello = await amira.until("session:hello")
    assert hello["person"]["name"] == "Amira" and hello["person"]["role"] == "pupil"
    assert [channel["channel"] for channel in hello["channels"]] == [CLASS]
    assert hello["channels"][0]["write"] and not hello["channels"][0]["moderate"]


async def test_a_message_reaches_everybody_who_may_read_and_its_author(house: House) -> None:
    teacher = await house.connect(role="teacher", name="T")
    amira, ben = await house.connect(name="Amira"), await house.connect(name="Ben")
    family = await house.connect("demo-consultation", "guardian", "Haddad")
    sent = await amira.ask("chat:send", channel=CLASS, text="Warum nach rechts? 🧭", client_id="a1")
    for caller in (teacher, amira, ben):
        message = await caller.until("chat:message")
        assert message["seq"] == sent["seq"] and message["at"] == sent["at"]
        assert message["text"] == "Warum nach rechts? 🧭" and message["client_id"] == "a1"
        assert message["author"]["name"] == "Amira"
    refused = await family.ask("chat:send", channel=CLASS, text="Hallo", client_id="1")
    assert refused["error"]["code"] == "not_found", "a channel that one may not read does not exist"
    assert (await family.ask("chat:history", channel=CLASS))["error"]["code"] == "not_found"
    assert family.all("chat:message") == []


async def test_acks_come_in_the_order_of_sending(house: House) -> None:
    amira = await house.connect(name="Amira")
    acked: list[tuple[int, int]] = []
    done = asyncio.Event()

    def on_ack(number: int) -> Any:
        def take(answer: dict[str, Any]) -> None:
            acked.append((number, answer["seq"]))
            if len(acked) == 200:
                done.set()

        return take

    for number in range(200):
        message = {"channel": CLASS, "text": f"m{number}", "client_id": f"c{number}"}
        await amira.sio.emit("chat:send", message, callback=on_ack(number))
    async with asyncio.timeout(30):
        await done.wait()
    first = acked[0][1]
    assert acked == [(number, first + number) for number in range(200)]
    page = await amira.ask("chat:history", channel=CLASS, after=first - 1, limit=200)
    assert [message["text"] for message in page["messages"]] == [f"m{number}" for number in range(200)]
    assert [message["seq"] for message in amira.all("chat:message")] == [first + n for n in range(200)]


async def test_refusals_and_other_requests_wait_for_the_messages_before_them(house: House) -> None:
    amira = await house.connect(name="Amira")
    acked: list[tuple[int, list[str]]] = []
    done = asyncio.Event()

    def on_ack(number: int) -> Any:
        def take(answer: dict[str, Any]) -> None:
            acked.append((number, sorted(answer)))
            if len(acked) == 60:
                done.set()

        return take

    kinds = []
    for number in range(60):
        event, body = "chat:send", {"channel": CLASS, "text": f"m{number}", "client_id": f"c{number}"}
        if number % 5 == 3:
            body["channel"] = "nowhere"
        elif number % 7 == 2:
            event, body = "chat:history", {"channel": CLASS}
        expected = {"nowhere": ["error"]}.get(body["channel"], ["at", "held", "seq"])
        kinds.append(expected if event == "chat:send" else ["changed", "head", "messages"])
        await amira.sio.emit(event, body, callback=on_ack(number))
    async with asyncio.timeout(30):
        await done.wait()
    assert acked == list(enumerate(kinds))


async def test_a_repeat_gets_the_same_number_and_is_told_once(house: House) -> None:
    amira, ben = await house.connect(name="Amira"), await house.connect(name="Ben")
    first = await amira.ask("chat:send", channel=CLASS, text="Ja", client_id="same")
    again = await amira.ask("chat:send", channel=CLASS, text="Ja", client_id="same")
    other = await ben.ask("chat:send", channel=CLASS, text="Ja", client_id="same")
    assert again == first and other["seq"] == first["seq"] + 1
    await ben.until("chat:message", lambda message: message["seq"] == other["seq"])
    assert len(ben.all("chat:message")) == 2


async def test_history_pages(house: House) -> None:
    amira = await house.connect(name="Amira")
    for number in range(7):
        await amira.ask("chat:send", channel=CLASS, text=str(number), client_id=str(number))
    page = await amira.ask("chat:history", channel=CLASS, after=2, limit=3)
    assert [message["seq"] for message in page["messages"]] == [3, 4, 5] and page["head"] == 7
    page = await amira.ask("chat:history", channel=CLASS, before=6, limit=2)
    assert [message["seq"] for message in page["messages"]] == [4, 5]
    assert (await amira.ask("chat:history", channel=CLASS, after=7))["messages"] == []


async def test_others_messages_are_deleted_by_moderators_only(house: House) -> None:
    teacher, amira = await house.connect(role="teacher", name="T"), await house.connect(name="Amira")
    ben = await house.connect(name="Ben")
    seq = (await amira.ask("chat:send", channel=CLASS, text="oops", client_id="1"))["seq"]
    assert (await ben.ask("chat:delete", channel=CLASS, seq=seq))["error"]["code"] == "not_allowed"
    assert await teacher.ask("chat:delete", channel=CLASS, seq=seq) == {}
    told = await amira.until("chat:deleted")
    (message,) = (await amira.ask("chat:history", channel=CLASS))["messages"]
    assert told == {"channel": CLASS, "seq": seq, "change": 1, "author": message["author"]["id"]}
    assert message["deleted"] and message["text"] == ""
    assert (await teacher.ask("chat:delete", channel=CLASS, seq=99))["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("event", "message", "code"),
    [
        ("chat:send", {"channel": CLASS, "text": "x" * 4001, "client_id": "1"}, "too_large"),
        ("chat:send", {"channel": CLASS, "text": " \n ", "client_id": "1"}, "bad_message"),
        ("chat:send", {"channel": CLASS, "text": "a\x00b", "client_id": "1"}, "bad_message"),
        ("chat:send", {"channel": "nowhere", "text": "x", "client_id": "1"}, "not_found"),
        ("chat:send", ["not", "an", "object"], "bad_message"),
        ("chat:teleport", {}, "bad_message"),
        ("room:hand", {"raised": True}, "not_in_room"),
        ("room:join", {"meeting": "nowhere"}, "not_found"),
        ("room:join", {"meeting": "demo-conference"}, "not_found"),
        ("media:offer", {"sdp": "v" * 65537, "sources": [], "slots": []}, "too_large"),
    ],
)
async def test_what_is_wrong_is_answered_and_harms_nothing(house: House, event: str, message: Any, code: str) -> None:
    amira = await house.connect(name="Amira")
    answer = await amira.sio.call(event, message, timeout=30)
    assert answer["error"]["code"] == code, answer
    assert answer["error"]["text"]
    assert "seq" in await amira.ask("chat:send", channel=CLASS, text="still here", client_id="ok")


async def test_who_writes_while_the_worker_stood_still_waits_for_its_next_look_at_the_rights(house: House) -> None:
    amira = await house.connect(name="Amira")
    house.services.live._read_at -= 60  # as after a minute without a turn
    assert not house.services.live.fresh
    answers = await asyncio.gather(
        *(amira.ask("chat:send", channel=CLASS, text="x", client_id=str(number)) for number in range(5))
    )
    assert [answer.get("seq") for answer in answers] == [1, 2, 3, 4, 5]


async def test_too_fast_is_answered_and_not_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "NARROWER", {"chat:send": (0.001, 30.0)})
    amira = await house.connect(name="Amira")
    answers = await asyncio.gather(
        *(amira.ask("chat:send", channel=CLASS, text="x", client_id=str(number)) for number in range(50))
    )
    refused = [answer for answer in answers if "error" in answer]
    assert len(refused) == 20 and {answer["error"]["code"] for answer in refused} == {"too_fast"}
    page = await amira.ask("chat:history", channel=CLASS, after=0, limit=200)
    assert page["head"] == 30


async def test_the_budget_is_the_persons_whatever_they_connect_with(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "NARROWER", {"chat:send": (0.001, 300.0)})

    def say(caller: Caller, number: int) -> Any:
        return caller.ask("chat:send", channel=CLASS, text="x", client_id=str(number))

    async with guests() as people:
        laptop, phone = await people.enter(house, "pupil1"), await people.enter(house, "pupil1")
        ben = await people.enter(house, "pupil2")
        answers = await asyncio.gather(*(say((laptop, phone)[number % 2], number) for number in range(301)))
        assert [answer["error"]["code"] for answer in answers if "error" in answer] == ["too_fast"]
        assert "seq" in await say(ben, 0), "another's budget is their own"
        await laptop.sio.disconnect()
        await phone.sio.disconnect()
        again = await people.enter(house, "pupil1")
        assert (await say(again, 301))["error"]["code"] == "too_fast", "who comes again has spent what they have spent"
        assert "messages" in await again.ask("chat:history", channel=CLASS)


async def test_a_class_that_shares_a_tools_ticket_does_not_share_a_budget(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "NARROWER", {"chat:send": (0.001, 1.0)})
    ticket = (await house.services.auth.issue_role_ticket("demo-lesson", "pupil", "Class")).ticket
    for number in range(3):
        caller = await house.dial(ticket, "one of the class")
        assert "seq" in await caller.ask("chat:send", channel=CLASS, text="x", client_id=str(number))


async def test_who_is_there(house: House) -> None:
    amira, ben = await house.connect(name="Amira"), await house.connect(name="Ben")
    second = await house.dial((await house.services.auth.issue_role_ticket("demo-lesson", "pupil", "C")).ticket, "C")

    def has(name: str) -> Any:
        return lambda news: name in [person["name"] for person in news["people"]]

    await amira.until("presence:changed", has("Ben"))
    await amira.until("presence:changed", has("C"))
    person = (await ben.until("session:hello"))["person"]["id"]
    await ben.sio.disconnect()
    await amira.until("presence:changed", lambda news: person in news["gone"])
    await eventually(lambda: "Amira" in str(second.all("presence:state")) + str(second.all("presence:changed")))


async def test_a_person_with_two_tabs_is_there_until_the_last_is_closed(house: House) -> None:
    watcher = await house.connect(name="Watcher")
    ticket = (await house.services.auth.issue_role_ticket("demo-lesson", "pupil", "Twin")).ticket
    one, two = await house.dial(ticket, "Twin"), await house.dial(ticket, "Twin")
    person = (await one.until("session:hello"))["person"]["id"]
    await watcher.until("presence:changed", lambda news: person in [seen["person"] for seen in news["people"]])
    await one.sio.disconnect()
    await watcher.ask("chat:send", channel=CLASS, text="a while later", client_id="1")
    assert not any(person in news["gone"] for news in watcher.all("presence:changed"))
    await two.sio.disconnect()
    await watcher.until("presence:changed", lambda news: person in news["gone"])


# --- who is let in ---


async def refused(house: House, **options: Any) -> str:
    client = socketio.AsyncClient(reconnection=False, http_session=options.pop("http_session", None))
    codes: list[str] = []
    client.on("connect_error", lambda error: codes.append(error["data"]["code"]))
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(house.url, transports=["websocket"], **options)
    await client.disconnect()
    (code,) = codes
    return code


async def test_without_ticket_or_cookie(house: House) -> None:
    assert await refused(house) == "unauthenticated"
    assert await refused(house, auth={"ticket": "a.b.c"}) == "bad_ticket"
    assert await refused(house, auth={"ticket": {"deep": [1]}}) == "unauthenticated"
    assert await refused(house, auth=["ticket"]) == "unauthenticated"


async def test_a_cookie_counts_only_from_our_own_pages(house: House) -> None:
    http = await login(house, "pupil1")
    try:
        assert await refused(house, http_session=http) == "unauthenticated"
        assert await refused(house, http_session=http, headers={"Origin": "https://evil.example"}) == "foreign_origin"
        client = socketio.AsyncClient(http_session=http)
        await client.connect(house.url, transports=["websocket"], headers={"Origin": house.url}, wait_timeout=30)
        await client.disconnect()
    finally:
        await http.close()


async def test_a_foreign_origin_is_refused_even_with_a_ticket(house: House) -> None:
    ticket = (await house.services.auth.issue_role_ticket("demo-lesson", "pupil", "P")).ticket
    assert await refused(house, auth={"ticket": ticket}, headers={"Origin": "https://evil.example"}) == "foreign_origin"


async def test_a_revoked_ticket_ends_its_connection(house: House) -> None:
    issued = await house.services.auth.issue_role_ticket("demo-lesson", "pupil", "P")
    caller = await house.dial(issued.ticket, "P")
    await house.services.auth.revoke_ticket(issued.ticket)
    await caller.gone()


async def test_rights_that_cannot_be_read_are_read_again_after_a_pause(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    amira = await house.connect(name="Amira")
    loop, access = asyncio.get_running_loop(), house.services.access
    read, tries = access.channels_of, list[float]()

    async def read_at_the_fourth(person: Person) -> list[tuple[Channel, ChannelRights]]:
        tries.append(loop.time())
        if len(tries) < 4:
            raise OSError("the database is away")
        return await read(person)

    monkeypatch.setattr(access, "channels_of", read_at_the_fourth)
    await do_change_meeting(house.services.school, "demo", "demo-lesson", LONGER)
    await eventually(lambda: len(tries) == 4)
    assert all(later - before > 0.2 for before, later in pairwise(tries)), tries
    assert (await amira.ask("chat:history", channel=CLASS))["messages"] == []


@pytest.mark.parametrize(("patch", "stays"), [(LONGER, True), (MeetingPatch(lobby=True), False)])
async def test_nothing_is_taken_from_whom_news_concern_until_their_rights_were_read(
    house: House, monkeypatch: pytest.MonkeyPatch, patch: MeetingPatch, stays: bool
) -> None:
    amira = await house.connect(name="Amira")
    access, waits = house.services.access, Rereading.until_certain
    read, reading, waiting, go_on = access.channels_of, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def gated(person: Person) -> list[tuple[Channel, ChannelRights]]:
        reading.set()
        await go_on.wait()
        return await read(person)

    async def wait(rereading: Rereading[Any], one: Any) -> None:
        waiting.set()
        await waits(rereading, one)

    monkeypatch.setattr(access, "channels_of", gated)
    monkeypatch.setattr(Rereading, "until_certain", wait)
    try:
        await do_change_meeting(house.services.school, "demo", "demo-lesson", patch)
        await eventually(reading.is_set)
        sent = asyncio.create_task(amira.ask("chat:send", channel=CLASS, text="Hallo", client_id="1"))
        await eventually(waiting.is_set)
        assert (await house.services.chat.history(CLASS, 0, 10)).messages == []
    finally:
        go_on.set()
    answer = await sent
    stored = (await house.services.chat.history(CLASS, 0, 10)).messages
    assert [message.text for message in stored] == ["Hallo"] * stays
    assert ("seq" in answer) if stays else answer["error"]["code"] == "not_found"


async def test_whoever_is_not_greeted_yet_holds_up_nobody_and_is_read_then(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    amira = await house.connect(name="Amira")
    enter, at_the_door, go_on = Company.enter, asyncio.Event(), asyncio.Event()

    async def slowly(company: Company, connection: Connection) -> None:
        await enter(company, connection)
        if connection.person.name == "Ben":
            at_the_door.set()
            await go_on.wait()

    monkeypatch.setattr(Company, "enter", slowly)
    coming = asyncio.create_task(house.connect(name="Ben"))
    try:
        await eventually(at_the_door.is_set)
        read, asked = house.services.access.channels_of, list[str]()

        async def noted(person: Person) -> list[tuple[Channel, ChannelRights]]:
            asked.append(person.name)
            return await read(person)

        monkeypatch.setattr(house.services.access, "channels_of", noted)
        await do_change_meeting(house.services.school, "demo", "demo-lesson", MeetingPatch(lobby=True))
        assert (await amira.until("rights:changed"))["channels"] == []
        assert asked == ["Amira"]
    finally:
        go_on.set()
    await coming
    await eventually(lambda: asked == ["Amira", "Ben", "Ben"])


async def test_who_could_not_be_told_of_a_change_at_once_is_told_when_it_can_be(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    amira = await house.connect(name="Amira")
    of, failed = house.services.chat.positions.of, list[str]()

    async def failing(person: str, channels: Sequence[str]) -> dict[str, Position]:
        if not failed:
            failed.append(person)
            raise CollabError("store_failed", "the database failed")
        return await of(person, channels)

    monkeypatch.setattr(house.services.chat.positions, "of", failing)
    await do_change_meeting(house.services.school, "demo", "demo-lesson", MeetingPatch(lobby=True))
    await eventually(lambda: bool(failed))
    assert (await amira.until("rights:changed"))["channels"] == []


async def test_rights_that_stay_as_they_are_cost_no_look_at_what_is_unread(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    amira = await house.connect(name="Amira")
    asked, read = list[Person](), house.services.access.channels_of

    async def noted(person: Person) -> list[tuple[Channel, ChannelRights]]:
        asked.append(person)
        return await read(person)

    async def never(person: str, channels: Sequence[str]) -> dict[str, Position]:
        raise AssertionError

    monkeypatch.setattr(house.services.access, "channels_of", noted)
    monkeypatch.setattr(house.services.chat.positions, "of", never)
    await do_change_meeting(house.services.school, "demo", "demo-lesson", LONGER)
    await eventually(lambda: bool(asked))
    assert "error" not in await amira.ask("chat:send", channel=CLASS, text="Hallo", client_id="1")
    assert len(asked) == 1 and amira.all("rights:changed") == []


async def test_a_lost_enrolment_silences_the_channel(house: House) -> None:
    http = await login(house, "pupil1")
    try:
        amira = Caller("Amira", socketio.AsyncClient(http_session=http, reconnection=False))
        await amira.sio.connect(house.url, transports=["websocket"], headers={"Origin": house.url}, wait_timeout=30)
        await amira.until("session:hello")
        assert (await amira.ask("room:join", meeting="demo-lesson"))["state"] == "joined"
        store = house.services.school
        person = (await amira.until("session:hello"))["person"]
        asker = Person(person["id"], person["school"], person["role"], person["name"])
        lesson, _ = await house.services.access.access_meeting(asker, "demo-lesson")
        await do_unenrol(store, Enrolment("demo", lesson.school_class or "", "pupil1"))
        changed = await amira.until("rights:changed")
        assert changed["channels"] == []
        assert (await amira.until("room:closed"))["reason"] == "no_right"
        teacher = await house.connect(role="teacher", name="T")
        await teacher.ask("chat:send", channel=CLASS, text="secret", client_id="1")
        answer = await amira.ask("chat:history", channel=CLASS)
        assert answer["error"]["code"] == "not_found"
        assert amira.all("chat:message") == []
        await amira.sio.disconnect()
    finally:
        await http.close()
