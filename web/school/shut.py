"""Taking back tickets: one by its id, or all that a visitor without an account holds.

Laws: a ticket is known to nobody but its holder, so all of somebody cannot be named; the person is, by the hash of
their id among the tickets that were taken back. What expires no later than a ticket of that moment would is refused. A
row stays as long as the last of those tickets would have lived, and tells nobody who it was. Accounts, who may be
let in again, are counted instead: a ticket says how often its holder had been shut out (`account.shut_outs`).
"""

from __future__ import annotations

import hashlib

from sqlalchemy import delete

from web.school import tables
from web.school.events import TicketRevoked
from web.school.store import Change
from web.tickets import LIFE


def mark_of(person: str) -> str:
    """What stands for all tickets of a person; no ticket's own id looks like it."""
    return "all:" + hashlib.sha256(person.encode()).hexdigest()


async def take_back_tickets(change: Change, person: str) -> None:
    """Make every ticket worthless that was issued to a visitor until now."""
    await take_back(change, mark_of(person), change.at + LIFE)


async def take_back(change: Change, id: str, expires_at: int) -> None:
    """Remember a ticket, or all of somebody, until it would have expired; forget those whose time is over."""
    table = tables.revoked_ticket
    over = (table.c.school == change.school) & (table.c.expires_at < change.at)
    await change.connection.execute(delete(table).where((table.c.id == id) | over))
    await change.insert(table, id=id, expires_at=expires_at)
    await change.emit(TicketRevoked(id))
