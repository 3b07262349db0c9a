"""Direct messages, signs of writing and how people are, on the wire of one worker."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.web.house import Caller, House, Json
from tests.web.people import CLASS, Guests, channel_in, guests, status_of
from web.retention import forget_once
from web.school.access import DAY
from web.school.actions import AccountPatch, SchoolPatch, do_change_account, do_change_school, do_unenrol
from web.school.model import Enrolment

SCHOOL = "demo"


@pytest.fixture
async def people(house: House) -> AsyncIterator[Guests]:
    async with guests() as people:
        yield people


async def say(caller: Caller, channel: str, text: str) -> Json:
    return await caller.ask("chat:send", channel=channel, text=text, client_id=text)


async def closed(caller: Caller, channel: str, why: str | None) -> None:
    """Wait until the conversation is told to be closed for this reason, or open."""
    await caller.until(
        "rights:changed",
        lambda told: (one := channel_in(told, channel)) is not None and one["partner"]["closed"] == why,
    )


async def test_a_conversation_begins_closes_and_opens(house: House, people: Guests) -> None:
    teacher, amira = await people.enter(house, "teacher"), await people.enter(house, "pupil1")
    (found,) = (await amira.ask("direct:find", text="yıl"))["people"]
    assert (found["person"], found["name"], found["of"]) == ("teacher", "Frau Yıldız", [])
    assert (await amira.ask("direct:whom", people=["teacher", "pupil2", "head", "x"]))["people"] == ["teacher"]
    channel = (await amira.ask("direct:open", person="teacher"))["channel"]
    assert (await say(amira, channel, "Question"))["seq"] == 1, "the way in was told before the answer"
    assert (await teacher.until("chat:message"))["text"] == "Question"
    told = channel_in(
        await teacher.until("rights:changed", lambda told: channel_in(told, channel) is not None), channel
    )
    assert (told["title"], told["partner"]["person"]) == ("Amira Haddad", "pupil1")
    assert (await teacher.ask("direct:open", person="pupil1"))["channel"] == channel
    for refused in ("pupil2", "head", "teacher2", "pupil1"):
        assert (await amira.ask("direct:open", person=refused))["error"]["code"] == "not_found"

    await do_change_school(house.services.school, SCHOOL, SchoolPatch(direct="staff"))
    await closed(amira, channel, "school")
    answer = (await say(amira, channel, "more"))["error"]
    assert (answer["code"], "rules" in answer["text"]) == ("not_allowed", True)
    assert len((await amira.ask("chat:history", channel=channel))["messages"]) == 1
    assert (await amira.ask("direct:open", person="teacher"))["error"]["code"] == "not_found"
    await do_change_school(house.services.school, SCHOOL, SchoolPatch(direct="teachers"))
    await closed(amira, channel, None)

    assert (await amira.ask("direct:block", channel=channel, blocked=True))["error"]["code"] == "not_allowed"
    amira.told.clear()
    assert await teacher.ask("direct:block", channel=channel, blocked=True) == {}
    await closed(amira, channel, "blocked")
    await closed(teacher, channel, "blocking")
    assert "takes no messages from you" in (await say(amira, channel, "please"))["error"]["text"]
    amira.told.clear()
    await teacher.ask("direct:block", channel=channel, blocked=False)
    await closed(amira, channel, None)
    amira.told.clear()
    await do_unenrol(house.services.school, Enrolment(SCHOOL, "demo-8b", "teacher"))  # the other one's class
    await closed(amira, channel, "school")
    amira.told.clear()
    await do_change_account(house.services.school, SCHOOL, "teacher", AccountPatch(disabled=True))
    await closed(amira, channel, "gone")
    await teacher.gone()


async def test_nobody_else_hears_a_conversation(house: House, people: Guests) -> None:
    amira, ben, head = [await people.enter(house, who) for who in ("pupil1", "pupil2", "head")]
    tool = await house.connect(name="Tool")
    channel = (await amira.ask("direct:open", person="teacher"))["channel"]
    await say(amira, channel, "secret")
    for other in (ben, head, tool):
        for event, more in (
            ("chat:history", {}), ("chat:send", {"text": "x", "client_id": "x"}), ("direct:about", {}),
            ("direct:block", {"blocked": True}), ("chat:read", {"seq": 1}),
        ):  # fmt: skip
            assert (await other.ask(event, channel=channel, **more))["error"]["code"] == "not_found", event
        await other.ask("chat:typing", channel=channel, typing=True)
        assert not other.all("chat:message") and not other.all("chat:typing")
    assert not amira.all("chat:typing")
    for event, body in (("direct:find", {"text": ""}), ("direct:open", {"person": "teacher"})):
        assert (await tool.ask(event, **body))["error"]["code"] == "not_allowed"


async def test_who_writes_is_seen_until_it_ends(house: House, people: Guests) -> None:
    teacher, amira, ben = [await people.enter(house, who) for who in ("teacher", "pupil1", "pupil2")]
    await status_of(teacher, CLASS, "pupil2", "here")
    await amira.ask("chat:typing", channel=CLASS, typing=True)
    told = await ben.until("chat:typing")
    assert told == {"channel": CLASS, "people": [{"person": "pupil1", "name": "Amira H."}]}
    assert not amira.all("chat:typing"), "not told to herself"
    await amira.ask("chat:typing", channel=CLASS, typing=False)
    await ben.until("chat:typing", lambda news: news["people"] == [])

    assert await people.set(house, "pupil1", "me/settings", typing=False, away=True) == 200
    await status_of(ben, CLASS, "pupil1", "away")  # so the change has arrived
    await teacher.ask("chat:typing", channel=CLASS, typing=True)
    await ben.until("chat:typing", lambda news: [one["person"] for one in news["people"]] == ["teacher"])
    ben.told.clear()
    await amira.ask("chat:typing", channel=CLASS, typing=True)
    await teacher.ask("chat:typing", channel=CLASS, typing=False)
    assert (await ben.until("chat:typing"))["people"] == [], "hers is switched off"

    teacher.told.clear()
    http = await people.login(house, "teacher")
    async with http.patch(f"{house.url}/api/v1/channels/{CLASS}", json={"mode": "moderated"}) as answer:
        assert answer.status == 200
    await ben.until("rights:changed", lambda news: channel_in(news, CLASS)["held"])
    await ben.ask("chat:typing", channel=CLASS, typing=True)
    await teacher.ask("chat:typing", channel=CLASS, typing=True)
    assert [one["person"] for one in (await amira.until("chat:typing", lambda n: n["people"] != []))["people"]]
    assert not any(one["person"] == "pupil2" for news in teacher.all("chat:typing") for one in news["people"])


async def test_how_people_are(house: House, people: Guests) -> None:
    teacher, amira = await people.enter(house, "teacher"), await people.enter(house, "pupil1")
    phone = await people.enter(house, "pupil1")
    for device in (amira, phone):
        await device.ask("presence:idle", idle=True)
    await status_of(teacher, CLASS, "pupil1", "away")
    teacher.told.clear()
    assert (await phone.ask("room:join", meeting="demo-lesson"))["state"] == "joined"
    told = await status_of(teacher, CLASS, "pupil1", "lesson")
    assert set(told) == {"person", "name", "role", "status", "until"}, "and nothing says in which"
    teacher.told.clear()
    await phone.ask("room:leave")
    await status_of(teacher, CLASS, "pupil1", "away")
    await amira.ask("presence:idle", idle=False)
    await status_of(teacher, CLASS, "pupil1", "here")
    teacher.told.clear()

    day = {"start": 0, "end": 24 * 60 - 1, "weekends": True}
    channel = (await amira.ask("direct:open", person="teacher"))["channel"]
    await teacher.until("rights:changed", lambda told: channel_in(told, channel) is not None)
    assert await teacher.ask("direct:about", channel=channel) == {"quiet_until": None}
    assert await people.set(house, "pupil1", "me/settings", quiet=day) == 200
    quiet = await status_of(teacher, CLASS, "pupil1", "quiet")
    assert quiet["until"] > house.services.school.clock()
    for device in (amira, phone):  # also of who is not here
        await device.sio.disconnect()
    await teacher.until("presence:changed", lambda news: "pupil1" in news["gone"])
    assert (await teacher.ask("direct:about", channel=channel))["quiet_until"] == quiet["until"]
    assert (await say(teacher, channel, "Tomorrow is enough."))["seq"] == 1


async def test_who_waits_in_the_lobby_is_in_no_lesson(house: House, people: Guests) -> None:
    teacher = await people.enter(house, "teacher")
    http = await people.login(house, "teacher")
    async with http.patch(f"{house.url}/api/v1/meetings/demo-lesson", json={"lobby": True}) as answer:
        assert answer.status == 200
    await teacher.ask("room:join", meeting="demo-lesson")
    amira = await people.enter(house, "pupil1")
    joined = await amira.ask("room:join", meeting="demo-lesson")
    assert joined["state"] == "lobby"
    seen = await people.enter(house, "pupil2")
    for hears in (teacher, seen):
        for pupil in ("pupil1", "pupil2"):
            await status_of(hears, CLASS, pupil, "here")
    await status_of(seen, CLASS, "teacher", "lesson")
    news = [told for name, told in seen.told if name in ("presence:state", "presence:changed")]
    told = {(one["person"], one["status"]) for some in news for one in some["people"] if some["channel"] == CLASS}
    assert ("pupil1", "lesson") not in told
    await teacher.ask("room:admit", peer=joined["peer"])
    await status_of(teacher, CLASS, "pupil1", "lesson")
    await teacher.ask("room:remove", peer=joined["peer"])
    seen.told.clear()
    await amira.until("room:closed")
    await status_of(seen, CLASS, "pupil1", "here")


async def test_what_is_forgotten_leaves_the_screens(house: House, people: Guests) -> None:
    teacher, amira = await people.enter(house, "teacher"), await people.enter(house, "pupil1")
    await say(amira, CLASS, "old")
    await teacher.until("chat:message")
    http = await people.login(house, "teacher")
    async with http.patch(f"{house.url}/api/v1/channels/{CLASS}", json={"keep_days": 1}) as answer:
        assert answer.status == 200
    assert await forget_once(house.services, house.services.school.clock() + 2 * DAY) == 1
    assert await teacher.until("chat:forgotten") == {"channel": CLASS, "before": 2}


SETTINGS: list[tuple[str, str, Json, int]] = [
    ("head", "school", {"direct": "everyone", "direct_keep_days": 90, "time_zone": "Europe/Vienna"}, 200),
    ("admin", "school", {"direct": "staff"}, 200),
    ("teacher", "school", {"direct": "everyone"}, 403),
    ("head", "school", {"time_zone": "Mars/Base"}, 400),
    ("head", "school", {"direct": "nobody"}, 400),
    ("pupil1", "me/settings", {"quiet": {"start": 0, "end": 1440}}, 400),
    ("pupil1", "me/settings", {"away": True, "typing": False, "quiet": {"start": 1080, "end": 420}}, 200),
    ("admin", "me/settings", {"away": True}, 200),
]


async def test_settings(house: House, people: Guests) -> None:
    for who, path, change, status in SETTINGS:
        assert await people.set(house, who, path, **change) == status, change
        http = await people.login(house, who)
        async with http.get(f"{house.url}/api/v1/{path}") as answer:
            found = await answer.json()
        expected = {key: {"weekends": False} | value if key == "quiet" else value for key, value in change.items()}
        assert ({key: found[key] for key in change} == expected) == (status == 200), change
