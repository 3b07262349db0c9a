"""What happens to messages after they were sent, on SQLite."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from collab import chat_changes, chat_retention, chat_words
from collab import chat_store as chat_store_module
from collab.bus import MemoryBus
from collab.chat import MAX_REACTORS, SIGNS, Change, Feed, Held, Message, NewMessage, with_reaction
from collab.chat_hub import Chat
from collab.chat_store import ChatStore, now
from collab.errors import AccessDenied, Overloaded, ProtocolError, StateError
from tests.collab.test_chat import DeafBus, Ear, chat_store, new

__all__ = ["chat_store"]


def message(change: Change) -> Message:
    assert isinstance(change.item, Message)
    return change.item


def held(change: Change) -> Held:
    assert isinstance(change.item, Held)
    return change.item


def test_a_sign_is_given_once_and_taken_back() -> None:
    once = with_reaction({}, SIGNS[0], "amira", given=True)
    assert with_reaction(once, SIGNS[0], "amira", given=True) == once == {SIGNS[0]: ("amira",)}
    both = with_reaction(once, SIGNS[0], "ben", given=True)
    assert both == {SIGNS[0]: ("amira", "ben")}
    assert with_reaction(with_reaction(both, SIGNS[0], "amira", given=False), SIGNS[0], "ben", given=False) == {}
    with pytest.raises(ProtocolError):
        with_reaction({}, "🦖", "amira", given=True)
    with pytest.raises(Overloaded):
        with_reaction({SIGNS[1]: tuple(map(str, range(MAX_REACTORS)))}, SIGNS[1], "amira", given=True)


def test_changes_are_handed_out_in_order_and_gaps_are_noticed() -> None:
    feed = Feed(9)
    item = Message("c", "a", "A", "pupil", "x", "1", 1, 0)
    assert feed.receive_changes([Change(2, item), Change(1, item)]) == ([Change(1, item), Change(2, item)], False)
    assert feed.receive_changes([Change(4, item)]) == ([], True)
    assert feed.read_changes([Change(2, item), Change(4, item)], 5) == [Change(4, item)]
    assert feed.receive_changes([Change(5, item), Change(6, item)]) == ([Change(6, item)], False)


async def test_an_edited_message_says_so_and_only_its_author_edits(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus())
    await chat_store.commit([new(1)])
    changed = await chat.changes.edit("c", 1, "amira", "better", ("ben",))
    assert message(changed).text == "better" and message(changed).edited and message(changed).mentions == ("ben",)
    for author, seq in (("ben", 1), ("amira", 2)):
        with pytest.raises(AccessDenied):
            await chat.changes.edit("c", seq, author, "worse", ())
    with pytest.raises(ProtocolError):
        await chat.changes.edit("c", 1, "amira", " ", ())
    assert (await chat.history("c", 0, 9)).messages == [message(changed)]


async def test_a_deleted_message_stays_deleted(chat_store: ChatStore) -> None:
    changes = Chat(chat_store, MemoryBus()).changes
    await chat_store.commit([new(1)])
    await changes.react("c", 1, "ben", SIGNS[0], given=True)
    with pytest.raises(AccessDenied):
        await changes.delete("c", 1, author="ben")
    gone = message(await changes.delete("c", 1, author="amira"))
    assert gone.deleted and gone.text == "" and gone.reactions == {}
    with pytest.raises(StateError):
        await changes.edit("c", 1, "amira", "back again", ())
    with pytest.raises(StateError):
        await changes.react("c", 1, "ben", SIGNS[0], given=True)


async def test_a_held_message_is_decided_once(chat_store: ChatStore) -> None:
    chat = Chat(chat_store, MemoryBus())
    first = held(await chat.changes.hold(new(1)))
    assert held(await chat.changes.hold(new(1))).id == first.id, "a repeat is the same message"
    second = held(await chat.changes.hold(new(2, author="ben")))
    assert [one.id for one in await chat.changes.waiting("c")] == [first.id, second.id]
    assert [one.id for one in await chat.changes.waiting("c", "ben")] == [second.id]
    assert (await chat.history("c", 0, 9)).head == 0
    change, stored = await chat.changes.decide("c", first.id, approve=True)
    assert held(change).status == "approved" and stored is not None
    assert (stored.seq, stored.author, stored.text, stored.client_id) == (1, "amira", "text 1", "1")
    assert await chat.changes.decide("c", second.id, approve=False) == (Change(5, held_as(second, "declined")), None)
    for one in (first.id, second.id):
        with pytest.raises(StateError):
            await chat.changes.decide("c", one, approve=True)
    with pytest.raises(AccessDenied):
        await chat.changes.decide("other", second.id, approve=True)
    assert await chat.changes.waiting("c") == []


def held_as(one: Held, status: str) -> Held:
    return Held(one.channel, one.author, one.name, one.role, one.text, one.client_id, one.id, one.at, status)  # type: ignore[arg-type]


async def test_only_so_many_wait(chat_store: ChatStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_changes, "MAX_HELD_OF_ONE", 2)
    monkeypatch.setattr(chat_changes, "MAX_HELD", 3)
    changes = Chat(chat_store, MemoryBus()).changes
    await changes.hold(new(1))
    await changes.hold(new(2))
    with pytest.raises(Overloaded):
        await changes.hold(new(3))
    await changes.hold(new(3, author="ben"))
    with pytest.raises(Overloaded):
        await changes.hold(new(4, author="clara"))


async def test_another_worker_learns_of_changes_even_without_a_bus(chat_store: ChatStore) -> None:
    one, two = Chat(chat_store, DeafBus()), Chat(chat_store, DeafBus())
    await chat_store.commit([new(number) for number in range(3)])
    await two.start()
    await two.open("c")
    ear = Ear(two)
    for step in range(3):
        await one.tell("c", await one.changes.edit("c", 1, "amira", f"edit {step}", ()))
    await one.tell("c", await one.changes.delete("c", 2))
    await one.tell("c", await one.changes.hold(new(9)))
    two.catch_up()
    assert [change.number for change in await ear.until_changes(3)] == [3, 4, 5], "of each its newest state"
    assert message(ear.changes[0]).text == "edit 2" and message(ear.changes[1]).deleted
    assert held(ear.changes[2]).status == "waiting"
    await two.close()


async def test_what_is_forgotten_goes_in_pieces_and_nobody_waits_for_it(
    chat_store: ChatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_retention, "BATCH", 3)
    chat, late = Chat(chat_store, MemoryBus()), Chat(chat_store, DeafBus())
    await late.start()
    await late.open("c")
    ear = Ear(late)
    stored = await chat_store.commit([new(number) for number in range(10)])
    assert isinstance(stored[0], Message)
    await chat_store.commit([new(1, channel="other")])
    await chat.changes.hold(new(99))
    assert await chat.retention.forget("c", stored[0].at) == 0
    assert await chat.retention.forget("c", now() + 1) == 10
    assert await chat.changes.waiting("c") == []
    assert len((await chat.history("other", 0, 9)).messages) == 1
    await chat_store.commit([new(11)])
    late.catch_up()
    assert await ear.until(1) == [11], "who missed what is gone goes on after it"
    await late.close()


async def test_the_words_of_what_is_forgotten_leave_the_index_in_pieces(
    chat_store: ChatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_words, "PAGES", 1)
    chat, words = Chat(chat_store, MemoryBus()), [f"z{number:x}" * 20 for number in range(0x1000, 0x1800)]
    for at, begin in enumerate(range(0, len(words), 256)):
        monkeypatch.setattr(chat_store_module, "now", lambda at=at: at)
        lines = [" ".join(words[first : first + 8]) for first in range(begin, begin + 256, 8)]
        await chat_store.commit([new(begin + number, words=line) for number, line in enumerate(lines)])
        assert len(await chat.search.find(["c"], words[begin])) == 1
    merge, merges = chat_words._merge, 0

    def counted(connection: Connection, pages: int) -> bool:
        nonlocal merges
        merges += 1
        return merge(connection, pages)

    monkeypatch.setattr(chat_words, "_merge", counted)
    assert await chat.retention.forget("c", 1) == 32
    assert merges > 10, "others write in between"
    async with chat_store.database.read() as connection:
        index = b"".join((await connection.execute(text("SELECT block FROM channel_search_data"))).scalars())
    assert [word[10:].encode() in index for word in words] == [False] * 256 + [True] * (len(words) - 256)
    assert await chat.search.find(["c"], words[255]) == []
    assert len(await chat.search.find(["c"], words[256])) == 1


async def test_where_a_person_stands(chat_store: ChatStore) -> None:
    positions = Chat(chat_store, MemoryBus()).positions
    await chat_store.commit([new(number) for number in range(5)])
    assert (await positions.of("ben", ["c", "empty"]))["c"].unread == 5
    assert await positions.move("ben", "c", 3) == 3
    assert await positions.move("ben", "c", 2) == 3, "never back"
    assert await positions.move("ben", "c", 99) == 5, "never past the head"
    assert await positions.move("ben", "empty", 9) == 0
    found = await positions.of("ben", ["c", "empty"])
    assert (found["c"].unread, found["empty"].unread) == (0, 0)
    assert (await positions.of("clara", ["c"]))["c"].unread == 5


async def test_what_was_let_go_is_not_unread(chat_store: ChatStore, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Chat(chat_store, MemoryBus())
    monkeypatch.setattr(chat_store_module, "now", lambda: 1000)
    await chat_store.commit([new(number) for number in range(4)])
    monkeypatch.setattr(chat_store_module, "now", lambda: 2000)
    await chat_store.commit([new(number) for number in range(4, 7)])
    await chat.positions.move("ben", "c", 5)

    async def unread() -> list[int]:
        return [(await chat.positions.of(person, ["c"]))["c"].unread for person in ("clara", "ben")]

    assert await unread() == [7, 2]
    assert await chat.retention.forget("c", 1500) == 4
    assert await unread() == [3, 2]
    assert await chat.retention.forget("c", 2500) == 3
    assert await unread() == [0, 0]


async def test_replies_and_mentions_are_kept(chat_store: ChatStore) -> None:
    await chat_store.commit([new(1)])
    answer = NewMessage("c", "ben", "Ben", "pupil", "yes", "2", reply_to=1, mentions=("amira",))
    (stored,) = await chat_store.commit([answer])
    assert await chat_store.after("c", 1, 9) == [stored] == await chat_store.commit([answer])
    assert isinstance(stored, Message) and stored.reply_to == 1 and stored.mentions == ("amira",)
