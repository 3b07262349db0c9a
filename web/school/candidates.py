"""Which documents and folders may be somebody's, as a condition for the store.

Laws: nothing here decides, it only narrows; `decide` has the last word.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, or_, select

from web.school import queries, tables
from web.school.decide import Standing


def shared_with(standing: Standing, kind: queries.ObjectKind, column: ColumnElement[str]) -> ColumnElement[bool]:
    """Narrow to what is shared with the person or a group of theirs."""
    table = tables.shared_right.c
    mine = or_(
        (table.subject_kind == "account") & (table.subject == standing.person),
        (table.subject_kind == "group") & table.subject.in_(standing.groups),
    )
    return column.in_(select(table.object).where(table.object_kind == kind, mine))


def document_candidates(standing: Standing, laid_out: Iterable[str]) -> ColumnElement[bool]:
    """Narrow to what is the person's own, shared with them or laid out for them."""
    table = tables.document.c
    if standing.scope is not None:
        return table.id.in_({standing.scope.document or "", *laid_out})
    folders = select(tables.folder.c.id).where(
        or_(tables.folder.c.owner == standing.person, shared_with(standing, "folder", tables.folder.c.id))
    )
    return or_(
        table.owner == standing.person,
        table.id.in_(set(laid_out)),
        table.folder.in_(folders),
        shared_with(standing, "document", table.id),
    )


def titled(text: str) -> list[ColumnElement[bool]]:
    """Narrow to titles that hold each of the words. SQLite knows English small letters only: it is told the others."""
    title = tables.document.c.title
    return [
        or_(
            func.lower(title).contains(word.lower(), autoescape=True),
            *(title.contains(form, autoescape=True) for form in {word, word.capitalize(), word.upper()}),
        )
        for word in text.split()
    ]
