"""How many days the schools keep the single changes of their documents.

Laws: a school's own word counts, between 1 and 365; without one, and for documents that no school knows, the server's
usual number does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, select

from web.school import tables
from web.school.store import SchoolStore

LEAST_DAYS: Final = 1
MOST_DAYS: Final = 365


class HistoryDays:
    """Tells how long the changes of documents are kept."""

    def __init__(self, store: SchoolStore, usual: int) -> None:
        self._store = store
        self._usual = usual

    async def shortest(self) -> int:
        """The fewest days that any school keeps."""
        async with self._store.read() as connection:
            least = (await connection.execute(select(func.min(tables.school.c.history_days)))).scalar()
        return self._usual if least is None else min(self._usual, least)

    async def of(self, documents: Sequence[str]) -> Mapping[str, int]:
        """The days of each document."""
        query = (
            select(tables.document.c.id, tables.school.c.history_days)
            .join(tables.school, tables.school.c.id == tables.document.c.school)
            .where(tables.document.c.id.in_(documents), tables.school.c.history_days.is_not(None))
        )
        async with self._store.read() as connection:
            own = {row.id: row.history_days for row in await connection.execute(query)}
        return dict.fromkeys(documents, self._usual) | own
