"""Several workers share a document: the bus only notifies, the store is the truth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collab.bus import MemoryBus
from collab.limits import Limits
from collab.store import DocumentStore
from collab.wire import Announce, decode
from tests.collab.clients import Replica
from tests.collab.gated_store import closed, raise_epoch
from tests.collab.school import Classroom


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
        await raise_epoch(store)
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
        while eve.transport.closed is None:
            eve.replica.received.clear()
            eve.connection.receive(b"\x00\x00\x01\x00")
            await room.until(lambda: bool(eve.replica.received) or eve.transport.closed is not None)
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


async def test_the_last_announcement_is_said_again(store: DocumentStore) -> None:
    """Nothing comes after it that would show the gap, and the heads are not read for long."""
    bus = LossyBus()
    async with Classroom(store, bus, workers=2, limits=Limits(poll_seconds=60.0)) as room:
        ada, ben = await room.join("ada", worker=0), await room.join("ben", worker=1)
        await room.settle()
        lost: list[bytes] = []

        def drop(payload: bytes) -> bool:
            first = isinstance(decode(payload), Announce) and not lost
            if first:
                lost.append(payload)
            return first

        bus.drop = drop
        ada.replica.text += "x"
        await room.settle()
        assert lost and str(ben.replica.text) == "x"


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


@pytest.mark.parametrize("typing", [False, True], ids=["silent", "typing"])
async def test_who_changes_the_worker_brings_no_others_edits_as_their_own(store: DocumentStore, typing: bool) -> None:
    """The bus is away, so that the second worker knows of the first one's edits only from the log."""
    limits = Limits(idle_seconds=0.0, poll_seconds=60.0)
    async with Classroom(store, MemoryBus(), limits=limits, others=[(store, MemoryBus())]) as room:
        cleo = await room.join("cleo", worker=1)
        ada, ben = await room.join("ada"), await room.join("ben")
        await room.settle()
        room.clients.remove(cleo)  # she stays there, and hears nothing
        ben.replica.text += "Hallo "
        await room.settle()
        ada.leave()
        room.clients.remove(ada)
        moved = await room.join("ada", worker=1, replica=ada.replica)
        if typing:
            moved.replica.text += "zusammen"
        await room.until(lambda: moved.replica.synced)
        room.clients.append(cleo)
        room.clients.remove(ben)
        await room.settle()
        assert moved.connection.open and cleo.connection.open and ben.connection.open
        assert str(cleo.replica.text) == ("Hallo zusammen" if typing else "Hallo ")
