"""What is large is taken in bit by bit: the same comes of it, and others are served in between."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from pycrdt import Array

from collab.bus import MemoryBus
from collab.document import LiveDocument
from collab.errors import ProtocolError
from collab.lib0 import build_buffer
from collab.limits import Limits
from collab.steps import finish
from collab.store import DocumentStore
from collab.sync import build_update
from tests.collab.build import block, item, string, text, update
from tests.collab.clients import Replica
from tests.collab.gated_store import closed, logged
from tests.collab.school import READ, Classroom

SEEDS = range(8)
CELLS = 10_000
LIMITS = Limits(idle_seconds=0.0, large_bytes=4096)


def paste(replica: Replica, cells: int = CELLS) -> None:
    """Fill so many cells in one edit."""
    with replica.doc.transaction():
        for number in range(cells):
            replica.map[f"c{number}"] = number


def take(live: LiveDocument, data: bytes) -> bytes | None:
    return finish(live.applying(finish(live.judging(data, 3))))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_comes_of_it_as_in_one_go(seed: int) -> None:
    """Of what is partly known, too, and what was logged of it is enough for another."""
    random = Random(seed)
    ada, ben = Replica(5), Replica(6)
    at_once, bit_by_bit, reader = LiveDocument(), LiveDocument(), LiveDocument()
    for number in range(30):
        writer, other = random.sample((ada, ben), 2)
        for _ in range(random.randrange(1, 12)):
            if random.random() < 0.5:
                writer.text.insert(0, random.choice(("a", "ä", "😀", "wort")))
            elif random.random() < 0.7:
                writer.map[f"k{random.randrange(5)}"] = number
            elif str(writer.text).isascii() and str(writer.text):
                del writer.text[0]
        data = writer.doc.get_update(random.choice((b"\x00", other.doc.get_state())))
        known = at_once.apply(at_once.judge(data)) is None
        event = take(bit_by_bit, data)
        assert (event is None) == known, f"seed {seed}"
        if event is not None:
            reader.apply(reader.judge(event))
        other.doc.apply_update(data)
        assert bit_by_bit.full() == at_once.full() == reader.full(), f"seed {seed}"
        assert bit_by_bit.outline.encode() == at_once.outline.encode(), f"seed {seed}"
    assert take(bit_by_bit, at_once.full()) is None


def test_what_cannot_be_decoded_changes_nothing_however_late_it_comes() -> None:
    live = LiveDocument()
    live.apply(live.judge(update(block(5, 0, string("ab")))))
    before = live.full()
    letters = [string("x", left=(6, clock)) for clock in range(20)]
    bad = update(block(6, 0, string("x", left=(5, 1)), *letters, item(5, text("{no json"), left=(6, 20))))
    with pytest.raises(ProtocolError):
        take(live, bad)
    assert live.full() == before and live.outline.state_vector() == {5: 2} and not live.broken
    assert take(live, update(block(6, 0, string("x", left=(5, 1)), *letters))) is not None


def test_many_values_in_one_part_are_steps_too() -> None:
    numbers = b"".join(bytes((125, number % 64)) for number in range(20_000))
    data = update(block(5, 0, b"\x08" + b"\x01" + text("a") + b"\xa0\x9c\x01" + numbers))
    live = LiveDocument()
    steps = live.judging(data)
    assert sum(1 for _ in steps) >= 20
    assert take(live, data) == data
    assert live.read(lambda doc: len(doc.get("a", type=Array))) == 20_000


async def turn(room: Classroom) -> None:
    """Carry messages once, and let the loop go round."""
    for one in room.clients:
        one.exchange()
    await asyncio.sleep(0)


async def test_others_are_served_while_a_table_is_taken_in(store: DocumentStore) -> None:
    """They type in other documents; who types in this one comes after it, in order."""
    async with Classroom(store, MemoryBus(), limits=LIMITS) as room:
        await room.hubs[0].create("other", "scratch")
        ada, ben = await room.join("ada"), await room.join("ben")
        cleo = await room.join("cleo", document="other")
        await room.settle()
        table, other = (room.hubs[0]._keepers[document].ledger.live for document in ("doc", "other"))
        paste(ada.replica)
        ada.replica.text += "danach"
        ada.exchange()
        ben.replica.text += "mitten darin"
        cleo.replica.text += "nebenan"
        served = False
        while table.outline.state_vector().get(ada.replica.client_id, 0) < CELLS:
            served = served or cleo.replica.client_id in other.outline.state_vector()
            await turn(room)
        assert served, "others waited for the table"
        room.clients.remove(cleo)
        await room.settle()
        assert len(ben.replica.map.to_py() or {}) == CELLS and "danach" in str(ben.replica.text)


async def test_a_table_comes_to_other_workers_and_after_a_restart(store: DocumentStore) -> None:
    bus = MemoryBus()
    async with Classroom(store, bus, workers=2, limits=LIMITS) as room:
        ada, ben = await room.join("ada"), await room.join("ben", worker=1)
        await room.settle()
        paste(ada.replica, 3000)
        ben.replica.text += "von dort"
        await room.settle()
        assert len(ben.replica.map.to_py() or {}) == 3000 and await logged(store) >= 2
    async with Classroom(store, MemoryBus(), limits=LIMITS) as room:
        cleo = await room.join("cleo")
        await room.settle()
        assert len(cleo.replica.map.to_py() or {}) == 3000 and str(cleo.replica.text) == "von dort"
        again = await room.join("ada", replica=ada.replica)
        again.replica.send_changes(ada.replica.doc.get_update())
        before = await logged(store)
        await room.settle()
        assert await logged(store) == before, "what is known is acknowledged and not logged again"


async def test_who_may_not_write_pastes_nothing(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=LIMITS) as room:
        ada, ben = await room.join("ada"), await room.join("ben", rights=READ)
        cleo, dora = await room.join("cleo"), await room.join("dora")
        await room.settle()
        paste(ben.replica, 3000)
        await room.until(closed(ben))
        assert ben.transport.closed == (4403, "not_allowed")
        foreign = Replica(ada.replica.client_id)
        ada.replica.text += "meins"
        await room.settle()
        foreign.doc.apply_update(ada.replica.doc.get_update())
        paste(foreign, 3000)
        cleo.connection.receive(build_update(foreign.doc.get_update()))
        await room.until(closed(cleo))
        assert cleo.transport.closed == (4403, "foreign_author")
        missing = update(block(77, 3000, *(string("x", left=(77, 2999 + n)) for n in range(2000))))
        for _ in range(3):
            dora.connection.receive(b"\x00\x02" + build_buffer(missing))
        await room.until(closed(dora))
        assert dora.transport.closed == (4509, "resync")
        assert ada.transport.closed is None and len(ada.replica.map.to_py() or {}) == 0
