"""Folding the logs of one worker's documents into new snapshots.

Laws: at most one folding of a document is under way here; nobody who writes waits for it. It happens apart from this
process where there is somebody to do it. A log with an entry that would hold up the loop is folded before it is
loaded; if that fails it is loaded as it is. Not done here: when it is time (`upkeep.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from .errors import CollabError
from .ledger import Ledger

_log = logging.getLogger("collab.folding")

FoldApart = Callable[[str], Coroutine[None, None, int]]
"""Folds a document and returns up to which entry it did."""


class Folding:
    """The foldings of one worker."""

    def __init__(self) -> None:
        self.apart: FoldApart | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    async def fold(self, ledger: Ledger) -> None:
        """Fold a live document's log; apart from this process nobody waits for it."""
        if self.apart is None:
            await ledger.compact()
        elif ledger.document not in self._running and not self._closed:
            task = asyncio.create_task(self._fold(ledger, self.apart), name=f"fold {ledger.document}")
            self._running[ledger.document] = task

    async def _fold(self, ledger: Ledger, apart: FoldApart) -> None:
        try:
            ledger.compacted(await apart(ledger.document))
        except CollabError as error:
            _log.warning("document %s is not compacted: %s %s", ledger.document, error.code, error.text)
            ledger.compacted(ledger.known)
        finally:
            del self._running[ledger.document]

    async def before_load(self, document: str) -> bool:
        """Fold a log that should not be loaded as it is; False if that cannot be."""
        if self.apart is None or self._closed:
            return False
        try:
            await self.apart(document)
        except CollabError as error:
            _log.warning("document %s is loaded with its log: %s %s", document, error.code, error.text)
            return False
        return True

    async def close(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        self._closed = True
        await asyncio.gather(*self._running.values(), return_exceptions=True)
