"""A slow client loses cursors first, then history, then the connection; a fast one never waits."""

from __future__ import annotations

from collab.limits import Limits
from collab.outbox import Kind, Outbox
from tests.collab.clients import MemoryTransport

LIMITS = Limits(transport_bytes=100, backlog_bytes=1000, backlog_seconds=5.0)


def frame(size: int = 10) -> bytes:
    return bytes((0x82, size)) + b"x" * size


def difference(base: bytes | None) -> bytes:
    return bytes((0x82, 4)) + b"diff"


def make() -> tuple[Outbox, MemoryTransport]:
    transport = MemoryTransport()
    return Outbox(transport, LIMITS, 0.0), transport


def stall(outbox: Outbox, transport: MemoryTransport) -> None:
    transport.stalled = True
    outbox.send(0.0, frame(120), Kind.CHANGES)
    assert outbox.congested()


def test_one_who_keeps_up_gets_everything_at_once() -> None:
    outbox, transport = make()
    for _ in range(50):
        outbox.send(1.0, frame(), Kind.CHANGES)
    assert transport.writes == 50 and outbox.state.name == "FLOWING" and outbox.last_sent == 1.0
    outbox.pump(2.0, difference)
    assert transport.writes == 50


def test_what_waits_goes_in_order_once_there_is_room() -> None:
    outbox, transport = make()
    stall(outbox, transport)
    outbox.send(1.0, frame(5), Kind.CHANGES, b"base")
    outbox.send(1.0, frame(6), Kind.CONTROL)
    outbox.pump(2.0, difference)
    assert len(transport.frames) == 1 and outbox.state.name == "WAITING" and outbox.base == b"base"
    transport.resume()
    outbox.send(2.0, frame(7), Kind.CHANGES)
    outbox.pump(3.0, difference)
    assert [len(payload) for payload in transport.frames] == [120, 5, 6, 7]
    assert outbox.state.name == "FLOWING" and outbox.base is None and outbox.last_sent == 3.0


def test_cursors_are_dropped_first() -> None:
    outbox, transport = make()
    stall(outbox, transport)
    for _ in range(9):
        outbox.send(1.0, frame(100), Kind.AWARENESS)
    outbox.send(1.0, frame(100), Kind.CHANGES)
    assert outbox.state.name == "WAITING"
    transport.resume()
    outbox.pump(2.0, difference)
    assert [len(payload) for payload in transport.frames] == [120, 100]


def test_then_one_difference_replaces_the_backlog_but_not_the_acks() -> None:
    outbox, transport = make()
    stall(outbox, transport)
    outbox.send(1.0, frame(7), Kind.CONTROL, b"base")
    for _ in range(11):
        outbox.send(1.0, frame(100), Kind.CHANGES)
    assert outbox.state.name == "NEEDS_DIFFERENCE"
    outbox.send(1.0, frame(100), Kind.CHANGES)
    transport.resume()
    outbox.pump(1.5, None)
    assert outbox.state.name == "NEEDS_DIFFERENCE", "the document is between states"
    outbox.pump(2.0, difference)
    assert list(transport.frames)[1:] == [b"diff", b"x" * 7]
    assert outbox.state.name == "FLOWING"


def test_time_sheds_as_well_and_in_the_end_cuts_off() -> None:
    outbox, transport = make()
    stall(outbox, transport)
    outbox.send(1.0, frame(), Kind.AWARENESS)
    outbox.pump(5.9, difference)
    assert outbox.state.name == "WAITING"
    outbox.pump(6.1, difference)
    assert outbox.state.name == "NEEDS_DIFFERENCE"
    outbox.pump(11.0, difference)
    assert outbox.state.name == "NEEDS_DIFFERENCE"
    outbox.pump(11.2, difference)
    assert outbox.state.name == "LOST"
    outbox.pump(12.0, difference)
    assert len(transport.frames) == 1


def test_too_much_even_without_changes_cuts_off() -> None:
    outbox, transport = make()
    stall(outbox, transport)
    for _ in range(25):
        outbox.send(1.0, frame(100), Kind.CONTROL)
    assert outbox.state.name == "LOST"


def test_answers_to_a_first_sync_go_past_the_queue() -> None:
    outbox, transport = make()
    stall(outbox, transport)
    outbox.write(1.0, frame(50))
    assert len(transport.frames) == 2
