"""Who may write what in a channel, and what the others see of it, live."""

from __future__ import annotations

import pytest

from tests.web.house import Caller, House, Json
from web.retention import forget_once
from web.school.access import DAY
from web.school.actions import ChannelPatch, do_change_channel
from web.school.model import ChannelMode

CLASS = "demo-class"
SCHOOL = "demo"


async def say(caller: Caller, text: str, **more: Json) -> Json:
    return await caller.ask("chat:send", channel=CLASS, text=text, client_id=text, **more)


async def set_mode(house: House, mode: ChannelMode, *callers: Caller) -> None:
    """Change the mode; return once these have been told."""
    await do_change_channel(house.services.school, SCHOOL, CLASS, ChannelPatch(mode=mode))
    for caller in callers:
        await caller.until("rights:changed", lambda told: view(told)["mode"] == mode)


def view(told: Json) -> Json:
    (found,) = (channel for channel in told["channels"] if channel["channel"] == CLASS)
    return found


MODES: list[tuple[ChannelMode, str, str]] = [
    ("open", "said", "said"),
    ("moderated", "held", "said"),
    ("teacher_only", "not_allowed", "said"),
    ("off", "not_allowed", "not_allowed"),
]


@pytest.mark.parametrize(("mode", "pupil", "teacher"), MODES)
async def test_who_may_write_follows_the_mode_at_once(
    house: House, mode: ChannelMode, pupil: str, teacher: str
) -> None:
    amira, lead = await house.connect(name="Amira"), await house.connect(role="teacher", name="T")
    if mode == "open":  # as it is to begin with
        await set_mode(house, "off", amira, lead)
    await set_mode(house, mode, amira, lead)
    for caller, expected in ((amira, pupil), (lead, teacher)):
        answer = await say(caller, f"from {caller.name}")
        outcome = answer["error"]["code"] if "error" in answer else "held" if answer["held"] else "said"
        assert outcome == expected
        for event, body in (
            ("chat:react", {"seq": 1, "sign": "👍", "given": True}),
            ("chat:edit", {"seq": 1, "text": "x"}),
        ):
            refused = (await caller.ask(event, channel=CLASS, **body)).get("error", {"code": None})["code"]
            assert (refused == "not_allowed") or expected != "not_allowed"


async def test_a_held_message_is_seen_by_its_author_and_who_decides(house: House) -> None:
    amira, ben = await house.connect(name="Amira"), await house.connect(name="Ben")
    lead = await house.connect(role="teacher", name="T")
    await set_mode(house, "moderated", amira, lead)
    for text in ("good", "bad"):
        assert (await say(amira, text))["held"]
    held = {one["text"]: one for one in (await lead.ask("chat:waiting", channel=CLASS))["messages"]}
    assert list(held) == ["good", "bad"]
    assert (await ben.ask("chat:waiting", channel=CLASS))["messages"] == []
    assert len((await amira.ask("chat:waiting", channel=CLASS))["messages"]) == 2
    for caller in (amira, ben):
        refused = await caller.ask("chat:decide", channel=CLASS, id=held["good"]["id"], approve=True)
        assert refused["error"]["code"] == "not_allowed"
    await lead.ask("chat:decide", channel=CLASS, id=held["good"]["id"], approve=True)
    await lead.ask("chat:decide", channel=CLASS, id=held["bad"]["id"], approve=False)
    told = await ben.until("chat:message")
    assert (told["text"], told["author"]["name"], told["seq"], told["client_id"]) == ("good", "Amira", 1, "good")
    await amira.until("chat:held", lambda one: one["status"] == "declined" and one["text"] == "bad")
    await lead.until("chat:held", lambda one: one["status"] == "approved" and one["text"] == "good")
    assert (await lead.ask("chat:waiting", channel=CLASS))["messages"] == []
    assert ben.all("chat:held") == [] and len(ben.all("chat:message")) == 1
    again = await lead.ask("chat:decide", channel=CLASS, id=held["bad"]["id"], approve=True)
    assert again["error"]["code"] == "state"


async def test_what_waits_for_approval_cannot_be_slipped_in_by_an_edit(house: House) -> None:
    amira = await house.connect(name="Amira")
    await say(amira, "harmless")
    await set_mode(house, "moderated", amira)
    refused = await amira.ask("chat:edit", channel=CLASS, seq=1, text="not harmless")
    assert refused["error"]["code"] == "not_allowed"


