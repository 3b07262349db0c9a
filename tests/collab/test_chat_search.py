"""What messages are found by, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text

from collab import chat_words
from collab.bus import MemoryBus
from collab.chat import Message, NewMessage
from collab.chat_hub import Chat
from collab.chat_store import ChatStore, now
from collab.chat_words import LONGEST, split_words
from collab.errors import AccessDenied, StateError
from collab.person import PersonStore
from collab.store import migrate

MESSAGES = (
    "Aufgaben auf https://www.mathe-portal.de/klasse7/brueche",
    "schreib an frau.mueller@schule.de",
    "Café um 3",
    "siehe noten/halbjahr.pdf",
    "Frau Müller, Straße 5b, GRÖSSE XL",
    "Cafe\u0301 Mu\u0308hle",  # as a Mac spells it
    "snake_case und 1e5 -3.5 0x1F \\' <b>fett</b> 10:30",
)


@pytest.fixture
async def chat_store(database_url: str) -> AsyncIterator[ChatStore]:
    await asyncio.to_thread(migrate, database_url)
    store = await ChatStore.open(database_url)
    yield store
    await store.close()


def said(number: int, words: str, channel: str = "c") -> NewMessage:
    return NewMessage(channel, "amira", "Amira", "pupil", words, str(number))


async def seqs(store: ChatStore, question: str, *channels: str) -> list[int]:
    return [one.seq for one in await Chat(store, MemoryBus()).search.find(channels or ("c",), question)]


async def index_of(store: ChatStore) -> str:
    """All that the index holds, in one text."""
    column = "words" if store.database.dialect == "postgresql" else "text"
    async with store.database.read() as connection:
        return " ".join(str(row[0]) for row in await connection.execute(text(f"SELECT {column} FROM channel_search")))


def test_words_are_split_and_folded() -> None:
    assert split_words("Frau.MÜLLER@schule.de, Cafe\u0301 ﬁx_² İstanbul") == [
        "frau", "muller", "schule", "de", "cafe", "fix", "2", "istanbul",
    ]  # fmt: skip
    assert split_words("Straße") == split_words("STRASSE") == ["strasse"]
    assert split_words("й Ё") == ["и", "е"] and split_words("\u200b&|!:*()'\"\\") == []
    assert [len(word) for word in split_words("x" * 1000 + " 𝔸" * 2)] == [LONGEST, 1, 1]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("klasse7", [1]), ("brueche", [1]), ("portal", [1]), ("mueller", [2]), ("schule", [2]), ("cafe", [6, 3]),
        ("halbjahr", [4]), ("noten", [4]), ("müller", [5]), ("Müller", [5]), ("muller", [5]), ("mu\u0308ller", [5]),
        ("CAFÉ", [6, 3]), ("muh", [6]), ("strasse", [5]), ("Straße 5", [5]), ("größe", [5]), ("grosse", [5]),
        ("frau", [5, 2]), ("frau.mueller@schule.de", [2]), ("https://www.mathe-portal.de", [1]), ("noten/halb", [4]),
        ("case", [7]), ("1e5", [7]), ("-3.5", [7]), ("0x1", [7]), ("fett", [7]), ("10:30", [7]), ("uller", []),
        ("'; DROP", []), ("brueche mueller", []),
    ],
)  # fmt: skip
async def test_each_word_of_the_question_begins_a_word(chat_store: ChatStore, question: str, found: list[int]) -> None:
    await chat_store.commit([said(number, words) for number, words in enumerate(MESSAGES)])
    assert await seqs(chat_store, question) == found


async def test_words_of_any_length_are_taken_in(chat_store: ChatStore) -> None:
    texts = ["x" * 4000, "ﷺ" * 4000, "𝔸" * 4000, "🎉 ❤️", "a" * LONGEST + "b"]
    stored = await chat_store.commit([said(number, words) for number, words in enumerate(texts)])
    assert all(isinstance(one, Message) for one in stored)
    assert await seqs(chat_store, "x" * 150) == [1] and await seqs(chat_store, "𝔸a") == [5, 3]


async def test_the_index_follows_what_is_rewritten_and_holds_nothing_that_is_gone(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus())
    await chat_store.commit([said(number, f"wort{number} geheim{number}") for number in range(6)])
    await chat.changes.delete("c", 1)  # before anybody searched
    await chat.changes.edit("c", 2, "amira", "anders", ())
    assert await seqs(chat_store, "wort") == [6, 5, 4, 3] and await seqs(chat_store, "anders") == [2]
    await chat.changes.edit("c", 3, "amira", "besser", ())
    await chat.changes.edit("c", 3, "amira", "am besten", ())
    await chat.changes.delete("c", 4)
    await chat.changes.react("c", 5, "ben", "👍", given=True)
    assert await seqs(chat_store, "wort") == [6, 5] and await seqs(chat_store, "besten") == [3]
    assert await seqs(chat_store, "besser") == [] and await seqs(chat_store, "anders") == [2]
    held = await index_of(chat_store)
    assert not any(f"geheim{number}" in held for number in range(4)) and "besser" not in held
    await PersonStore(chat_store.database).erase_messages("amira", "nobody")
    assert await seqs(chat_store, "wort") == [] and not (await index_of(chat_store)).strip()
    await chat_store.commit([said(9, "spurlos")])
    assert await seqs(chat_store, "spurlos") == [7]
    await chat.retention.forget("c", now() + 1)
    assert await seqs(chat_store, "spurlos") == [] and not (await index_of(chat_store)).strip()


async def test_new_messages_are_taken_in_piece_by_piece_also_by_two_at_once(
    chat_store: ChatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_words, "PIECE", 4)
    for channel in ("c", "d"):
        await chat_store.commit([said(number, f"wort{number}", channel) for number in range(11)])
    chats = [Chat(chat_store, MemoryBus()) for _ in range(4)]
    found = await asyncio.gather(*(chat.search.find(["c", "d"], "wort") for chat in chats))
    assert [len(one) for one in found] == [22] * 4
    await chat_store.commit([said(99, "wort99")])
    assert (await seqs(chat_store, "wort99"), await seqs(chat_store, "wort9 ")) == ([12], [12, 10])
    await chats[0].retention.forget("c", now() + 1)
    await chat_store.commit([said(100, "danach")])
    assert await seqs(chat_store, "danach") == [13]


async def test_what_was_written_before_is_found(chat_store: ChatStore) -> None:
    await chat_store.commit([said(number, words) for number, words in enumerate(MESSAGES)])
    assert await seqs(chat_store, "noten") == [4]
    step = import_module("collab.migrations.versions.0008_chat_words")

    def go(connection: Connection, forward: bool) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            step.upgrade() if forward else step.downgrade()

    for forward in (False, True):
        async with chat_store.database.write() as connection:
            await connection.run_sync(go, forward)
    for question in ("klasse7", "mueller", "muller", "noten"):
        assert len(await seqs(chat_store, question)) == 1, question
    await Chat(chat_store, MemoryBus()).changes.delete("c", 4)
    assert await seqs(chat_store, "noten") == [] and "halbjahr" not in await index_of(chat_store)


async def test_the_index_is_what_is_said_whoever_searches_while_it_changes(
    chat_store: ChatStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_words, "PIECE", 3)
    other = await ChatStore.open(database_url)  # another worker's
    workers = [(store, Chat(store, MemoryBus())) for store in (chat_store, other)]
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    (old, *_) = await chat_store.commit([said(number, f"wort{number}") for number in range(40)])
    assert isinstance(old, Message)

    async def change(store: ChatStore, chat: Chat, base: int) -> None:
        for step in range(base, base + 25):
            seq = chance.randint(1, 60)
            try:
                match chance.randrange(4):
                    case 0:
                        await store.commit([said(step, f"neu{step}")])
                    case 1:
                        await chat.changes.delete("c", seq)
                    case _:
                        await chat.changes.edit("c", seq, "amira", f"anders{step}", ())
            except (AccessDenied, StateError) as error:
                assert error.code in ("not_found", "deleted"), f"seed {seed}"

    async def ask(chat: Chat) -> None:
        for _ in range(25):
            await chat.search.find(["c"], chance.choice(["wort", "neu", "anders"]))

    changing = [change(*worker, 1000 * (place + 1)) for place, worker in enumerate(workers)]
    await asyncio.gather(*changing, *(ask(chat) for _, chat in workers), other_forgets(workers[1][1], old.at))
    await workers[0][1].search.find(["c"], "wort")
    kept = sorted(one.text for one in await chat_store.after("c", 0, 999) if not one.deleted)
    assert sorted((await index_of(chat_store)).replace("'", "").split()) == kept, f"seed {seed}"
    await other.close()


async def other_forgets(chat: Chat, at: int) -> None:
    """Let go of the messages of a first moment, while others are changed."""
    await asyncio.sleep(0.02)
    await chat.retention.forget("c", at + 1)
