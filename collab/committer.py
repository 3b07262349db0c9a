"""Group commit: one task of the worker writes what all its documents have to log, batch after batch.

Laws: while one transaction runs, the next batch gathers (`pace.py` sees to it that documents come together); a document
has at most one batch under way, so each appears once in a transaction; whoever waits is called with what became of its
own document only, and must not raise. A
commit that takes longer than `DEADLINE` counts as failed: its outcome is unknown, the document must be reloaded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from .errors import CollabError, StateError
from .store import Batch, Committed, DocumentStore

_log = logging.getLogger("collab.committer")

DEADLINE = 15.0
_MOST = 500

OnDone = Callable[[Committed | CollabError], None]


class Committer:
    """The committing task of one worker."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._waiting: list[tuple[Batch, OnDone]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task."""
        self._task = asyncio.create_task(self._run(), name="committer")

    async def close(self) -> None:
        """End the task; what still waits fails."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        waiting, self._waiting = self._waiting, []
        for _, on_done in waiting:
            on_done(StateError("closed", "the worker stops"))

    def put(self, batch: Batch, on_done: OnDone) -> None:
        """Have `on_done` called once the batch is durable, or with why it is not."""
        self._waiting.append((batch, on_done))
        self._wake.set()

    def commit(self, batch: Batch) -> asyncio.Future[Committed]:
        """Return what is done once the batch is durable; it raises StateError or AccessDenied(foreign_author)."""
        done: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        self.put(batch, partial(_settle, done))
        return done

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            batches, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            if not self._waiting:
                self._wake.clear()
            await self._commit(batches)

    async def _commit(self, waiting: list[tuple[Batch, OnDone]]) -> None:
        failure: CollabError = StateError("store_failed", "the store gave no answer")
        results: dict[str, Committed | CollabError] = {}
        try:
            async with asyncio.timeout(DEADLINE):
                results = await self._store.commit([batch for batch, _ in waiting])
        except TimeoutError:
            failure = StateError("store_failed", "the store is too slow")
        except asyncio.CancelledError:
            for _, on_done in waiting:
                on_done(StateError("closed", "the worker stops"))
            raise
        except Exception:  # the top of a batch: nobody may wait for ever
            _log.exception("a commit failed in an unforeseen way")
        for batch, on_done in waiting:
            on_done(results.get(batch.document, failure))


def _settle(done: asyncio.Future[Committed], result: Committed | CollabError) -> None:
    if done.done():
        return
    if isinstance(result, Committed):
        done.set_result(result)
    else:
        done.set_exception(result)
