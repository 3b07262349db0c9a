"""The document plane in one process: people connect, edit, leave; everything converges and is stored."""

from __future__ import annotations

from tests.collab.school import Classroom


async def test_two_people_see_each_others_edits_and_get_acks(room: Classroom) -> None:
    ada = await room.join("ada")
    ben = await room.join("ben")
    await room.settle()
    ada.replica.text += "Hallo "
    ben.replica.map["k"] = 1
    await room.settle()
    assert str(ben.replica.text) == "Hallo " and ada.replica.map["k"] == 1
    assert ada.replica.acked == ada.replica.sent == 2


async def test_a_document_outlives_its_worker(room: Classroom) -> None:
    ada = await room.join("ada")
    ada.replica.text += "bleibt"
    await room.settle()
    async with Classroom(room.store, room.bus) as other:
        cleo = await other.join("cleo")
        await other.settle()
        assert str(cleo.replica.text) == "bleibt"
