"""A client id that others have only seen is its owner's, whoever writes under it first."""

from __future__ import annotations

import pytest

from collab.bus import MemoryBus
from collab.claims import MOST, Claims, Seen, claims_of
from collab.connection import EditRights
from collab.limits import Limits
from collab.store import DocumentStore
from collab.sync import Entry
from tests.collab.build import block, string, update
from tests.collab.clients import Client, Replica
from tests.collab.gated_store import closed
from tests.collab.school import READ, WRITE, Classroom

SEEN = 5
FORGED = update(block(SEEN, 0, string("mine!")))


async def show(room: Classroom, ada: Client, eve: Client) -> None:
    """Ada shows where she is, writes nothing, and Eve sees her id."""
    ada.replica.show({"cursor": None})
    await room.until(lambda: SEEN in eve.replica.here())


async def forge(room: Classroom, eve: Client) -> None:
    eve.replica.send_changes(FORGED)
    await room.until(closed(eve))
    assert eve.transport.closed == (4403, "foreign_author")
    room.clients.remove(eve)


async def until_gone(room: Classroom) -> None:
    for client in room.clients:
        client.leave()
    room.clients.clear()
    await room.until(lambda: all(hub.statistics().documents == 0 for hub in room.hubs))


@pytest.mark.parametrize("rights", [WRITE, READ], ids=["writer", "reader"])
async def test_the_claimer_is_refused_and_not_the_victim(room: Classroom, rights: EditRights) -> None:
    ada, eve = await room.join("ada", replica=Replica(SEEN), rights=rights), await room.join("eve")
    await show(room, ada, eve)
    await forge(room, eve)
    ada.connection.set_rights(WRITE)
    ada.replica.text += "by ada"
    await room.settle()
    assert ada.connection.open


async def test_an_id_stays_its_owners_when_all_have_left_and_the_server_is_another(any_store: DocumentStore) -> None:
    async with Classroom(any_store, MemoryBus()) as room:
        ada, eve = await room.join("ada", replica=Replica(SEEN)), await room.join("eve")
        await room.settle()
        await show(room, ada, eve)
        await until_gone(room)
        ada.replica.text += "on the train"
        ada.replica.outgoing.clear()
        await forge(room, await room.join("eve"))
    await any_store.claims.close()
    other = DocumentStore(any_store.database)
    async with Classroom(other, MemoryBus()) as room:
        await forge(room, await room.join("eve"))
        back = await room.join("ada", replica=ada.replica)
        await room.settle()
        ben = await room.join("ben")
        await room.settle()
        assert str(ben.replica.text) == "on the train" and back.connection.open


async def test_a_worker_that_heard_nothing_finds_the_claim_in_the_store(any_store: DocumentStore) -> None:
    other = DocumentStore(any_store.database)
    limits = Limits(idle_seconds=0.0, poll_seconds=60.0)
    async with Classroom(any_store, MemoryBus(), limits=limits, others=[(other, MemoryBus())]) as room:
        ada, spy = await room.join("ada", replica=Replica(SEEN)), await room.join("eve")
        eve = await room.join("eve", worker=1)
        await room.settle()
        await show(room, ada, spy)
        await any_store.claims.close()
        eve.replica.send_changes(FORGED)
        await room.until(closed(eve))
        assert eve.transport.closed == (4509, "resync"), "the store said so: that worker reads everything anew"
        room.clients.remove(eve)
        await forge(room, await room.join("eve", worker=1))
        ada.replica.text += "by ada"
        await room.settle()


async def test_other_workers_hear_whose_an_id_is(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), workers=2) as room:
        ada, eve = await room.join("ada", replica=Replica(SEEN)), await room.join("eve", worker=1)
        await room.settle()
        await show(room, ada, eve)
        await forge(room, eve)
        ada.replica.text += "by ada"
        await room.settle()


async def test_nobody_is_shown_under_anothers_id(room: Classroom) -> None:
    ada, ben = await room.join("ada", replica=Replica(SEEN)), await room.join("ben")
    await show(room, ada, ben)
    ada.leave()
    room.clients.remove(ada)
    room.hubs[0]._keepers["doc"].audience.room.renew(4e9)  # so late that who has gone is forgotten
    eve = await room.join("eve")
    eve.replica.send_entries([Entry(SEEN, 99, b'{"cursor":1}')])
    await room.settle()
    assert room.hubs[0]._keepers["doc"].audience.room.here == {}


def test_the_newest_of_each_account_count() -> None:
    seen = Seen()
    assert seen.add(1, "ada", lasting=True) and not seen.add(1, "ada", lasting=True)
    assert not seen.add(1, "eve", lasting=True) and seen.get(1) == "ada"
    for client in range(100, 100 + 2 * MOST):
        assert not seen.add(client, "eve", lasting=False)
    assert seen.add(100 + 2 * MOST - 1, "eve", lasting=True), "who may write by now"
    assert seen.get(1) == "ada" and seen.get(100) is None and seen.get(99 + 2 * MOST) == "eve"


async def test_nobody_fills_the_table(any_store: DocumentStore) -> None:
    await any_store.create("doc", "scratch", None, None)
    for start in (0, MOST):
        claims = Claims(any_store.database)
        for client in range(start, start + 2 * MOST):
            claims.note("doc", client, "eve")
        claims.note("doc", 10_000 + start, "ada")
        claims.note("gone", 1, "ada")
        await claims.close()
    async with any_store.database.read() as connection:
        kept = await claims_of(connection, "doc")
    assert len([who for who in kept.values() if who == "eve"]) == MOST
    assert len([who for who in kept.values() if who == "ada"]) == 2
    await any_store.claims.forget_before(2**52)
    async with any_store.database.read() as connection:
        assert await claims_of(connection, "doc") == {}
