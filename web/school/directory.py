"""All accounts of a school, looked through a page at a time.

Laws: nobody is out of reach: whoever is not on this page is on a later one or found by name or login, and how many
there are in all is always told. Each word looked for is a part of the name or login, however it is written (case,
accents, hyphens). What is left of the erased has no key to be found by, and is on no page. One index holds the order;
a page reads its own rows and what lies before it in that index.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select

from collab.sqlite_reader import Reader
from web.school import tables
from web.school.model import Account, AccountRole
from web.school.names import fold


async def look_through(
    connection: Reader, school: str, text: str, role: AccountRole | None, page: tuple[int, int]
) -> tuple[list[Account], int]:
    """Return the accounts of a page, (how many come before, how many at most), and how many there are."""
    table, (skip, most) = tables.account.c, page
    where: list[ColumnElement[bool]] = [table.school == school, table.folded > ""]
    where += [table.folded.contains(word, autoescape=True) for word in fold(text).split()]
    if role is not None:
        where.append(table.role == role)
    total = int((await connection.execute(select(func.count()).select_from(tables.account).where(*where))).scalar_one())
    rows = await connection.execute(
        select(table.id, table.school, table.login, table.role, table.name, table.full_name, table.disabled)
        .where(*where)
        .order_by(table.folded, table.id)
        .limit(most)
        .offset(skip)
    )
    return [Account(*row) for row in rows], total
