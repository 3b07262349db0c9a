"""The rules of a channel without a database, and the hub on SQLite with a bus that loses everything."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence, Sized
from pathlib import Path

import pytest

from collab import chat_hub
from collab.bus import MemoryBus
from collab.chat import MAX_TEXT, Change, Feed, Message, NewMessage, check_message
from collab.chat_hub import Chat
from collab.chat_queue import MOST_OF_ONE
from collab.chat_store import ChatStore
from collab.errors import AccessDenied, Overloaded, ProtocolError, StateError
from collab.store import migrate


def new(number: int, channel: str = "c", author: str = "amira", words: str = "") -> NewMessage:
    return NewMessage(channel, author, author.title(), "pupil", words or f"text {number}", str(number))


def stored(seq: int) -> Message:
    return Message("c", "amira", "Amira", "pupil", f"text {seq}", str(seq), seq, 0)


@pytest.mark.parametrize("text", ["", " \n\t", "x" * (MAX_TEXT + 1), "a\x00"])
def test_texts_that_no_channel_takes(text: str) -> None:
    with pytest.raises(ProtocolError):
        check_message(NewMessage("c", "a", "A", "pupil", text, "1"))


@pytest.mark.parametrize("client_id", ["", "x" * 65, "\x00"])
def test_client_ids_that_no_channel_takes(client_id: str) -> None:
    with pytest.raises(ProtocolError):
        check_message(NewMessage("c", "a", "A", "pupil", "x", client_id))


@pytest.mark.parametrize("seed", range(50))
def test_each_message_is_handed_out_once_and_in_order(seed: int) -> None:
    chance = random.Random(seed)
    news = [stored(seq) for seq in range(1, 41)]
    announced = [message for message in news if chance.random() < 0.7] * 2
    chance.shuffle(announced)
    feed, out = Feed(0), []
    while announced:
        take, announced = announced[:3], announced[3:]
        ready, missing = feed.receive(take)
        out += ready
        if missing and chance.random() < 0.5:  # the database has what the bus lost
            ready, _ = feed.receive(news[feed.last : feed.last + 10])
            out += ready
    out += feed.receive(news[feed.last :])[0]
    assert out == news, f"seed {seed}"


class DeafBus(MemoryBus):
    """A bus on which nothing arrives."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Lose it."""


@pytest.fixture
async def chat_store(tmp_path: Path) -> AsyncIterator[ChatStore]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'chat.db'}"
    await asyncio.to_thread(migrate, url)
    store = await ChatStore.open(url)
    yield store
    await store.close()


class Ear:
    def __init__(self, chat: Chat) -> None:
        self.heard: list[int] = []
        self.together: list[int] = []
        self.changes: list[Change] = []
        self._news = asyncio.Event()
        chat.on_news(self._on_news)

    def _on_news(self, channel: str, news: Sequence[Message | Change]) -> None:
        self.together.append(len(news))
        self.heard += [one.seq for one in news if isinstance(one, Message)]
        self.changes += [one for one in news if isinstance(one, Change)]
        self._news.set()

    async def until(self, count: int) -> list[int]:
        await self._until(self.heard, count)
        return self.heard

    async def until_changes(self, count: int) -> list[Change]:
        await self._until(self.changes, count)
        return self.changes

    async def _until(self, things: Sized, count: int) -> None:
        async with asyncio.timeout(30):
            while len(things) < count:
                self._news.clear()
                await self._news.wait()


async def test_many_senders_share_a_commit_and_keep_their_order(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus())
    await chat.start()
    ear = Ear(chat)
    await chat.open("c")
    sent = await asyncio.gather(*(chat.send(new(number, author=f"p{number % 30}")) for number in range(600)))
    assert [message.seq for message in sent] == list(range(1, 601))
    assert await ear.until(600) == list(range(1, 601))
    await chat.close()


async def test_who_floods_leaves_places_to_the_others(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus())  # not started: what is sent waits
    flood: dict[str, list[asyncio.Future[Message]]] = {f"mallory{number}": [] for number in range(20)}
    for author, sent in flood.items():
        with pytest.raises(Overloaded):
            while True:
                sent.append(chat.send(new(len(sent), author=author)))
    assert len(flood["mallory0"]) == MOST_OF_ONE
    others = [chat.send(new(number, author=f"pupil{number}")) for number in range(30)]
    await chat.start()
    assert [message.author for message in await asyncio.gather(*others)] == [f"pupil{number}" for number in range(30)]
    await asyncio.gather(*(ready for sent in flood.values() for ready in sent))
    await chat.send(new(MOST_OF_ONE, author="mallory0"))
    await chat.close()


