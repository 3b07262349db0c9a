"""The document plane in one process: people connect, edit and converge; whoever is slow delays nobody."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from pycrdt import Map

from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.connection import EditRights
from collab.limits import Limits
from collab.store import DocumentStore
from tests.collab.clients import Client, MemoryTransport, Replica
from tests.collab.gated_store import GatedStore, closed, logged
from tests.collab.school import Classroom, content


async def test_two_people_see_each_others_edits_and_get_acks(room: Classroom) -> None:
    ada = await room.join("ada")
    ben = await room.join("ben")
    await room.settle()
    ada.replica.text += "Hallo "
    ben.replica.map["k"] = 1
    await room.settle()
    assert str(ben.replica.text) == "Hallo " and ada.replica.map["k"] == 1
    assert ada.replica.acked == ada.replica.sent == 2


async def test_nobody_gets_own_changes_back(room: Classroom) -> None:
    ada, ben = await room.join("ada"), await room.join("ben")
    await room.settle()
    ada.replica.received.clear()
    ada.replica.text += "x"
    await room.settle()
    assert [payload[0] for payload in ada.replica.received] == [100]
    assert str(ben.replica.text) == "x"


async def test_a_document_outlives_its_worker(room: Classroom) -> None:
    ada = await room.join("ada")
    ada.replica.text += "bleibt"
    await room.settle()
    async with Classroom(room.store, room.bus) as other:
        cleo = await other.join("cleo")
        await other.settle()
        assert str(cleo.replica.text) == "bleibt"


async def test_what_is_known_already_is_acknowledged_but_not_logged_again(room: Classroom) -> None:
    ada = await room.join("ada")
    ada.replica.text += "x"
    await room.settle()
    before = await logged(room.store)
    for _ in range(3):
        ada.replica.send_changes(ada.replica.doc.get_update())
    await room.settle()
    assert await logged(room.store) == before == 1


async def test_without_ack_stock_clients_see_only_what_they_know(room: Classroom) -> None:
    transport = MemoryTransport()
    editor = Editor("ada", "Ada", "pupil", 1)
    connection = await room.hubs[0].connect("doc", transport, editor, EditRights(True, True))
    replica = Replica()
    client = Client(replica, connection, transport)
    replica.hello()
    replica.text += "x"
    room.clients.append(client)
    ben = await room.join("ben")
    await room.until(lambda: str(ben.replica.text) == "x")
    assert {payload[0] for payload in replica.received} <= {0, 1}


async def test_a_seeded_document_is_there_at_once_and_only_once(room: Classroom) -> None:
    for _ in range(2):
        await room.hubs[0].create("deck", "deck")
    ada = await room.join("ada", document="deck")
    await room.until(lambda: ada.replica.synced)
    slides: Map[object] = ada.replica.doc.get("slides", type=Map)
    assert list(slides.keys()) == ["s1"]


async def test_editing_while_away_is_merged_on_return(room: Classroom) -> None:
    ada, ben = await room.join("ada"), await room.join("ben")
    await room.settle()
    ada.leave()
    ada.replica.text += "offline "
    ada.replica.outgoing.clear()
    ben.replica.text += "online "
    await room.until(lambda: ben.replica.acked == ben.replica.sent)
    await room.join("ada", replica=ada.replica)
    await room.settle()
    assert "offline" in str(ben.replica.text) and "online" in str(ada.replica.text)


@pytest.mark.parametrize("seed", range(3))
async def test_random_people_on_two_workers_converge(store: DocumentStore, seed: int) -> None:
    random = Random(seed)
    async with Classroom(
        store, MemoryBus(), workers=2, limits=Limits(idle_seconds=0.0, compact_entries=20, compact_seconds=0.0)
    ) as room:
        people = [await room.join(f"p{number}", worker=number % 2) for number in range(6)]
        for _ in range(60):
            number = random.randrange(6)
            client = people[number]
            if random.random() < 0.1:
                client.leave()
                room.clients.remove(client)
                people[number] = await room.join(f"p{number}", random.randrange(2), client.replica)
                continue
            text = client.replica.text
            if len(text) and random.random() < 0.3:
                del text[0 : random.randrange(1, min(4, len(text) + 1))]
            else:
                text.insert(random.randrange(len(text) + 1), random.choice("abcdef"))
            client.replica.map[random.choice("xyz")] = random.randrange(9)
            for other in room.clients:
                other.exchange()
            await asyncio.sleep(0)
        await room.settle()
        seen = content(people[0].replica)
        for client in people:
            client.leave()
        room.clients.clear()
        last = await room.join("last")
        await room.settle()
        assert content(last.replica) == seen, f"seed {seed}"


async def test_everybody_gets_changes_in_an_order_in_which_they_build_on_each_other(store: DocumentStore) -> None:
    """Somebody moves to another worker with what the first one is still storing: that is logged there first."""
    slow, bus = GatedStore(store.database), MemoryBus()
    async with Classroom(slow, bus, others=((store, bus),)) as room:
        ada, ben = await room.join("ada", 0), await room.join("ben", 0)
        await room.settle()
        slow.gate = asyncio.Event()
        ada.replica.text += "early"
        ada.exchange()
        await room.until(lambda: slow.waiting > 0)
        ada.leave()
        room.clients.remove(ada)
        ada = await room.join("ada", 1, ada.replica)
        await room.until(lambda: ada.replica.synced and ada.replica.acked == ada.replica.sent > 0)
        ada.replica.text += "late"
        await room.until(lambda: ada.replica.acked == ada.replica.sent)
        ben.replica.received.clear()
        slow.gate.set()
        await room.settle()
        changes = [message for message in ben.replica.received if message[:2] == b"\x00\x02"]
        assert len(changes) == 2 and b"early" in changes[0] and b"late" in changes[1]


async def test_a_lone_typist_is_never_delayed(store: DocumentStore) -> None:
    """With a joining tick far beyond the test's patience everything still arrives at once."""
    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0, join_seconds=3600.0)) as room:
        ada, ben = await room.join("ada"), await room.join("ben")
        await room.settle()
        for letter in "allein":
            ada.replica.text += letter
            await room.settle()
        assert str(ben.replica.text) == "allein"


