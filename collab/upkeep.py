"""When a document's log is folded into a new snapshot.

Laws: a document that nobody needs is compacted when it is worth a load; a busy one waits for a while, since compacting
costs as much as some thousand edits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ledger import Ledger

if TYPE_CHECKING:
    from .hub import Hub

_WORTH_A_LOAD = 50


class Upkeep:
    """The compaction of one live document."""

    def __init__(self, hub: Hub, ledger: Ledger) -> None:
        self._hub = hub
        self._ledger = ledger
        self._compacted_at = hub.clock()

    def is_due(self, idle: bool) -> bool:
        """Tell whether to compact now."""
        grown, limits = self._ledger.grown(), self._hub.limits
        if idle or grown < limits.compact_entries:
            return idle and grown >= min(_WORTH_A_LOAD, limits.compact_entries)
        late = self._hub.clock() - self._compacted_at >= limits.compact_seconds
        return late or grown >= limits.compact_at_once

    async def compact(self) -> None:
        """Compact."""
        self._compacted_at = self._hub.clock()
        await self._hub.compact(self._ledger)
