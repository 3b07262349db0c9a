"""The document plane in one process: people connect, edit, misbehave and leave; everything converges and is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

import pytest
from pycrdt import Map
from sqlalchemy import text as sql

from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.connection import EditRights
from collab.errors import AccessDenied, CollabError, Overloaded, StateError
from collab.lib0 import build_buffer
from collab.limits import Limits
from collab.store import Batch, Committed, DocumentStore, NewEntry
from collab.wire import Announce
from tests.collab.build import block, deletions, string, update
from tests.collab.clients import Client, MemoryTransport, Replica
from tests.collab.school import READ, Classroom, content


class FailingStore(DocumentStore):
    """A store whose commits can be made to fail or to wait."""

    failing = False
    gate: asyncio.Event | None = None

    async def commit(self, batches: Sequence[Batch]) -> dict[str, Committed | CollabError]:
        if self.gate is not None:
            await self.gate.wait()
        if self.failing:
            return {batch.document: StateError("store_failed", "disk full") for batch in batches}
        return await super().commit(batches)


async def logged(store: DocumentStore, document: str = "doc") -> int:
    async with store.database.read() as connection:
        query = sql("SELECT count(*) FROM document_log WHERE document = :document")
        return int((await connection.execute(query, {"document": document})).scalar_one())


def closed(client: Client) -> Callable[[], bool]:
    return lambda: client.transport.closed is not None


# ---- editing


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
    slow, bus = FailingStore(store.database), MemoryBus()
    async with Classroom(slow, bus, others=((store, bus),)) as room:
        ada, ben = await room.join("ada", 0), await room.join("ben", 0)
        await room.settle()
        slow.gate = asyncio.Event()
        ada.replica.text += "early"
        ada.exchange()
        await asyncio.sleep(0.02)
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


# ---- what may not be


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", 4400),
        (b"\x00\x02\x05abc", 4400),
        (b"\x00\x02" + build_buffer(b"\x00\x00\x00"), 4400),
        (b"\x00\x02" + build_buffer(update(block(5, 0, string("a")), deleted=b"\x05")), 4400),
        (b"\x00" * 2000, 4413),
    ],
    ids=["empty", "cut", "encoding V2", "bad delete set", "too large"],
)
async def test_who_sends_garbage_is_cut_off_and_nobody_else_notices(
    store: DocumentStore, frame: bytes, code: int
) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0, frame_bytes=1000)) as room:
        ada, ben = await room.join("ada"), await room.join("ben")
        await room.settle()
        ben.connection.receive(frame)
        await room.until(closed(ben))
        assert ben.transport.closed is not None and ben.transport.closed[0] == code
        ada.replica.text += "weiter"
        await room.settle()
        assert room.hubs[0].statistics().refused == 1


async def test_a_reader_cannot_write_but_may_answer(room: Classroom) -> None:
    ada = await room.join("ada")
    ada.replica.text += "only read this"
    del ada.replica.text[0:5]
    await room.settle()
    reader = await room.join("ben", rights=READ, replica=Replica())
    await room.settle()
    assert str(reader.replica.text) == "read this"
    reader.replica.send_changes(reader.replica.doc.get_update(), step=1)
    await room.settle()
    assert reader.transport.closed is None
    reader.replica.text += "!"
    await room.until(closed(reader))
    assert reader.transport.closed == (4403, "not_allowed")
    assert "!" not in str(ada.replica.text)


@pytest.mark.parametrize("step", [1, 2])
async def test_a_reader_cannot_delete_either(room: Classroom, step: int) -> None:
    ada = await room.join("ada", replica=Replica(5))
    ada.replica.text += "stays"
    await room.settle()
    reader = await room.join("ben", rights=READ)
    await room.settle()
    reader.replica.send_changes(update(deleted=deletions((5, 0, 3))), step=step)
    await room.until(closed(reader))
    assert str(ada.replica.text) == "stays"


async def test_rights_change_on_a_live_connection(room: Classroom) -> None:
    ada, ben = await room.join("ada"), await room.join("ben")
    await room.settle()
    ben.connection.set_rights(READ)
    ben.replica.text += "too late"
    await room.until(closed(ben))
    assert str(ada.replica.text) == ""
    ada.connection.set_rights(EditRights(read=False, write=False))
    assert ada.transport.closed == (4403, "not_allowed")
    with pytest.raises(AccessDenied):
        await room.hubs[0].connect(
            "doc", MemoryTransport(), Editor("eve", "Eve", "pupil", 0), EditRights(read=False, write=False)
        )


async def test_nobody_writes_under_anothers_client_id(room: Classroom) -> None:
    ada = await room.join("ada", replica=Replica(5))
    ada.replica.text += "by ada"
    await room.settle()
    eve = await room.join("eve")
    await room.settle()
    eve.replica.send_changes(update(block(5, 6, string("evil", left=(5, 5)))))
    await room.until(closed(eve))
    assert eve.transport.closed == (4403, "foreign_author")
    again = await room.join("ada", replica=Replica(5))
    await room.until(lambda: again.replica.synced)
    again.replica.text += " again"
    await room.until(lambda: str(ada.replica.text) == "by ada again")


async def test_nobody_writes_under_the_seeds_client_id(room: Classroom) -> None:
    await room.hubs[0].create("deck", "deck")
    eve = await room.join("eve", document="deck", replica=Replica(1))
    await room.until(lambda: eve.replica.synced)
    eve.replica.send_changes(eve.replica.doc.get_update())
    eve.replica.text += "x"
    await room.until(closed(eve))
    assert eve.transport.closed == (4403, "foreign_author")


async def test_missing_parts_are_asked_for_and_three_times_in_a_row_is_enough(room: Classroom) -> None:
    ada = await room.join("ada")
    await room.settle()
    loose = update(block(77, 5, string("x", left=(77, 4))))
    asked = sum(payload[:2] == b"\x00\x00" for payload in ada.replica.received)
    ada.replica.sent += 2
    for number in (1, 2):
        ada.connection.receive(b"\x00\x02" + build_buffer(loose))
        await room.until(
            lambda: sum(payload[:2] == b"\x00\x00" for payload in ada.replica.received) == asked + number  # noqa: B023
        )
    assert await logged(room.store) == 0
    await room.settle()
    for _ in range(3):
        ada.connection.receive(b"\x00\x02" + build_buffer(loose))
    await room.until(closed(ada))
    assert ada.transport.closed == (4509, "resync")


async def test_a_lost_frame_is_not_acknowledged_until_it_came_after_all(room: Classroom) -> None:
    ada = await room.join("ada", replica=Replica(5))
    await room.settle()
    ada.replica.text += "a"
    lost = ada.replica.outgoing.pop()
    ada.replica.text += "b"
    acked = ada.replica.acked
    while ada.replica.outgoing:
        ada.connection.receive(ada.replica.outgoing.popleft())
    await room.until(lambda: any(payload[:2] == b"\x00\x00" for payload in ada.replica.received[-1:]) or True)
    assert lost and ada.replica.acked == acked
    ada.replica.sent -= 1  # the lost one never reached the server, so it is not counted there
    await room.settle()
    async with Classroom(room.store, room.bus) as other:
        cleo = await other.join("cleo")
        await other.settle()
        assert str(cleo.replica.text) == "ab"


async def test_an_unknown_document_and_another_epoch_are_denied(room: Classroom) -> None:
    with pytest.raises(AccessDenied) as unknown:
        await room.join("ada", document="none")
    with pytest.raises(AccessDenied) as other:
        await room.join("ada", epoch=2)
    assert (unknown.value.code, other.value.code) == ("unknown_document", "other_epoch")
    ada = await room.join("ada", epoch=1)
    await room.settle()
    assert await room.hubs[0].epoch("doc") == 1
    with pytest.raises(AccessDenied):
        await room.hubs[0].epoch("none")
    assert ada.transport.closed is None


async def test_a_raised_epoch_ends_the_live_document(room: Classroom) -> None:
    ada = await room.join("ada")
    await room.settle()
    await room.store.raise_epoch("doc")
    ben = await room.join("ben")
    await room.until(closed(ada))
    assert ada.transport.closed == (4404, "other_epoch") == ben.transport.closed
    cleo = await room.join("cleo", epoch=2)
    room.clients[:] = [cleo]
    await room.settle()


async def test_a_deleted_document_ends_too(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(poll_seconds=0.01)) as room:
        ada = await room.join("ada")
        await room.settle()
        async with store.database.write() as connection:
            await connection.execute(sql("DELETE FROM document"))
        await room.until(closed(ada))
        assert ada.transport.closed == (4404, "unknown_document")


async def test_too_many_frames_and_too_many_connections(store: DocumentStore) -> None:
    limits = Limits(idle_seconds=0.0, frame_burst=20, frames_per_second=1, connections_per_person=2)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        ada = await room.join("ada")
        await room.join("ada")
        with pytest.raises(Overloaded):
            await room.join("ada")
        for _ in range(30):
            ada.connection.receive(b"\x03")
        assert ada.transport.closed == (4529, "too_fast")
        await room.join("ada")


async def test_a_document_does_not_grow_without_bound(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0, document_bytes=5000)) as room:
        ada = await room.join("ada")
        await room.settle()
        for _ in range(40):
            ada.replica.text += "x" * 500
            ada.exchange()
            await asyncio.sleep(0)
        await room.until(closed(ada))
        assert ada.transport.closed == (4413, "too_large")


async def test_a_full_inbox_cuts_off_the_sender(store: DocumentStore) -> None:
    slow = FailingStore(store.database)
    slow.gate = asyncio.Event()
    async with Classroom(slow, MemoryBus(), limits=Limits(idle_seconds=0.0, inbox_frames=5)) as room:
        ada = await room.join("ada")
        await room.until(lambda: ada.replica.synced)
        ada.replica.text += "x"
        ada.exchange()
        await asyncio.sleep(0.05)
        for _ in range(8):
            ada.replica.text += "x"
        ada.exchange()
        assert ada.transport.closed == (4529, "too_fast")
        slow.gate.set()


# ---- storage


async def test_nothing_is_acknowledged_or_shown_before_it_is_stored(store: DocumentStore) -> None:
    slow = FailingStore(store.database)
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
    failing = FailingStore(store.database)
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
        loaded = await store.load("doc")
        assert loaded.snapshot is not None and loaded.snapshot.seq >= 20
        ada.leave()
        room.clients.clear()
        await room.until(lambda: room.hubs[0].statistics().documents == 0)
        cleo = await room.join("cleo")
        await room.settle()
        assert str(cleo.replica.text) == str(ada.replica.text)


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


# ---- slow readers and silence


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


# ---- presence


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


async def test_a_changed_name_is_shown_and_a_query_is_answered(room: Classroom) -> None:
    ada, ben = await room.join("ada"), await room.join("ben")
    ben.replica.show({"cursor": 2})
    await room.until(lambda: bool(ada.replica.here()))
    ben.connection.set_editor(Editor("ben", "Benjamin", "pupil", 3))
    await room.until(lambda: ada.replica.here()[ben.replica.client_id]["user"]["name"] == "Benjamin")
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


# ---- several workers


async def test_more_announcements_than_wait_are_read_from_the_store(store: DocumentStore) -> None:
    """A worker that was busy has missed hundreds of announcements; it reads the log instead of keeping them."""
    async with Classroom(store, MemoryBus(), workers=2, limits=Limits(poll_seconds=60.0)) as room:
        ada, ben = await room.join("ada", 0), await room.join("ben", 1)
        await room.settle()
        keeper = room.hubs[1]._keepers["doc"]
        for number in range(300):
            keeper.receive_announcement(Announce("worker0", number + 2, number + 2, None, {}))
        ada.replica.text += "x"
        await room.settle()
        assert str(ben.replica.text) == "x"


async def test_a_worker_with_an_older_view_finds_the_raised_epoch_when_it_catches_up(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(poll_seconds=60.0)) as room:
        ada = await room.join("ada")
        await room.settle()
        await store.raise_epoch("doc")
        ada.replica.hello()
        keeper = room.hubs[0]._keepers["doc"]
        keeper.check_head(99, 1)
        await room.until(closed(ada))
        assert ada.transport.closed == (4404, "other_epoch")


async def test_who_asks_too_much_is_cut_off(store: DocumentStore) -> None:
    limits = Limits(idle_seconds=0.0, reply_burst=3000, reply_bytes_per_second=1)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        ada = await room.join("ada")
        ada.replica.text += "x" * 1000
        await room.settle()
        eve = await room.join("eve")
        for _ in range(5):
            eve.connection.receive(b"\x00\x00\x01\x00")
        await room.until(closed(eve))
        assert eve.transport.closed == (4529, "too_fast")
        await room.settle()


async def test_two_workers_share_a_document(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), workers=2) as room:
        ada, ben = await room.join("ada", worker=0), await room.join("ben", worker=1)
        await room.settle()
        for number in range(10):
            (ada if number % 2 else ben).replica.text += f"{number}"
        await room.settle()
        assert len(str(ada.replica.text)) == 10


class LossyBus(MemoryBus):
    """Drops what the test wants dropped."""

    drop: Callable[[bytes], bool] = staticmethod(lambda _: False)

    def tell(self, topic: str, payload: bytes) -> None:
        if not self.drop(payload):
            super().tell(topic, payload)


@pytest.mark.parametrize("how", ["everything", "every second", "bytes"])
async def test_lost_announcements_are_made_up_for(store: DocumentStore, how: str) -> None:
    bus = LossyBus()
    count = 0

    def drop(payload: bytes) -> bool:
        nonlocal count
        count += 1
        return how == "everything" or (how == "every second" and count % 2 == 0)

    bus.drop = drop
    limits = Limits(poll_seconds=0.05, announce_bytes=0 if how == "bytes" else 65536)
    async with Classroom(store, bus, workers=2, limits=limits) as room:
        ada, ben = await room.join("ada", worker=0), await room.join("ben", worker=1)
        await room.settle()
        for number in range(12):
            (ada if number % 3 else ben).replica.text += f"{number}"
            await room.until(lambda: all(c.replica.acked == c.replica.sent for c in room.clients))
        await room.settle()


async def test_the_same_client_id_on_two_workers_belongs_to_the_first(store: DocumentStore) -> None:
    bus = LossyBus()
    bus.drop = lambda _: True
    async with Classroom(store, bus, workers=2, limits=Limits(poll_seconds=60.0)) as room:
        ada, eve = await room.join("ada", 0, Replica(5)), await room.join("eve", 1, Replica(5))
        await room.until(lambda: ada.replica.synced and eve.replica.synced)
        ada.replica.text += "ada"
        await room.until(lambda: ada.replica.acked == ada.replica.sent)
        eve.replica.text += "eve"
        await room.until(closed(eve))
        assert eve.transport.closed == (4509, "resync")
        again = await room.join("eve", 1, eve.replica)
        await room.until(lambda: closed(again)() or again.replica.synced)
        room.clients[:] = [ada, await room.join("cleo", 1)]
        await room.settle()
        assert str(room.clients[1].replica.text) == "ada"


async def test_garbage_on_the_bus_is_ignored(room: Classroom) -> None:
    ada = await room.join("ada")
    await room.settle()
    for payload in (b"", b"\xc1", b"\x93\xa1a", b"hello", b"\x91\xa6\x00\x00\x00\x00\x00\x80"):
        room.bus.tell("doc:doc", payload)
        room.bus.tell("documents", payload)
    ada.replica.text += "x"
    await room.settle()


async def test_the_hub_counts(room: Classroom) -> None:
    seconds: list[float] = []
    room.hubs[0].observe_ack = seconds.append
    ada, ben = await room.join("ada"), await room.join("ben")
    await room.settle()
    ada.replica.text += "x"
    await room.settle()
    now = room.hubs[0].statistics()
    assert (now.updates, now.documents, now.connections) == (1, 1, 2) and now.deliveries >= 1
    assert seconds and all(value >= 0 for value in seconds)
    assert ben.replica.text is not None
