"""An erasure that commits while something is made of what it takes: what was read before it is not written after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from pycrdt import Map

from collab.awareness import Editor
from collab.errors import AccessDenied, StateError
from collab.excerpt import CUT, FIT
from collab.heavy import Allowance, HeavyPool
from collab.history import History
from collab.replay import REPLAY, RESTORE
from tests.collab.desk import Desk, row
from tests.collab.test_erasure import stored_anywhere
from tests.collab.test_excerpts import TEACHER, Lesson, lesson

__all__ = ["lesson"]

ADA = Editor("ada", "Ada", "teacher", 1)


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, pool: HeavyPool, job: str, happens: Callable[[], Awaitable[object]]
) -> None:
    """Have something happen once, when a job of this kind is done and before whoever asked for it goes on."""
    run = pool.run

    async def interrupted(name: str, data: bytes, allowance: Allowance | None = None) -> bytes:
        answer = await run(name, data, allowance)
        if name == job:
            monkeypatch.undo()
            await happens()
        return answer

    monkeypatch.setattr(pool, "run", interrupted)


@pytest.mark.parametrize("job", [REPLAY, RESTORE])
async def test_a_restore_brings_nothing_back_that_is_erased_meanwhile(
    desk: Desk, pool: HeavyPool, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    ada, ben = await desk.sit("ada", 500), await desk.sit("ben", 600)
    await desk.write(ada, "c1", "von Ada")
    wanted = await desk.write(ben, "c2", "GEHEIM")
    await desk.history.name("table", wanted, "gut", "ada")
    await desk.write(ben, "c2", "anders")
    await desk.write(ada, "c1", "später")
    meanwhile(monkeypatch, pool, job, lambda: desk.history.erase("table", "ben"))
    assert await desk.history.restore("table", wanted, ADA), "what is left of the state is restored"
    desk.room.clients.clear()
    assert row((await desk.sit("eye")).replica.doc) == {"c1": "von Ada"}
    assert not await stored_anywhere(desk, b"GEHEIM")


async def test_a_state_that_goes_with_an_erasure_is_not_restored(
    desk: Desk, pool: HeavyPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = await desk.sit("ada", 500), await desk.sit("ben", 600)
    wanted = await desk.write(ben, "c1", "GEHEIM")
    await desk.write(ada, "c1", "von Ada")
    meanwhile(monkeypatch, pool, REPLAY, lambda: desk.history.erase("table", "ben"))
    with pytest.raises(AccessDenied) as refused:
        await desk.history.restore("table", wanted, ADA)
    assert refused.value.code == "unknown_state"
    desk.room.clients.clear()
    assert row((await desk.sit("eye")).replica.doc) == {"c1": "von Ada"}
    assert not await stored_anywhere(desk, b"GEHEIM")


@pytest.mark.parametrize("other_program", [False, True])
async def test_no_copy_of_slides_holds_what_is_erased_meanwhile(
    lesson: Lesson, pool: HeavyPool, monkeypatch: pytest.MonkeyPatch, other_program: bool
) -> None:
    """Also if the erasure is another program's, and nobody told this worker."""
    history = History(lesson.room.hubs[0], pool)
    if other_program:
        monkeypatch.setattr(lesson.room.hubs[0], "rebuilt", lambda document: None)
    ben = await lesson.sit("ben", "deck", 600)
    ben.replica.doc.get("slides", type=Map)["s2"]["els"]["his"] = Map({"k": "text", "text": "GEHEIM"})
    await lesson.room.settle()
    meanwhile(monkeypatch, pool, CUT, lambda: history.erase("deck", "ben"))
    with pytest.raises(StateError) as refused:
        await lesson.cut("s2")
    assert refused.value.code == "source_rebuilt"
    lesson.room.clients.clear()
    assert not await stored_anywhere(lesson, b"GEHEIM")
    await lesson.cut("s2")


async def test_no_work_comes_back_that_is_erased_meanwhile(
    lesson: Lesson, pool: HeavyPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(lesson.room.hubs[0], pool)
    await lesson.cut("s2")
    teacher, ben = await lesson.sit("teacher", "deck"), await lesson.sit("ben", "one", 600)
    ben.replica.doc.get("slides", type=Map)["bensownslide"] = Map({"!": "z", "els": Map({"t": "GEHEIM"})})
    await lesson.room.settle()
    meanwhile(monkeypatch, pool, FIT, lambda: history.erase("one", "ben"))
    with pytest.raises(StateError) as refused:
        await lesson.excerpts.bring_back("one", "deck", TEACHER)
    assert refused.value.code == "source_rebuilt"
    await lesson.room.until(lambda: teacher.transport.closed is not None)
    assert teacher.transport.closed == (4509, "source_rebuilt"), "they come again with what they have"
    lesson.room.clients.clear()
    assert not await stored_anywhere(lesson, b"GEHEIM")
    assert await lesson.excerpts.bring_back("one", "deck", TEACHER)
    assert not await stored_anywhere(lesson, b"GEHEIM")