async def test_who_writes_alone_never_waits_and_several_share_what_is_handed_out(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus(), lambda: 0.0)
    await chat.start()
    ear = Ear(chat)
    await chat.open("c")
    for number in range(5):
        await chat.send(new(number))
    assert ear.together == [1] * 5
    ready = chat.send(new(5, author="ben"))  # the last one was stored only now
    await asyncio.sleep(0)
    assert not ready.done()
    rest = [chat.send(new(number, author="cleo")) for number in range(6, 9)]
    await asyncio.gather(ready, *rest)
    assert ear.together == [1] * 5 + [4]
    assert ear.heard == list(range(1, 10))
    await chat.close()


async def test_two_workers_hear_each_other_even_without_a_bus(chat_store: ChatStore) -> None:
    bus = DeafBus()
    one, two = Chat(chat_store, bus), Chat(chat_store, bus)
    for chat in (one, two):
        await chat.start()
        await chat.open("c")
    ears = [Ear(one), Ear(two)]
    await asyncio.gather(*(chat.send(new(number)) for number in range(20) for chat in (one, two)))
    one.catch_up()
    two.catch_up()
    for ear in ears:
        assert await ear.until(20) == list(range(1, 21))
    for chat in (one, two):
        await chat.close()


async def test_what_is_sent_right_after_opening_is_heard(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus())
    await chat.start()
    ear = Ear(chat)
    await asyncio.gather(chat.open("c"), chat.open("c"))
    await chat.send(new(1))
    assert await ear.until(1) == [1]
    chat.shut("c")
    await chat.send(new(2))
    assert await ear.until(2) == [1, 2], "one hearer is left"
    chat.shut("c")
    await chat.send(new(3))
    assert ear.heard == [1, 2]
    await chat.close()


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Have a method fail in an unforeseen way when it is called next."""
    method = getattr(owner, name)

    def failing(*given: object) -> object:
        monkeypatch.setattr(owner, name, method)
        raise KeyError("unforeseen")

    monkeypatch.setattr(owner, name, failing)


async def test_a_listener_that_fails_keeps_no_message_from_anybody(
    chat_store: ChatStore, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(channel: str, news: Sequence[Message | Change]) -> None:
        raise KeyError("one connection")

    bus = MemoryBus()
    one, two = Chat(chat_store, bus), Chat(chat_store, bus)
    for chat in (one, two):
        await chat.start()
        chat.on_news(broken)
        await chat.open("c")
    ears = [Ear(one), Ear(two)]
    async with asyncio.timeout(30):
        for number in (1, 2):
            assert (await one.send(new(number))).seq == number
    for ear in ears:
        assert await ear.until(2) == [1, 2]
    assert "a listener of the chat failed" in caplog.text
    for chat in (one, two):
        await chat.close()


@pytest.mark.parametrize("broken", ["_only_author", "_announce"])
async def test_whatever_breaks_a_batch_the_next_one_is_answered(
    chat_store: ChatStore, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    chat = Chat(chat_store, MemoryBus())
    await chat.start()
    ear = Ear(chat)
    await chat.open("c")
    fail_once(monkeypatch, chat_hub if broken == "_only_author" else chat, broken)
    async with asyncio.timeout(30):
        if broken == "_announce":
            await chat.send(new(1))
        else:
            with pytest.raises(StateError):
                await chat.send(new(1))
            await chat.send(new(1))
        await chat.send(new(2))
    assert await ear.until(2) == [1, 2]
    await chat.close()


async def test_whatever_breaks_a_look_the_next_one_finds_what_was_missed(
    chat_store: ChatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = Chat(chat_store, DeafBus())
    await chat.start()
    ear = Ear(chat)
    await chat.open("c")
    fail_once(monkeypatch, chat, "_read_missed")
    chat.catch_up()
    await chat_store.commit([new(1)])
    assert await ear.until(1) == [1]
    await chat.close()


async def test_repeats_and_deletions(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus())
    await chat.start()
    ear = Ear(chat)
    await chat.open("c")
    first, again, other = await asyncio.gather(chat.send(new(1)), chat.send(new(1)), chat.send(new(1, author="ben")))
    assert first == again and other.seq == 2
    gone = await chat.changes.delete("c", 1)
    await chat.tell("c", gone)
    assert ear.changes == [gone]
    page = await chat.history("c", 0, 10)
    assert (page.head, page.changed) == (2, 1) and page.messages[0].deleted and page.messages[0].text == ""
    with pytest.raises(AccessDenied):
        await chat.changes.delete("c", 3)
    await chat.close()


async def test_nobody_waits_for_ever_when_the_hub_ends(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus())
    waiting = chat.send(new(1))
    await chat.start()
    await chat.close()
    with pytest.raises(StateError):
        await waiting
