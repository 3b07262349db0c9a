"""When a document's log is folded into a new snapshot.

Laws: a document is compacted once its log is so long that loading it would be felt, by entries or by bytes; a busy one
also waits for a while. What would hold up everybody at a load (a pasted table) is folded at once. Compacting costs as
much as some thousand edits: shorter logs are loaded as they are, and the daily sweep folds them (`history.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ledger import Ledger

if TYPE_CHECKING:
    from .hub import Hub


class Upkeep:
    """The compaction of one live document."""

    def __init__(self, hub: Hub, ledger: Ledger) -> None:
        self._hub = hub
        self._ledger = ledger
        self._compacted_at = hub.clock()

    def is_due(self, idle: bool) -> bool:
        """Tell whether to compact now."""
        limits, ledger = self._hub.limits, self._ledger
        grown = ledger.grown()
        if grown < limits.compact_entries and ledger.grown_bytes < limits.compact_bytes:
            return False
        waited = self._hub.clock() - self._compacted_at
        large = grown >= limits.compact_at_once or ledger.grown_bytes >= limits.compact_bytes_at_once
        return idle or waited >= limits.compact_seconds or (large and waited >= limits.compact_pause)

    async def compact(self) -> None:
        """Compact."""
        self._compacted_at = self._hub.clock()
        await self._hub.folding.fold(self._ledger)
