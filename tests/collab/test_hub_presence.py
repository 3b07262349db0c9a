"""Who is here, as the server knows them."""

from __future__ import annotations

from collab.bus import MemoryBus
from collab.connection import EditRights
from collab.limits import Limits
from collab.store import DocumentStore
from tests.collab.school import READ, Classroom


async def test_people_see_each_other_as_the_server_knows_them(room: Classroom) -> None:
    ada, ben = await room.join("ada"), await room.join("ben")
    ada.replica.show({"cursor": 1, "user": {"name": "Head"}})
    ben.replica.show({"cursor": 2})
    await room.until(lambda: bool(ada.replica.here()) and bool(ben.replica.here()))
    assert ben.replica.here()[ada.replica.client_id]["user"]["name"] == "Ada"
    assert ada.replica.here()[ben.replica.client_id]["cursor"] == 2
    late = await room.join("cleo")
    await room.until(lambda: len(late.replica.here()) == 2)
    ada.leave()
    await room.until(lambda: set(ben.replica.here()) == set())
    assert set(late.replica.here()) == {ben.replica.client_id}


async def test_a_reader_shows_presence_and_nothing_else(room: Classroom) -> None:
    ada = await room.join("ada")
    reader = await room.join("ben", rights=READ)
    reader.replica.show({"secret": "message"})
    await room.until(lambda: bool(ada.replica.here()))
    assert set(ada.replica.here()[reader.replica.client_id]) == {"user"}
    reader.replica.show(None, 2)
    await room.until(lambda: not ada.replica.here())


async def test_who_is_not_to_be_shown_sees_others_and_is_seen_by_nobody(room: Classroom) -> None:
    ada = await room.join("ada")
    hidden = await room.join("ben", rights=EditRights(read=True, write=True, shown=False))
    hidden.replica.show({"cursor": 1})
    ada.replica.show({"cursor": 2})
    await room.until(lambda: bool(hidden.replica.here()))
    late = await room.join("cleo")
    await room.until(lambda: bool(late.replica.here()))
    hidden.replica.text += "Ben"
    await room.until(lambda: str(ada.replica.text) == "Ben")
    assert set(late.replica.here()) == {ada.replica.client_id} and not ada.replica.here()


async def test_a_query_is_answered(room: Classroom) -> None:
    ada, ben = await room.join("ada"), await room.join("ben")
    ben.replica.show({"cursor": 2})
    await room.until(lambda: bool(ada.replica.here()))
    ada.replica.people.clear()
    ada.connection.receive(b"\x03")
    await room.until(lambda: ben.replica.client_id in ada.replica.here())


async def test_a_burst_of_cursors_is_joined(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0, join_seconds=0.2)) as room:
        ada, ben = await room.join("ada"), await room.join("ben")
        await room.settle()
        before = ada.transport.writes
        for number in range(50):
            ben.replica.show({"cursor": number}, number + 1)
            ben.exchange()
        await room.until(lambda: ada.replica.here().get(ben.replica.client_id, {}).get("cursor") == 49)
        assert ada.transport.writes - before <= 3


async def test_a_cursor_comes_with_the_text_it_stands_behind(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0, hold_seconds=3600.0)) as room:
        ada, ben = await room.join("ada"), await room.join("ben")
        await room.settle()
        before = ada.transport.writes
        ben.replica.text += "x"
        ben.replica.show({"cursor": 1})
        await room.until(lambda: str(ada.replica.text) == "x")
        assert ada.replica.here()[ben.replica.client_id]["cursor"] == 1
        assert ada.transport.writes == before + 1
        ben.replica.show({"cursor": 0}, 2)
        await room.until(lambda: ada.replica.here()[ben.replica.client_id]["cursor"] == 0)


async def test_presence_reaches_other_workers_and_a_lost_worker_takes_its_people(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), workers=2, limits=Limits(worker_seconds=1.5, renew_seconds=0.0)) as room:
        ada = await room.join("ada", worker=0)
        ada.replica.show({"cursor": 1})
        ada.exchange()
        ben = await room.join("ben", worker=1)
        ben.replica.show({"cursor": 2})
        await room.until(lambda: len(ada.replica.here()) == 1 and len(ben.replica.here()) == 1)
        for task in room.hubs[1]._running:
            task.cancel()  # it falls silent, as a killed process does
        room.hubs[1].bus = MemoryBus()
        await room.until(lambda: not ada.replica.here())


async def test_who_is_silent_is_shown_again_before_stock_clients_forget_them(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(renew_seconds=0.1)) as room:
        ada, ben = await room.join("ada"), await room.join("ben")
        ada.replica.show({"cursor": 1})
        await room.until(lambda: len(ben.replica.here()) == 1)
        ((clock, _),) = ben.replica.people.values()
        await room.until(lambda: ben.replica.people[ada.replica.client_id][0] > clock)
