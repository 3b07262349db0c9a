"""Finding people by name: the store narrows, the caller keeps whom it may show.

Laws: each word looked for begins a word of the name, however it is written (case, accents, hyphens). The index of names
gives the order, and is read a page at a time until enough were kept: never more than MOST_READ accounts, however large
the school is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sqlalchemy import ColumnElement, select

from collab.sqlite_reader import Reader
from web.school import tables
from web.school.model import Account
from web.school.names import fold

PAGE: Final = 100
MOST_READ: Final = 2000
Keep = Callable[[Sequence[Account]], Awaitable[list[Account]]]


def words_of(text: str) -> list[str]:
    """The words that are looked for; an initial is written with its full stop, and found without."""
    return [word for word in (word.rstrip(".") for word in fold(text).split()) if word]


def is_named(name: str, words: Sequence[str]) -> bool:
    """Whether each of the words begins a word of the name."""
    parts = fold(name).split()
    return all(any(part.startswith(word) for part in parts) for word in words)


async def find_accounts(
    connection: Reader, words: Sequence[str], where: Sequence[ColumnElement[bool]], keep: Keep, most: int
) -> list[Account]:
    """Return the first accounts by name that are kept, `most` of them."""
    table = tables.account.c
    key = " " + table.folded  # so that every word has a space before it
    begun = [key.contains(f" {word}", autoescape=True) for word in words]
    query = (
        select(table.id, table.school, table.login, table.role, table.name, table.full_name, table.disabled)
        .where(table.folded > "", *where, *begun)
        .order_by(table.folded, table.id)
        .limit(PAGE)
    )
    kept: list[Account] = []
    for skip in range(0, MOST_READ, PAGE):
        page = [Account(*row) for row in await connection.execute(query.offset(skip))]
        kept += await keep(page)
        if len(kept) >= most or len(page) < PAGE:
            break
    return kept[:most]
