"""A person is taken out of all channels, whatever others do with their messages at that moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, text, update

from collab import chat_tables
from collab.chat import SIGNS, Held, NewMessage
from collab.chat_changes import Changes
from collab.chat_store import ChatStore
from collab.database import Database
from collab.errors import AccessDenied, CollabError
from collab.person import PersonStore
from collab.store import migrate

GONE = "remains-1"
_BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


class Channel:
    """Channel c: ben and amira each wrote a message that stands there and one that waits; hers name him."""

    def __init__(self, store: ChatStore, database: Database) -> None:
        self.store = store
        self.changes = Changes(store)
        self.database = database  # of the erasure: another program's
        self.person = PersonStore(database)
        self.waiting: list[str] = []

    async def fill(self) -> None:
        sent = [
            NewMessage("c", "ben", "Ben", "pupil", "GEHEIM", "1"),
            NewMessage("c", "amira", "Amira", "pupil", "für dich", "2", mentions=("ben", "cleo")),
        ]
        await self.store.commit(sent)
        held = [
            NewMessage("c", "ben", "Ben", "pupil", "GEHEIM, wartet", "3"),
            NewMessage("c", "amira", "Amira", "pupil", "für dich, wartet", "4", mentions=("ben", "cleo")),
        ]
        for one in held:
            item = (await self.changes.hold(one)).item
            assert isinstance(item, Held)
            self.waiting.append(item.id)

    async def approve(self) -> None:
        """A teacher lets through what waits, as far as it is there."""
        for held in self.waiting:
            try:
                await self.changes.decide("c", held, True)
            except CollabError as error:
                assert error.code == "not_found"

    async def rows(self) -> list[str]:
        async with self.store.database.read() as connection:
            return [
                str(tuple(row))
                for table in (chat_tables.message, chat_tables.held)
                for row in await connection.execute(select(table))
            ]

    async def check_gone(self) -> None:
        """Nothing says anything of ben; what amira wrote is there, with whom else she named."""
        rows = await self.rows()
        assert [row for row in rows if "ben" in row.lower() or "GEHEIM" in row] == []
        hers = [row for row in rows if "für dich" in row]
        assert len({"wartet" in row for row in hers}) == 2 and all("cleo" in row for row in hers)


@pytest.fixture
async def channel(database_url: str) -> AsyncIterator[Channel]:
    await asyncio.to_thread(migrate, database_url)
    store, database = await ChatStore.open(database_url), await Database.open(database_url)
    made = Channel(store, database)
    await made.fill()
    yield made
    await store.close()
    await database.close()


def after_step(
    monkeypatch: pytest.MonkeyPatch, database: Database, step: int, happens: Callable[[], Awaitable[None]]
) -> None:
    """Have something happen when so many transactions of a database are committed."""
    transact, steps = database.transact, 0

    async def counted(work: Callable[[Connection], Any]) -> Any:
        nonlocal steps
        result = await transact(work)
        steps += 1
        if steps == step:
            await happens()
        return result

    monkeypatch.setattr(database, "transact", counted)


@pytest.mark.parametrize("step", range(1, 7))
async def test_no_approval_leaves_a_message_of_who_is_erased(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """After whichever of its steps the approval comes."""
    after_step(monkeypatch, channel.database, step, channel.approve)
    await channel.person.erase_messages("ben", GONE)
    await channel.check_gone()


async def beside(channel: Channel, first: Callable[[Connection], object], second: Awaitable[object]) -> object:
    """Begin `second` while the transaction of `first` is open, and commit that once `second` waits for it."""
    async with channel.database.write() as connection:
        await connection.run_sync(first)
        other = asyncio.ensure_future(second)
        async with asyncio.timeout(30):
            while not other.done():
                async with channel.store.database.read() as look:
                    if (await look.execute(_BLOCKED)).scalar():
                        break
                await asyncio.sleep(0.01)
    return await other


async def test_an_approval_that_is_being_stored_is_erased_too(channel: Channel) -> None:
    if channel.database.dialect == "sqlite":
        return  # its transactions are never open beside each other
    approve = channel.changes._decide
    await beside(
        channel,
        lambda sync: [approve(sync, "c", held, True) for held in channel.waiting],
        channel.person.erase_messages("ben", GONE),
    )
    await channel.check_gone()


async def test_a_sign_that_is_being_given_is_not_lost_with_a_name(channel: Channel) -> None:
    if channel.database.dialect == "sqlite":
        return
    where = (chat_tables.message.c.channel == "c", chat_tables.message.c.seq == 2)

    def give(connection: Connection) -> None:  # as `chat_changes.py` does
        connection.execute(update(chat_tables.channel).values(changed=chat_tables.channel.c.changed + 1))
        signs = chat_tables.pack({SIGNS[0]: ("ben",)})
        connection.execute(update(chat_tables.message).where(*where).values(reactions=signs))

    await beside(channel, give, channel.person.erase_messages("cleo", GONE))
    (message,) = await channel.store.after("c", 1, 1)
    assert message.reactions == {SIGNS[0]: ("ben",)} and message.mentions == ("ben",)


async def test_what_is_erased_is_not_there_to_be_approved(channel: Channel) -> None:
    if channel.database.dialect == "sqlite":
        return
    with pytest.raises(AccessDenied) as refused:
        await beside(
            channel,
            lambda sync: sync.execute(delete(chat_tables.held).where(chat_tables.held.c.author == "ben")),
            channel.changes.decide("c", channel.waiting[0], True),
        )
    assert refused.value.code == "not_found"