async def test_replies_mentions_edits_and_signs_reach_everybody(house: House) -> None:
    amira, ben = await house.connect(name="Amira"), await house.connect(name="Ben")
    await say(amira, "question")
    me = (await ben.until("session:hello"))["person"]["id"]
    await say(amira, "Ben?", reply_to=1, mentions=[me])
    told = await ben.until("chat:message", lambda one: one["seq"] == 2)
    assert (told["reply_to"], told["mentions"], told["edited"], told["reactions"]) == (1, [me], False, [])
    await amira.ask("chat:edit", channel=CLASS, seq=2, text="Ben!", mentions=[me])
    await ben.ask("chat:react", channel=CLASS, seq=2, sign="👍", given=True)
    changed = await amira.until("chat:changed", lambda one: one["change"] == 2)
    assert changed["message"]["text"] == "Ben!" and changed["message"]["edited"]
    assert changed["message"]["reactions"] == [{"sign": "👍", "people": [me]}]
    missed = await ben.ask("chat:changes", channel=CLASS, after=0)
    assert missed == {"messages": [changed["message"]], "changed": 2, "more": False}
    assert (await ben.ask("chat:history", channel=CLASS))["changed"] == 2
    refused = await ben.ask("chat:edit", channel=CLASS, seq=2, text="mine now")
    assert refused["error"]["code"] == "not_allowed"
    assert (await ben.ask("chat:react", channel=CLASS, seq=2, sign="🦖", given=True))["error"]["code"] == "bad_message"


async def test_ones_own_message_can_be_deleted(house: House) -> None:
    amira, ben = await house.connect(name="Amira"), await house.connect(name="Ben")
    await say(amira, "oops")
    await set_mode(house, "off", amira)
    assert await amira.ask("chat:delete", channel=CLASS, seq=1) == {}
    me = (await amira.until("session:hello"))["person"]["id"]
    assert await ben.until("chat:deleted") == {"channel": CLASS, "seq": 1, "change": 1, "author": me}


async def test_search_stays_in_the_channels_that_one_may_read(house: House) -> None:
    amira = await house.connect(name="Amira")
    await say(amira, "Die Parabel")
    chair = await house.connect("demo-conference", role="teacher", name="Chair")
    elsewhere = next(c["channel"] for c in (await chair.until("session:hello"))["channels"] if c["channel"] != CLASS)
    await chair.ask("chat:send", channel=elsewhere, text="Parabel, vertraulich", client_id="1")
    found = await amira.ask("chat:search", text="parab")
    assert [message["text"] for message in found["messages"]] == ["Die Parabel"]
    assert len((await amira.ask("chat:search", text="parab", channel=CLASS))["messages"]) == 1
    refused = await amira.ask("chat:search", text="parab", channel=elsewhere)
    assert refused["error"]["code"] == "not_found"
    answers = [await amira.ask("chat:search", text="parab") for _ in range(20)]
    assert answers[-1]["error"]["code"] == "too_fast"


async def test_old_messages_are_let_go_where_the_channel_says_so(house: House) -> None:
    amira = await house.connect(name="Amira")
    services = house.services
    for number in range(5):
        await say(amira, f"message {number}")
    now = services.school.clock()
    week = 7 * DAY
    assert await forget_once(services, now + 99 * week) == 0, "nobody said that they should go"
    await do_change_channel(services.school, SCHOOL, CLASS, ChannelPatch(keep_days=7))
    assert view(await amira.until("rights:changed"))["keep_days"] == 7
    assert await forget_once(services, now + week - DAY) == 0
    assert await forget_once(services, now + week + DAY) == 5
    assert (await amira.ask("chat:history", channel=CLASS))["messages"] == []
    assert (await say(amira, "a new one"))["seq"] == 6, "no number is used twice"
    page = await amira.ask("chat:history", channel=CLASS)
    assert ([one["seq"] for one in page["messages"]], page["head"]) == ([6], 6)


async def test_what_is_unread_is_counted_for_each_person(house: House) -> None:
    issued = await house.services.auth.issue_role_ticket("demo-lesson", "pupil", "Ben")
    ben, tablet = await house.dial(issued.ticket, "Ben"), await house.dial(issued.ticket, "Ben")
    amira = await house.connect(name="Amira")
    for number in range(3):
        await say(amira, f"message {number}")
    assert view(await (await house.dial(issued.ticket, "Ben")).until("session:hello"))["unread"] == 3
    await ben.ask("chat:read", channel=CLASS, seq=2)
    assert await tablet.until("chat:read") == {"channel": CLASS, "seq": 2}
    after = view(await (await house.dial(issued.ticket, "Ben")).until("session:hello"))
    assert (after["seen"], after["unread"], after["head"]) == (2, 1, 3)
    await amira.ask("chat:delete", channel=CLASS, seq=3)
    await say(ben, "mine")
    after = view(await (await house.dial(issued.ticket, "Ben")).until("session:hello"))
    assert (after["seen"], after["unread"], after["head"]) == (2, 0, 4), "neither deleted nor mine"
    assert (await ben.ask("chat:read", channel="nowhere", seq=2))["error"]["code"] == "not_found"
