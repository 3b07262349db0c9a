"""Messages on real databases and a real Redis: two workers write into the same channels at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from collab import chat_positions
from collab.bus import Bus
from collab.chat import SIGNS, Held, Message, NewMessage
from collab.chat_changes import Changes
from collab.chat_hub import Chat
from collab.chat_positions import Position, Positions
from collab.chat_retention import Retention
from collab.chat_search import Search
from collab.chat_store import ChatStore
from collab.errors import StateError
from collab.redis_bus import RedisBus
from collab.store import migrate
from tests.collab.test_chat import Ear
from tests.services import RedisServer
from tests.web.house import eventually

pytestmark = pytest.mark.edge
CHANNELS = ["alpha", "beta", "gamma", "delta"]


@pytest.fixture
async def stores(database_url: str) -> AsyncIterator[tuple[ChatStore, ChatStore]]:
    await asyncio.to_thread(migrate, database_url)
    one, two = await ChatStore.open(database_url), await ChatStore.open(database_url)
    yield one, two
    await one.close()
    await two.close()


def new(channel: str, number: int, author: str) -> NewMessage:
    return NewMessage(channel, author, author, "pupil", f"{author} {number}", f"{number}")


async def test_two_workers_number_the_same_channels(stores: tuple[ChatStore, ChatStore]) -> None:
    chance = random.Random(1)

    async def write(store: ChatStore, author: str) -> None:
        for batch in range(15):
            chosen = chance.sample(CHANNELS, 3)  # in any order: unsorted locks would deadlock
            messages = [new(channel, batch * 10 + n, author) for n in range(4) for channel in chosen]
            results = await store.commit(messages)
            assert all(isinstance(result, Message) for result in results)

    async with asyncio.timeout(60):
        await asyncio.gather(*(write(store, f"{n}-{m}") for n, store in enumerate(stores) for m in range(3)))
    for channel in CHANNELS:
        seqs: list[int] = []
        while page := await stores[0].after(channel, len(seqs), 100):
            seqs += [message.seq for message in page]
        assert seqs == list(range(1, len(seqs) + 1))
        assert (await stores[1].heads([channel]))[channel] == len(seqs)


async def test_the_same_message_sent_to_two_workers_at_once_is_one(stores: tuple[ChatStore, ChatStore]) -> None:
    results = await asyncio.gather(*(store.commit([new("alpha", 7, "amira")]) for store in stores for _ in range(5)))
    assert {result[0].seq for result in results if isinstance(result[0], Message)} == {1}
    assert len(await stores[0].after("alpha", 0, 10)) == 1


async def test_pages_and_deletion(stores: tuple[ChatStore, ChatStore]) -> None:
    await stores[0].commit([new("alpha", number, "amira") for number in range(10)])
    assert [message.seq for message in await stores[1].before("alpha", 9, 3)] == [6, 7, 8]
    await Changes(stores[1]).delete("alpha", 8)
    (message,) = await stores[0].after("alpha", 7, 1)
    assert message.deleted and message.text == ""
    assert await Retention(stores[0]).forget("alpha", message.at + 1) == 10
    assert await stores[1].after("alpha", 0, 10) == []
    assert await stores[0].heads(["alpha", "nobody wrote here"]) == {"alpha": 10, "nobody wrote here": 0}


async def test_a_reply_to_what_is_not_in_the_channel_is_stored_without_it(stores: tuple[ChatStore, ChatStore]) -> None:
    def answer(number: int, reply_to: int, channel: str = "alpha") -> NewMessage:
        return structs.replace(new(channel, number, "ben"), reply_to=reply_to)

    store, changes = stores[0], Changes(stores[1])
    await store.commit([new("alpha", number, "amira") for number in range(3)])
    asked = [
        answer(4, 999),
        answer(5, 2),
        answer(6, 5),
        answer(7, 7),
        answer(8, 0),
        answer(9, 2**53),
        answer(9, 2, "beta"),
    ]
    replies = [one.reply_to for one in await store.commit(asked) if isinstance(one, Message)]
    assert replies == [None, 2, 5, None, None, None, None], "also to one of the same batch, never to oneself"
    assert [one.reply_to for one in await store.after("alpha", 3, 99)] == replies[:6]
    (again,) = await stores[1].commit([answer(4, 1)])
    assert isinstance(again, Message) and again.reply_to is None, "a repeat is the message that is stored"
    await changes.delete("alpha", 2)
    held = (await changes.hold(answer(10, 2))).item
    assert isinstance(held, Held)
    _, approved = await changes.decide("alpha", held.id, approve=True)
    assert approved is not None and approved.reply_to == 2, "a deleted message keeps its place, and its answers"
    await Retention(store).forget("alpha", approved.at + 1)
    (late,) = await store.commit([answer(12, 3)])
    assert isinstance(late, Message) and late.reply_to is None, "what was let go of is not there any more"


async def test_unread_is_what_others_wrote_after_my_place_and_is_still_said(
    stores: tuple[ChatStore, ChatStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, positions, changes = stores[0], Positions(stores[0]), Changes(stores[1])
    people = ["amira", "ben", "clara"]

    async def unread(channel: str = "alpha") -> list[int]:
        return [(await positions.of(one, [*CHANNELS, "empty"]))[channel].unread for one in people]

    await store.commit([new("alpha", number, people[number % 2]) for number in range(6)])
    await store.commit([new("beta", 1, "clara")])
    assert (await unread(), await unread("beta"), await unread("empty")) == ([3, 3, 6], [1, 1, 0], [0, 0, 0])
    await changes.delete("alpha", 5)  # of amira
    assert await unread() == [3, 2, 5]
    await positions.move("clara", "alpha", 2)
    await positions.move("ben", "alpha", 6)
    assert await unread() == [3, 0, 3]
    await changes.react("alpha", 6, "ben", SIGNS[0], given=True)
    await store.commit([new("alpha", number, "ben") for number in range(6, 9)])
    assert await unread() == [6, 0, 6]
    for seq in range(1, 10):
        await changes.delete("alpha", seq)
    assert await unread() == [0, 0, 0], "nothing is left to be read"
    monkeypatch.setattr(chat_positions, "MOST", 4)
    monkeypatch.setattr(chat_positions, "NEWEST", 5)
    await store.commit([new("gamma", number, "ben") for number in range(9)])
    assert await unread("gamma") == [4, 0, 4], "counted up to what is shown as more"
    await store.commit([new("gamma", number, "amira") for number in range(3)])
    assert await unread("gamma") == [2, 3, 4], "among the newest"


async def test_words_are_found_where_one_may_look(stores: tuple[ChatStore, ChatStore]) -> None:
    texts = [
        "Die Parabel öffnet nach oben",
        "die zweite PARABEL",
        "nichts",
        "Parabeln und Geraden",
        "O'Neil & Co: 3*x|y",
    ]
    await stores[0].commit([NewMessage("alpha", "a", "A", "pupil", one, str(n)) for n, one in enumerate(texts)])
    await stores[0].commit([NewMessage("beta", "a", "A", "pupil", "Parabel woanders", "1")])
    search, changes = Search(stores[1]), Changes(stores[0])

    async def seqs(question: str, *channels: str) -> list[int]:
        return [message.seq for message in await search.find(channels or ("alpha",), question)]

    assert await seqs("parabel") == [4, 2, 1], "the newest first"
    assert await seqs("nach parab") == [1]
    assert await seqs("neil 3") == [5]
    assert len(await search.find(["alpha", "beta"], "parabel")) == 4
    for nothing in ("", "  ", "&|!:*()'\"", "arabel", "parabel AND nichts OR", "NEAR(parabel)"):
        assert await seqs(nothing) == []
    assert await search.find([], "parabel") == [] and await seqs("parabel", "nowhere") == []
    await changes.edit("alpha", 2, "a", "jetzt eine Gerade", ())
    await changes.delete("alpha", 1)
    await stores[0].commit([NewMessage("alpha", "a", "A", "pupil", "noch eine Parabel", "9")])
    assert await seqs("parabel") == [6, 4] and await seqs("gerade") == [4, 2]
    (message,) = await stores[0].after("alpha", 5, 1)
    await Retention(stores[0]).forget("alpha", message.at + 1)
    assert await seqs("parabel") == [] and len(await search.find(["beta"], "parabel")) == 1


async def test_two_workers_decide_edit_and_read_at_once(stores: tuple[ChatStore, ChatStore]) -> None:
    changes = [Changes(store) for store in stores]
    await stores[0].commit([new("alpha", 1, "amira")])
    held = (await changes[0].hold(new("alpha", 2, "ben"))).item
    assert isinstance(held, Held)
    decided = await asyncio.gather(
        *(one.decide("alpha", held.id, approve=True) for one in changes for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, tuple) for one in decided) == 1, "one decides, the others are told so"
    assert sum(isinstance(one, StateError) for one in decided) == 5
    people = [f"person {number}" for number in range(12)]
    done = await asyncio.gather(
        *(changes[n % 2].react("alpha", 1, person, SIGNS[0], given=True) for n, person in enumerate(people)),
        *(changes[n % 2].edit("alpha", 2, "ben", f"edit {n}", ()) for n in range(4)),
    )
    numbers = sorted(change.number for change in done)
    assert numbers == list(range(numbers[0], numbers[0] + 16)), "each change has its number"
    *_, third = await changes[1].after("alpha", 0, 99)
    assert isinstance(third.item, Message) and third.number == numbers[-1]
    (message,) = await stores[0].after("alpha", 0, 1)
    assert set(message.reactions[SIGNS[0]]) == set(people), "no sign is lost"
    positions = [Positions(store) for store in stores]
    await asyncio.gather(*(positions[n % 2].move("clara", "alpha", n) for n in range(4)))
    newest = (await stores[0].after("alpha", 1, 1))[0]
    assert (await positions[0].of("clara", ["alpha"]))["alpha"] == Position(2, 2, newest.at, 0)


async def test_redis_may_be_killed_and_nothing_is_lost(
    stores: tuple[ChatStore, ChatStore], redis_server: RedisServer
) -> None:
    buses: list[Bus] = [RedisBus(redis_server.url), RedisBus(redis_server.url)]
    chats = [Chat(store, bus) for store, bus in zip(stores, buses, strict=True)]
    ears = [Ear(chat) for chat in chats]
    for bus, chat in zip(buses, chats, strict=True):
        await bus.start()
        await chat.start()
        await chat.open("alpha")
    sent = 0
    for step in range(6):
        if step == 2:
            redis_server.kill()
        if step == 4:
            redis_server.start()
        for chat in chats:
            message = await chat.send(new("alpha", step, f"author-{id(chat)}"))
            sent += 1
            assert message.seq == sent
    await eventually(lambda: all(len(ear.heard) >= sent for ear in ears))
    assert [ear.heard for ear in ears] == [list(range(1, sent + 1))] * 2
    for chat, bus in zip(chats, buses, strict=True):
        await chat.close()
        await bus.close()
