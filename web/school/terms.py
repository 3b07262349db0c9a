"""Whose word counts about a live room: the owner's with the highest epoch that the database has seen.

Laws: a room's owner holds a lease, and the lease's epoch rises with each owner. A new owner notes its epoch before it
reads what is kept of the room; whatever an owner writes afterwards compares in the same transaction. So a worker that
stood still while its lease ran out overwrites nothing of who came after it: StateError(outdated).
"""

from __future__ import annotations

from sqlalchemy import true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from web.errors import StateError
from web.school import tables

OUTDATED = "outdated"


async def hold_term(connection: AsyncConnection, meeting: str, epoch: int, *, anew: bool = False) -> None:
    """Note an owner's epoch; raises StateError(outdated) when a later owner has noted its own, unless `anew`."""
    table = tables.meeting
    earlier = true() if anew else table.c.term <= epoch
    held = update(table).where(table.c.id == meeting, earlier).values(term=epoch)
    if not (await connection.execute(held)).rowcount:
        raise StateError(OUTDATED, "another worker owns the room now")