async def test_a_slow_reader_gets_one_difference_and_delays_nobody(store: DocumentStore) -> None:
    limits = Limits(idle_seconds=0.0, transport_bytes=200, backlog_bytes=2000, join_seconds=0.0)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        ada, slow, ben = [await room.join(name) for name in ("ada", "slow", "ben")]
        await room.settle()
        slow.transport.stalled = True
        for number in range(120):
            ada.replica.text += f"line {number:04} "
            await room.until(lambda: ada.replica.acked == ada.replica.sent)
        await room.until(lambda: str(ben.replica.text) == str(ada.replica.text))
        assert len(str(slow.replica.text)) < len(str(ada.replica.text))
        assert slow.connection.outbox.state.name == "NEEDS_DIFFERENCE"
        slow.transport.resume()
        await room.settle()
        assert str(slow.replica.text) == str(ada.replica.text)
        assert slow.transport.closed is None


async def test_who_never_reads_is_cut_off(store: DocumentStore) -> None:
    limits = Limits(idle_seconds=0.0, transport_bytes=100, backlog_seconds=0.05)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        ada, dead = await room.join("ada"), await room.join("dead")
        await room.settle()
        dead.transport.stalled = True
        for _ in range(20):
            ada.replica.text += "some words "
            await room.until(lambda: ada.replica.acked == ada.replica.sent)
        await room.until(closed(dead))
        assert dead.transport.closed == (4529, "too_slow")
        await room.settle()


async def test_large_first_answers_wait_for_a_place(store: DocumentStore) -> None:
    limits = Limits(idle_seconds=0.0, transport_bytes=1000, first_syncs=2, backlog_seconds=60.0)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        ada = await room.join("ada")
        ada.replica.text += "x" * 5000
        await room.settle()
        late: list[Client] = []
        for number in range(5):
            client = await room.join(f"late{number}")
            client.transport.stalled = True
            late.append(client)
        await room.until(lambda: sum(client.replica.synced for client in late) == 2)
        for _ in range(30):
            for client in room.clients:
                client.exchange()
            await asyncio.sleep(0.001)
        assert sum(client.replica.synced for client in late) == 2
        for client in late:
            client.transport.resume()
        await room.settle()
        assert all(client.replica.synced for client in late)


async def test_silence_is_broken_before_stock_clients_reconnect(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(silence_seconds=0.5)) as room:
        ada = await room.join("ada")
        await room.settle()
        ada.replica.received.clear()
        await room.until(lambda: b"\x01\x01\x00" in ada.replica.received)
