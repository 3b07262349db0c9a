"""The meetings that may be somebody's: what everybody who comes in asks, put together once for each kind of person.

Laws: nothing here decides, it only narrows; `decide` has the last word. A statement is built at import: to build one
and to name it for the driver's cache takes several times as long as to ask it. Where channels or documents narrow it,
the school is left to `decide`: named beside them it draws SQLite to the index of all the school's meetings (25 ms on
the loop in a school with a year of lessons, where the other way takes 0.1).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, bindparam, case, or_, select, true, union

from collab.sqlite_reader import Reader
from web.school import queries, tables
from web.school.decide import Standing
from web.school.group_tables import group_room
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


async def documents_between(connection: Reader, standing: Standing, since: int, until: int) -> set[str]:
    """Documents laid out in such meetings, or worked on by their groups; whose they are is not decided here."""
    bound = _bound(standing) | {"since": since, "until": until}
    asked = _DOCUMENTS_EVER if standing.scope is not None else _DOCUMENTS_BETWEEN
    rows = await connection.execute(asked[_who(standing)], bound)
    return {document for document in rows.scalars() if document is not None}


async def meetings_laying_out(
    connection: Reader, standing: Standing, documents: Collection[str]
) -> dict[str, list[Meeting]]:
    """What makes a difference to rights of the meetings that lay each document out; those that are alike, once.

    Such a meeting has what `meeting_grant` reads, and an id only where something is said of the one meeting.
    """
    apart = standing.invited | standing.admitted
    bound = _bound(standing) | {"documents": list(documents), "apart": list(apart)}
    return _grounds(await connection.execute(_LAYING_OUT[_who(standing)], bound))


async def meetings_laying_out_for(
    connection: Reader, standings: Iterable[Standing], documents: Collection[str]
) -> dict[str, list[Meeting]]:
    """The same for any of these people: what one of them is told nothing of, `decide` keeps from them."""
    apart: set[str] = set()
    for standing in standings:
        apart |= standing.invited | standing.admitted
        if standing.scope is not None and standing.scope.meeting is not None:
            apart.add(standing.scope.meeting)
    bound = {"documents": list(documents), "apart": list(apart)}
    return _grounds(await connection.execute(_LAYING_OUT["head"], bound))


def _grounds(rows: Iterable[Sequence[Any]]) -> dict[str, list[Meeting]]:
    found: dict[str, list[Meeting]] = {}
    for document, id_, school, kind, host, group, lobby, group_kind in rows:
        ground = Meeting(
            id=id_,
            school=school,
            kind=kind,
            title="",
            host=host,
            school_class=group if group_kind == "school_class" else None,
            learning_group=group if group_kind == "learning_group" else None,
            starts_at=0,
            ends_at=0,
            channel="",
            documents=(document,),
            lobby=lobby,
        )
        found.setdefault(document, []).append(ground)
    return found


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


_EVER: Final = _build()
_SINCE: Final = _build(_table.ends_at >= bindparam("since"))
# what was moved out of this time is still shown where it was
_left = and_(_table.moved_from >= bindparam("since"), _table.moved_from <= bindparam("until"))
_BETWEEN: Final = _build(_table.ends_at >= bindparam("since"), or_(_table.starts_at <= bindparam("until"), _left))
_USING: Final = _build(_table.channel.in_(bindparam("channels", expanding=True)), ours=true())


def _build_laying_out(who: _Who) -> Select[Any]:
    laid, group = tables.meeting_document, tables.study_group
    special = true() if who == "scoped" else _table.id.in_(bindparam("apart", expanding=True))
    apart = case((special, _table.id), else_="")
    return (
        select(
            laid.c.document, apart, _table.school, _table.kind, _table.host, _table.group_id, _table.lobby, group.c.kind
        )
        .join(tables.meeting, _table.id == laid.c.meeting)
        .outerjoin(group, group.c.id == _table.group_id)
        .where(laid.c.document.in_(bindparam("documents", expanding=True)), _candidates(who))
        .distinct()
    )


def _documents_of(meetings: Mapping[_Who, Select[Any]]) -> Mapping[_Who, CompoundSelect[Any]]:
    laid, room = tables.meeting_document.c, group_room.c
    ids = {who: query.with_only_columns(_table.id) for who, query in meetings.items()}
    return MappingProxyType(
        {
            who: union(
                select(laid.document).where(laid.meeting.in_(of)), select(room.document).where(room.meeting.in_(of))
            )
            for who, of in ids.items()
        }
    )


_LAYING_OUT: Final = MappingProxyType({who: _build_laying_out(who) for who in get_args(_Who)})
_DOCUMENTS_BETWEEN: Final = _documents_of(_BETWEEN)
_DOCUMENTS_EVER: Final = _documents_of(_EVER)
