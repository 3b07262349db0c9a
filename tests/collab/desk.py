"""A table with people at it, on a day that the test sets, and what is kept of its past."""

from __future__ import annotations

import time
from typing import Any

from pycrdt import Map
from sqlalchemy import func, select, update

from collab import tables
from collab.content import load, plain
from collab.heavy import HeavyPool
from collab.history import History
from tests.collab.clients import Client, Replica
from tests.collab.school import Classroom

TODAY = time.time() // 86400 * 86400 + 86399  # the last second of this day, so that the day does not change on us


class Desk:
    """A table, people at it, and its history."""

    def __init__(self, room: Classroom, pool: HeavyPool) -> None:
        self.room = room
        self.wall = TODAY
        self.history = History(room.hubs[0], pool, keep_days=30, keep_states=60, wall=lambda: self.wall)

    async def sit(self, account: str, client: int | None = None, epoch: int | None = None) -> Client:
        sitting = await self.room.join(account, document="table", replica=Replica(client), epoch=epoch)
        await self.room.until(lambda: sitting.replica.synced)
        return sitting

    def leave(self, person: Client) -> None:
        person.leave()
        self.room.clients.remove(person)

    async def write(self, person: Client, cell: str, value: str) -> int:
        """Write a cell in row r2 and return the entry's number."""
        person.replica.doc.get("rows", type=Map)["r2"][cell] = value
        await self.room.settle()
        return (await self.room.store.heads(["table"]))["table"].head

    async def said(self, seq: int) -> Any:
        return row(load((await self.history.state("table", seq)).state))

    async def set_day(self, days_ago: float, *seqs: int) -> None:
        """Pretend that entries were made so many days before today."""
        at = int((TODAY - days_ago * 86400) * 1000)
        async with self.room.store.database.write() as connection:
            where = (tables.log.c.document == "table", tables.log.c.seq.in_(seqs))
            await connection.execute(update(tables.log).where(*where).values(at=at))

    async def count(self, table: Any) -> int:
        async with self.room.store.database.read() as connection:
            query = select(func.count()).select_from(table).where(table.c.document == "table")
            return int((await connection.execute(query)).scalar() or 0)


def row(doc: Any) -> dict[str, Any]:
    """The cells of row r2."""
    return {key: value for key, value in plain(doc.get("rows", type=Map)["r2"]).items() if key.startswith("c")}
