"""The meetings that may be somebody's: what everybody who comes in asks, put together once for each kind of person.

Laws: nothing here decides, it only narrows; `decide` has the last word. A statement is built at import: to build one
and to name it for the driver's cache takes several times as long as to ask it. Where channels or documents narrow it,
the school is left to `decide`: named beside them it draws SQLite to the index of all the school's meetings (25 ms on
the loop in a school with a year of lessons, where the other way takes 0.1).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, true

from collab.sqlite_reader import Reader
from web.school import queries, tables
from web.school.decide import Standing
from web.school.model import Meeting

_Who = Literal["scoped", "head", "teacher", "other"]
_table = tables.meeting.c
_ours = _table.school == bindparam("school")


async def meetings_between(
    connection: Reader, standing: Standing, since: int, until: int | None, *, documents: bool = True
) -> list[Meeting]:
    """Meetings of the person's school that touch this time; for who has a ticket or link, whenever they are."""
    who, bound = _who(standing), _bound(standing)
    if standing.scope is not None:
        return await queries.read_meetings(connection, _EVER[who], bound, documents=documents)
    if until is None:
        return await queries.read_meetings(connection, _SINCE[who], bound | {"since": since}, documents=documents)
    between = {"since": since, "until": until}
    return await queries.read_meetings(connection, _BETWEEN[who], bound | between, documents=documents)


async def meetings_using(connection: Reader, standing: Standing, channels: Collection[str]) -> list[Meeting]:
    """Meetings whose channel is one of these, without their documents."""
    bound = _bound(standing) | {"channels": list(channels)}
    return await queries.read_meetings(connection, _USING[_who(standing)], bound, documents=False)


async def meetings_laying_out(connection: Reader, standing: Standing, documents: Collection[str]) -> list[Meeting]:
    """Meetings in which any of these documents is laid out."""
    bound = _bound(standing) | {"documents": list(documents)}
    return await queries.read_meetings(connection, _LAYING_OUT[_who(standing)], bound)


def _who(standing: Standing) -> _Who:
    if standing.scope is not None and standing.scope.meeting is not None:
        return "scoped"
    match standing.role:
        case "head" | "teacher":
            return standing.role
        case _:
            return "other"


def _bound(standing: Standing) -> dict[str, Any]:
    if standing.scope is not None and standing.scope.meeting is not None:
        return {"school": standing.school, "scope": standing.scope.meeting}
    if standing.role == "head":
        return {"school": standing.school}
    return {
        "school": standing.school,
        "me": standing.person,
        "invited": list(standing.invited),
        "groups": list(standing.groups | standing.childrens_groups),
    }


def _candidates(who: _Who) -> ColumnElement[bool]:
    if who == "scoped":
        return _table.id == bindparam("scope")
    if who == "head":
        return true()
    mine = [
        _table.host == bindparam("me"),
        _table.id.in_(bindparam("invited", expanding=True)),
        _table.group_id.in_(bindparam("groups", expanding=True)),
    ]
    return or_(*mine, _table.kind == "conference") if who == "teacher" else or_(*mine)


def _build(*where: ColumnElement[bool], ours: ColumnElement[bool] = _ours) -> Mapping[_Who, Select[Any]]:
    return MappingProxyType(
        {who: queries.order_meetings(queries.MEETINGS.where(ours, _candidates(who), *where)) for who in get_args(_Who)}
    )


_placed = select(tables.meeting_document.c.meeting).where(
    tables.meeting_document.c.document.in_(bindparam("documents", expanding=True))
)
_EVER: Final = _build()
_SINCE: Final = _build(_table.ends_at >= bindparam("since"))
# what was moved out of this time is still shown where it was
_left = and_(_table.moved_from >= bindparam("since"), _table.moved_from <= bindparam("until"))
_BETWEEN: Final = _build(_table.ends_at >= bindparam("since"), or_(_table.starts_at <= bindparam("until"), _left))
_USING: Final = _build(_table.channel.in_(bindparam("channels", expanding=True)), ours=true())
_LAYING_OUT: Final = _build(_table.id.in_(_placed), ours=true())
