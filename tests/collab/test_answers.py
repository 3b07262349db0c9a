"""Whoever asks again and again is told what the document holds, but never more at a time than they read."""

from __future__ import annotations

from collab.bus import MemoryBus
from collab.lib0 import build_buffer
from collab.limits import Limits
from collab.store import DocumentStore
from tests.collab.clients import Client
from tests.collab.school import READ, Classroom

ALL = b"\x00\x00\x01\x00"  # step 1 of somebody who has nothing
SIZE = 300_000


async def filled(room: Classroom) -> Client:
    """Let Ada write a lot; returns her."""
    ada = await room.join("ada")
    ada.replica.text += "x" * SIZE
    await room.settle()
    return ada


async def rounds_pass(room: Classroom, ada: Client) -> None:
    """Wait until all that was asked before was looked at: it stands in one inbox with Ada's edits and questions."""
    ada.replica.received.clear()
    ada.replica.text += "."
    ada.connection.receive(ada.replica.outgoing.popleft())
    ada.connection.receive(b"\x00\x00" + build_buffer(ada.replica.doc.get_state()))
    await room.until(lambda: any(message[:2] == b"\x00\x01" for message in ada.replica.received))
    await room.until(lambda: ada.replica.acked == ada.replica.sent)


async def test_who_asks_again_and_reads_nothing_holds_one_answer(room: Classroom) -> None:
    ada = await filled(room)
    eve = await room.join("eve", rights=READ)
    await room.settle()
    eve.transport.stalled = True
    room.clients.remove(eve)
    for _ in range(20):
        eve.connection.receive(ALL)
        await rounds_pass(room, ada)
    assert eve.transport.closed is None
    assert SIZE < eve.transport.held < SIZE + room.limits.transport_bytes
    eve.transport.resume()
    room.clients.append(eve)
    await room.settle()
    assert str(eve.replica.text) == str(ada.replica.text)


async def test_of_the_questions_that_wait_the_newest_is_answered(room: Classroom) -> None:
    ada = await filled(room)
    ben = await room.join("ben")
    await room.settle()
    ben.transport.stalled = True
    room.clients.remove(ben)
    for question in (ALL, ALL, b"\x00\x00" + build_buffer(ben.replica.doc.get_state())):
        ben.connection.receive(question)
        await rounds_pass(room, ada)
    ben.replica.received.clear()
    ben.transport.resume()
    room.clients.append(ben)
    await room.until(lambda: sum(message[:2] == b"\x00\x01" for message in ben.replica.received) == 2)
    await room.settle()
    answers = [len(message) for message in ben.replica.received if message[:2] == b"\x00\x01"]
    assert len(answers) == 2 and answers[0] > SIZE > 1000 > answers[1]
    assert str(ben.replica.text) == str(ada.replica.text)


async def test_answers_to_those_who_ask_again_wait_for_a_place_too(store: DocumentStore) -> None:
    """Or a hundred connections of one person would hold as many copies of the document."""
    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0, first_syncs=2)) as room:
        ada = await filled(room)
        crowd = [await room.join("eve", rights=READ) for _ in range(6)]
        await room.settle()
        for eve in crowd:
            eve.transport.stalled = True
            room.clients.remove(eve)
            eve.connection.receive(ALL)
        await room.until(lambda: sum(eve.transport.held for eve in crowd) > 2 * SIZE)
        for _ in range(5):
            ada.replica.text += "."
            await room.until(lambda: ada.replica.acked == ada.replica.sent)
        assert sum(eve.transport.held for eve in crowd) < 2 * SIZE + 6 * room.limits.transport_bytes
        for eve in crowd:
            eve.transport.resume()
            room.clients.append(eve)
        await room.until(lambda: all(len(eve.replica.received) > 1 for eve in crowd))
        await room.settle()
