"""One value of an update: looked through in steps, and bounded where the CRDT could only take it in one go."""

from __future__ import annotations

import pytest

from collab.bus import MemoryBus
from collab.codec import MAX_TOGETHER, parse_update, read_update
from collab.document import LiveDocument
from collab.errors import ProtocolError
from collab.lib0 import MAX_PARTS, build_buffer, build_uint, json_depth
from collab.limits import Limits
from collab.steps import STEP, finish
from collab.store import DocumentStore
from tests.collab.build import block, item, text, update
from tests.collab.clients import Replica
from tests.collab.gated_store import closed
from tests.collab.school import Classroom

ARRAY, NULL, STRING, EMBED, ANY, SUBDOCUMENT = 117, 126, 4, 5, 8, 9


def array(count: int) -> bytes:
    return bytes((ARRAY,)) + build_uint(count) + bytes((NULL,)) * count


def brackets(count: int) -> str:
    return "[" + "[]," * (count - 1) + "0]"


def one(kind: int, content: bytes) -> bytes:
    return update(block(5, 0, item(kind, content)))


def values(*each: bytes) -> bytes:
    return one(ANY, build_uint(len(each)) + b"".join(each))


LARGE = {
    "values in a value": values(array(MAX_PARTS + STEP)),
    "values in a struct": values(*[array(MAX_PARTS // 2)] * (2 * MAX_TOGETHER // MAX_PARTS + 1)),
    "emoji": one(STRING, text("\U0001f600" * (MAX_PARTS + 1))),
    "brackets": one(EMBED, text(brackets(MAX_PARTS + 1))),
    "options of a document inside": one(SUBDOCUMENT, text("guid") + array(MAX_PARTS + STEP)),
}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE.keys())
def test_what_would_hold_up_everybody_is_refused_unless_it_is_stored_already(data: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        finish(LiveDocument().judging(data))
    assert refused.value.code == "too_large"
    assert parse_update(data).pieces


@pytest.mark.parametrize(
    "data",
    [
        values(array(20 * STEP)),
        values(*[array(STEP // 2)] * 40),
        one(SUBDOCUMENT, text("guid") + array(20 * STEP)),
        update(block(5, 0, *[item(ANY, b"\x01" + array(STEP // 2)) for _ in range(40)])),
        update(block(5, 0, *[item(STRING, text("\U0001f600" * (STEP // 2))) for _ in range(40)])),
    ],
    ids=["one value", "values of one struct", "options", "structs", "emoji"],
)
def test_it_is_looked_through_in_steps(data: bytes) -> None:
    assert sum(1 for _ in read_update(data, bounded=True)) >= 18


def test_depth_is_found_beside_strings_and_escapes() -> None:
    many = "[]," * 200
    assert json_depth(f"[{many}0]") == 2
    assert json_depth(f'[{many}"[[[[", "\\"[[[", [[0]]]') == 3
    assert json_depth(f'[{many}"' + "[" * 300) == 2, "a string that does not end"


async def test_who_sends_it_is_closed_and_nobody_else(store: DocumentStore) -> None:
    async with Classroom(store, MemoryBus(), limits=Limits(idle_seconds=0.0)) as room:
        ada, ben = await room.join("ada"), await room.join("ben", replica=Replica(5))
        await room.settle()
        ben.replica.outgoing.append(b"\x00\x02" + build_buffer(LARGE["values in a value"]))
        await room.until(closed(ben))
        assert ben.transport.closed == (4413, "too_large")
        ada.replica.text += "on"
        await room.settle()
