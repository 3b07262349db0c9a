"""Nothing is acknowledged or shown before it is stored; loading, unloading and compaction lose nothing."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from collab.bus import MemoryBus
from collab.errors import StateError
from collab.limits import Limits
from collab.store import Batch, DocumentStore, NewEntry
from tests.collab.clients import Replica
from tests.collab.gated_store import GatedStore, closed, logged
from tests.collab.school import Classroom


async def test_nothing_is_acknowledged_or_shown_before_it_is_stored(store: DocumentStore) -> None:
    slow = GatedStore(store.database)
    async with Classroom(slow, MemoryBus()) as room:
        ada, ben = await room.join("ada"), await room.join("ben")
        await room.settle()
        slow.gate = asyncio.Event()
        ada.replica.text += "geheim"
        for _ in range(50):
            for client in room.clients:
                client.exchange()
            await asyncio.sleep(0.001)
        late = await room.join("cleo")
        for _ in range(50):
            for client in room.clients:
                client.exchange()
            await asyncio.sleep(0.001)
        assert ada.replica.acked == ada.replica.sent - 1
        assert str(ben.replica.text) == "" and str(late.replica.text) == "" and await logged(store) == 0
        slow.gate.set()
        await room.settle()
        assert str(ben.replica.text) == str(late.replica.text) == "geheim"


async def test_a_failed_commit_closes_everybody_and_the_next_start_is_clean(store: DocumentStore) -> None:
    failing = GatedStore(store.database)
    async with Classroom(failing, MemoryBus()) as room:
        ada, ben = await room.join("ada"), await room.join("ben")
        ada.replica.text += "stored "
        await room.settle()
        failing.failing = True
        ada.replica.text += "not yet"
        await room.until(lambda: closed(ada)() and closed(ben)())
        assert ada.transport.closed == ben.transport.closed == (4509, "store_failed")
        assert ada.replica.acked == ada.replica.sent - 1
        failing.failing = False
        room.clients.clear()
        cleo = await room.join("cleo")
        await room.settle()
        assert str(cleo.replica.text) == "stored ", "the live document was not kept"
        await room.join("ada", replica=ada.replica)
        await room.settle()
        assert str(cleo.replica.text) == "stored not yet"


async def test_an_entry_that_cannot_be_loaded_is_put_aside(room: Classroom) -> None:
    ada = await room.join("ada", replica=Replica(5))
    ada.replica.text += "gut"
    await room.settle()
    ada.leave()
    room.clients.clear()
    bad = Batch("doc", (NewEntry("ada", "w", b"\xff\xff"),), {})
    await room.store.commit([bad])
    async with Classroom(room.store, room.bus) as other:
        cleo = await other.join("cleo")
        await other.settle()
        assert str(cleo.replica.text) == "gut"
        cleo.replica.text += " weiter"
        await other.settle()
        assert other.hubs[0].statistics().quarantined == 1
    async with Classroom(room.store, room.bus) as third:
        dora = await third.join("dora")
        await third.settle()
        assert str(dora.replica.text) == "gut weiter" and third.hubs[0].statistics().quarantined == 0


async def test_it_compacts_while_people_work_and_when_they_left(store: DocumentStore) -> None:
    async with Classroom(
        store, MemoryBus(), limits=Limits(idle_seconds=0.0, compact_entries=10, compact_seconds=0.0)
    ) as room:
        ada = await room.join("ada")
        await room.settle()
        for number in range(25):
            ada.replica.text += f"{number} "
            await room.settle()
        await _compacted(store, within=10)
        ada.leave()
        room.clients.clear()
        await room.until(lambda: room.hubs[0].statistics().documents == 0)
        cleo = await room.join("cleo")
        await room.settle()
        assert str(cleo.replica.text) == str(ada.replica.text)


async def _compacted(store: DocumentStore, within: int) -> None:
    """Return once fewer entries than these are behind the snapshot, which another process makes."""
    async with asyncio.timeout(30):
        loaded = await store.load("doc")
        while loaded.snapshot is None or loaded.head - loaded.snapshot.seq >= within:
            await asyncio.sleep(0.01)
            loaded = await store.load("doc")


async def test_nothing_is_lost_around_unloading(store: DocumentStore) -> None:
    """People come and go at every moment of loading and unloading; whatever was acknowledged is there in the end."""
    random = Random(5)
    async with Classroom(
        store, MemoryBus(), limits=Limits(idle_seconds=0.0, compact_entries=3, compact_seconds=0.0)
    ) as room:
        acknowledged: set[str] = set()
        for number in range(60):
            client = await room.join(f"p{number % 7}")
            key = f"k{number}"
            client.replica.map[key] = number
            for _ in range(random.randrange(12)):
                client.exchange()
                await asyncio.sleep(0)
            client.exchange()
            if client.replica.acked == client.replica.sent and client.replica.sent >= 1:
                acknowledged.add(key)
            client.leave()
            room.clients.clear()
            if random.random() < 0.5:
                for keeper in list(room.hubs[0]._keepers.values()):
                    keeper.poke()
        last = await room.join("last")
        await room.settle()
        assert acknowledged <= set(last.replica.map.to_py())


async def test_closing_the_worker_tells_clients_to_come_back(room: Classroom) -> None:
    ada = await room.join("ada")
    await room.settle()
    await room.hubs[0].close()
    assert ada.transport.closed == (1012, "restart")
    with pytest.raises(StateError):
        await room.join("ben")


async def test_a_hundred_people_at_once_load_the_document_once(store: DocumentStore) -> None:
    loads = 0

    class Counting(DocumentStore):
        async def load(self, document: str):  # type: ignore[no-untyped-def]
            nonlocal loads
            loads += 1
            return await super().load(document)

    async with Classroom(Counting(store.database), MemoryBus()) as room:
        clients = await asyncio.gather(*(room.join(f"p{number}") for number in range(100)))
        await room.settle()
        assert loads == 1 and len(clients) == 100


async def test_only_a_log_that_would_be_felt_is_compacted_when_all_have_left(store: DocumentStore) -> None:
    async def leave_behind(room: Classroom, text: str) -> int:
        ada = await room.join("ada")
        await room.settle()
        ada.replica.text += text
        await room.settle()
        ada.leave()
        room.clients.clear()
        await room.until(lambda: room.hubs[0].statistics().documents == 0)
        loaded = await store.load("doc")
        return loaded.snapshot.seq if loaded.snapshot is not None else 0

    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0, compact_bytes=1000)) as room:
        assert await leave_behind(room, "few words") == 0
        assert await leave_behind(room, "many words " * 100) == 2
        assert await leave_behind(room, "few words again") == 2


async def test_a_first_answer_is_what_was_encoded_last_and_what_came_since(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus()) as room:
        ada = await room.join("ada")
        ada.replica.text += "x" * 100_000
        await room.settle()
        await room.join("ben")
        await room.settle()  # encoded for ben
        ada.replica.text += "later"
        await room.settle()
        cleo = await room.join("cleo")
        await room.settle()
        assert str(cleo.replica.text) == "x" * 100_000 + "later"
        cleo.replica.text += "!"
        await room.settle()
        assert str(ada.replica.text).endswith("later!")
