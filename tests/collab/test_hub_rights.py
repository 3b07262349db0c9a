"""What may not be: the hub refuses it, says so by a close code, and nobody else notices."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text as sql

from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.connection import EditRights
from collab.errors import AccessDenied, Overloaded
from collab.lib0 import build_buffer
from collab.limits import Limits
from collab.store import DocumentStore
from tests.collab.build import BOLD_TWICE, TIDIED, block, deletions, string, update
from tests.collab.clients import MemoryTransport, Replica
from tests.collab.gated_store import GatedStore, closed, logged, raise_epoch
from tests.collab.school import READ, Classroom


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
@pytest.mark.parametrize("large", [False, True])
async def test_a_readers_deletion_is_ignored(store: DocumentStore, step: int, large: bool) -> None:
    limits = Limits(idle_seconds=0.0, large_bytes=4 if large else 32 * 1024)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        ada = await room.join("ada", replica=Replica(5))
        ada.replica.text += "stays"
        await room.settle()
        reader = await room.join("ben", rights=READ)
        await room.settle()
        stored, heard = await logged(store), len(ada.replica.received)
        reader.replica.send_changes(update(block(5, 0, string("st")), deleted=deletions((5, 0, 3))), step=step)
        reader.replica.send_changes(update(deleted=deletions((5, 0, 3))), step=step)
        await room.settle()
        assert reader.transport.closed is None and reader.replica.acked == 3
        assert await logged(store) == stored and len(ada.replica.received) == heard
        late = await room.join("cleo")
        await room.settle()
        assert str(ada.replica.text) == str(late.replica.text) == "stays"


async def test_a_reader_whose_yjs_tidies_marks_up_stays(room: Classroom) -> None:
    ada, eve = await room.join("ada"), await room.join("eve")
    await room.settle()
    reader = await room.join("ben", rights=READ)
    await room.settle()
    for writer, bold in zip((ada, eve), BOLD_TWICE, strict=True):
        writer.replica.send_changes(bold)
        await room.settle()
    stored = await logged(room.store)
    reader.replica.send_changes(TIDIED)
    await room.settle()
    assert reader.transport.closed is None and await logged(room.store) == stored
    ada.replica.send_changes(TIDIED)
    await room.settle()
    assert await logged(room.store) == stored + 1, "it was not known before"


@pytest.mark.parametrize(
    "sent",
    [
        update(block(9, 0, string("!"))),
        update(block(9, 0, string("!", left=(5, 4)))),
        update(block(9, 0, string("!", left=(5, 4))), deleted=deletions((5, 0, 3))),
        update(block(9, 0, b"\x00\x01"), deleted=deletions((5, 0, 3))),
        update(block(9, 0, b"\x0a\x01"), deleted=deletions((5, 0, 3))),
        update(block(9, 4, string("!", left=(9, 3)))),
        update(deleted=deletions((5, 3, 5))),
        update(block(5, 0, string("stays here"))),
    ],
    ids=["text", "a keystroke", "and a deletion", "collected", "skipped", "parts missing", "gone missing", "goes on"],
)
@pytest.mark.parametrize("large", [False, True])
async def test_nothing_that_a_reader_brings_is_ever_applied(store: DocumentStore, sent: bytes, large: bool) -> None:
    """Also beside letters that wait for the CRDT."""
    limits = Limits(idle_seconds=0.0, large_bytes=4 if large else 32 * 1024)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        ada = await room.join("ada", replica=Replica(5))
        for letter in "stays":
            ada.replica.text += letter
            await room.settle()
        reader = await room.join("ben", rights=READ, replica=Replica(9))
        await room.settle()
        stored = await logged(store)
        reader.replica.send_changes(sent)
        await room.until(closed(reader))
        assert reader.transport.closed == (4403, "not_allowed")
        ada.replica.text += "."
        late = await room.join("cleo")
        await room.settle()
        assert str(late.replica.text) == str(ada.replica.text) == "stays."
        assert await logged(store) == stored + 1 and late.replica.doc.get_state() == ada.replica.doc.get_state()


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
    ada, ben = await room.join("ada", replica=Replica(5)), await room.join("ben")
    await room.settle()
    ada.replica.text += "a"
    assert ada.replica.outgoing.pop(), "is lost"
    ada.replica.text += "b"
    ada.replica.send_changes(b"\x00\x00")  # known already, but it comes after one that waits
    while ada.replica.outgoing:
        ada.connection.receive(ada.replica.outgoing.popleft())
    ben.replica.map["later"] = 1
    while ben.replica.acked < ben.replica.sent:
        ben.exchange()
        await asyncio.sleep(0.001)
    told = [frame[:2] for frame in ada.transport.frames]
    assert b"\x00\x00" in told and not any(frame[:1] == b"\x64" for frame in told), "asked, and acknowledged nothing"
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
    await raise_epoch(room.store)
    ben = await room.join("ben")
    await room.until(closed(ada))
    assert ada.transport.closed == (4404, "other_epoch") == ben.transport.closed
    cleo = await room.join("cleo", epoch=2)
    room.clients[:] = [cleo]
    await room.settle()


async def test_a_raised_epoch_is_noticed_although_nobody_says_so(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(poll_seconds=0.01)) as room:
        ada = await room.join("ada")
        await room.settle()
        await raise_epoch(store)
        await room.until(closed(ada))
        assert ada.transport.closed == (4404, "other_epoch")


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


async def test_what_a_person_may_is_counted_over_all_their_connections(store: DocumentStore) -> None:
    limits = Limits(idle_seconds=0.0, frame_burst=20, frames_per_second=0.001, documents_per_person=2)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        for document in ("second", "third"):
            await room.hubs[0].create(document, "scratch")
        ada, again, ben = await room.join("ada"), await room.join("ada", document="second"), await room.join("ben")
        with pytest.raises(Overloaded, match="documents"):
            await room.join("ada", document="third")
        await room.join("ben", document="third")
        for connection in (ada.connection, again.connection, ben.connection):
            for _ in range(12):
                connection.receive(b"\x03")
        assert (ada.transport.closed, again.transport.closed, ben.transport.closed) == (None, (4529, "too_fast"), None)
        await room.join("ada", document="third")


async def test_who_asks_for_everything_again_and_again_is_cut_off(store: DocumentStore) -> None:
    limits = Limits(idle_seconds=0.0, reply_burst=5000, reply_bytes_per_second=0.001)
    async with Classroom(store, MemoryBus(), limits=limits) as room:
        ada, eve = await room.join("ada"), await room.join("eve")
        ada.replica.text += "x" * 2000
        await room.settle()
        while eve.transport.closed is None:
            eve.replica.received.clear()
            eve.connection.receive(b"\x00\x00\x01\x00")
            await room.until(lambda: bool(eve.replica.received) or eve.transport.closed is not None)
        assert (eve.transport.closed, ada.transport.closed) == ((4529, "too_fast"), None)


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
    slow = GatedStore(store.database)
    slow.gate = asyncio.Event()
    async with Classroom(slow, MemoryBus(), limits=Limits(idle_seconds=0.0, inbox_frames=5)) as room:
        ada = await room.join("ada")
        await room.until(lambda: ada.replica.synced)
        ada.replica.text += "x"
        ada.exchange()
        await room.until(lambda: slow.waiting > 0)
        for _ in range(8):
            ada.replica.text += "x"
        ada.exchange()
        assert ada.transport.closed == (4529, "too_fast")
        slow.gate.set()
