"""Reading group rooms: a meeting's whole plan, and the seats that rights follow from.

Laws: nothing here decides. A statement is built at import, like those of everybody who comes in.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, select

from collab.sqlite_reader import Reader
from web.errors import Unavailable
from web.school.group_rooms import GroupPlan, GroupRoom
from web.school.group_tables import group_plan, group_room, group_seat
from web.school.store import SchoolStore
from web.school.terms import hold_term

_log = logging.getLogger(__name__)


class Seat(Struct, frozen=True):
    """One group room seen by one person: `seated` whether they belong to it, `working` whether the groups work now."""

    meeting: str
    channel: str
    document: str | None
    working: bool
    seated: bool


async def plan_of(connection: Reader, meeting: str) -> GroupPlan | None:
    """How a meeting is split, if it is."""
    bound = {"meeting": meeting}
    row = (await connection.execute(_PLAN, bound)).first()
    if row is None:
        return None
    rooms = tuple(GroupRoom(*room) for room in await connection.execute(_ROOMS, bound))
    seats = (await connection.execute(_SEATS, bound)).all()
    return GroupPlan(
        how=row.how,
        rooms=rooms,
        phase=row.phase,
        ends_at=row.ends_at,
        source=row.source,
        seats={seat.person: seat.group_room for seat in seats},
        entered=frozenset(seat.person for seat in seats if seat.entered),
    )


async def load_plan(store: SchoolStore, meeting: str) -> GroupPlan | None:
    """How a meeting is split, read by itself."""
    async with store.read() as connection:
        return await plan_of(connection, meeting)


async def begin_term(store: SchoolStore, meeting: str, epoch: int, *, anew: bool = False) -> GroupPlan | None:
    """How a meeting is split, for who owns its room from now on; raises StateError(outdated) (`terms.py`).

    `anew`: whatever epochs there were.
    """
    try:
        async with store.write() as connection:
            await hold_term(connection, meeting, epoch, anew=anew)
    except Unavailable:  # the disk is full, perhaps: people meet all the same, and nothing can be written over
        _log.warning("the room of meeting %s begins, but cannot be noted", meeting)
    return await load_plan(store, meeting)


async def seats_by_channel(connection: Reader, person: str, channels: Collection[str]) -> dict[str, Seat]:
    """The group rooms that talk in any of these channels, by channel."""
    rows = await connection.execute(_BY_CHANNEL, {"person": person, "ids": list(channels)})
    return {row.channel: _seat_of(row) for row in rows}


async def seats_by_document(connection: Reader, person: str, documents: Collection[str]) -> list[Seat]:
    """The group rooms that work on any of these documents."""
    rows = await connection.execute(_BY_DOCUMENT, {"person": person, "ids": list(documents)})
    return [_seat_of(row) for row in rows]


async def rooms_by_document(connection: Reader, documents: Collection[str]) -> list[tuple[Seat, frozenset[str]]]:
    """The group rooms that work on any of these documents, as nobody sees them, and who has a seat there."""
    rooms = (await connection.execute(_BY_DOCUMENT, {"person": "", "ids": list(documents)})).all()
    seated: dict[str, set[str]] = {}
    if rooms:
        for room, person in await connection.execute(_SEATED, {"ids": [row.id for row in rooms]}):
            seated.setdefault(room, set()).add(person)
    return [(_seat_of(row), frozenset(seated.get(row.id, ()))) for row in rooms]


async def group_channels(connection: Reader, person: str, led: Collection[str]) -> set[str]:
    """The channels of the groups in which somebody has a seat, and of all groups of the meetings they lead."""
    heard = set((await connection.execute(_HEARD, {"person": person})).scalars())
    if led:
        heard.update((await connection.execute(_LED, {"ids": list(led)})).scalars())
    return heard


def _seat_of(row: Row[Any]) -> Seat:
    return Seat(row.meeting, row.channel, row.document, bool(row.working), bool(row.seated))


_room, _seat, _plan = group_room.c, group_seat.c, group_plan.c


def _seats(where: ColumnElement[bool]) -> Select[Any]:
    mine = and_(_seat.group_room == _room.id, _seat.person == bindparam("person"))
    working, seated = (_plan.phase != "prepared").label("working"), _seat.person.is_not(None).label("seated")
    joined = group_room.join(group_plan, _plan.meeting == _room.meeting).outerjoin(group_seat, mine)
    return (
        select(_room.id, _room.meeting, _room.channel, _room.document, working, seated).select_from(joined).where(where)
    )


_PLAN: Final = select(group_plan).where(_plan.meeting == bindparam("meeting"))
_ROOMS: Final = (
    select(_room.id, _room.title, _room.channel, _room.document)
    .where(_room.meeting == bindparam("meeting"))
    .order_by(_room.position)
)
_SEATS: Final = (
    select(_seat.person, _seat.group_room, _seat.entered)
    .where(_seat.meeting == bindparam("meeting"))
    .order_by(_seat.person)
)
_BY_CHANNEL: Final = _seats(_room.channel.in_(bindparam("ids", expanding=True)))
_BY_DOCUMENT: Final = _seats(_room.document.in_(bindparam("ids", expanding=True)))
_SEATED: Final = select(_seat.group_room, _seat.person).where(_seat.group_room.in_(bindparam("ids", expanding=True)))
_HEARD: Final = (
    select(_room.channel)
    .join_from(group_seat, group_room, _room.id == _seat.group_room)
    .where(_seat.person == bindparam("person"))
)
_LED: Final = select(_room.channel).where(_room.meeting.in_(bindparam("ids", expanding=True)))
