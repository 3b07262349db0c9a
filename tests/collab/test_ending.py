"""Tasks end although a library swallowed the first word."""

from __future__ import annotations

import asyncio

from collab.ending import end


async def test_a_task_that_swallows_a_cancellation_is_asked_again() -> None:
    asked = 0

    async def stubborn() -> None:
        nonlocal asked
        while asked < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                asked += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end([task])
    assert asked == 2 and task.done()


async def test_one_that_failed_is_no_reason_to_leave_the_others() -> None:
    async def fail() -> None:
        raise ValueError

    others = [asyncio.create_task(asyncio.Event().wait()), asyncio.create_task(fail())]
    await asyncio.sleep(0)
    await end(others)
    assert others[0].cancelled() and isinstance(others[1].exception(), ValueError)
    await end([])
