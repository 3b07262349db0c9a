"""Ending tasks that run for ever.

Law: asked once is not enough. Up to Python 3.11 `asyncio.wait_for` swallows a cancellation that meets its result
(CPython issue 86296), and redis-py waits by it for every command it sends: a loop around it would go on, and whoever
waits for its end would wait for ever. So whoever is still there a second later is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 1.0


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and return when all have ended, however they did."""
    tasks = list(tasks)
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
