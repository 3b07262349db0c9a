"""Reading rows as frozen data. Laws: nothing here decides; every list is bounded by its caller's keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, select

from collab.sqlite_reader import Reader
from web.school import contact_tables, tables
from web.school.model import (
    Account,
    Channel,
    DocumentInfo,
    Folder,
    Group,
    GuestLink,
    LearningGroup,
    Meeting,
    School,
    SchoolClass,
    SharedRight,
)

ObjectKind = Literal["folder", "document"]
PAGE: Final = 500  # of meetings or documents at once


async def schools(connection: Reader, *where: ColumnElement[bool]) -> list[School]:
    """Schools by title."""
    rows = await connection.execute(select(tables.school).where(*where).order_by(tables.school.c.title))
    return [
        School(
            id=row.id,
            title=row.title,
            direct=row.direct,
            direct_keep_days=row.direct_keep_days,
            time_zone=row.time_zone,
            history_days=row.history_days,
            video_codec=row.video_codec,
            downlink_cap=row.downlink_cap,
        )
        for row in rows
    ]


async def accounts(connection: Reader, *where: ColumnElement[bool], limit: int | None = 5000) -> list[Account]:
    """Accounts by name; without a limit for who has to know them all."""
    table = tables.account.c
    rows = await connection.execute(
        select(table.id, table.school, table.login, table.role, table.name, table.full_name, table.disabled)
        .where(*where)
        .order_by(table.full_name, table.id)
        .limit(limit)
    )
    return [Account(*row) for row in rows]


async def groups(connection: Reader, *where: ColumnElement[bool]) -> list[Group]:
    """Classes and learning groups by title."""
    rows = await connection.execute(select(tables.study_group).where(*where).order_by(tables.study_group.c.title))
    return [group_of(row) for row in rows]


def group_of(row: Row[Any]) -> Group:
    """A class or learning group from its row."""
    if row.kind == "school_class":
        return SchoolClass(row.id, row.school, row.title, row.channel)
    return LearningGroup(row.id, row.school, row.title, row.channel, bool(row.dissolved))


async def members(connection: Reader, group: str) -> list[Account]:
    """The accounts enrolled in a class or learning group."""
    enrolled = select(tables.enrolment.c.account).where(tables.enrolment.c.group_id == group)
    return await accounts(connection, tables.account.c.id.in_(enrolled))


async def meetings(connection: Reader, *where: ColumnElement[bool], limit: int = PAGE) -> list[Meeting]:
    """Meetings by time, with their documents."""
    return await read_meetings(connection, order_meetings(MEETINGS.where(*where), limit), {})


def order_meetings(query: Select[Any], limit: int = PAGE) -> Select[Any]:
    """Ask for meetings by time, and not for more than that."""
    return query.order_by(tables.meeting.c.starts_at, tables.meeting.c.id).limit(limit)


async def read_meetings(
    connection: Reader, query: Select[Any], bound: Mapping[str, Any], *, documents: bool = True
) -> list[Meeting]:
    """What a statement over `MEETINGS` finds; without their documents for those who do not look at these."""
    rows = (await connection.execute(query, bound)).all()
    laid_out = await _meeting_documents(connection, [row.id for row in rows]) if documents else {}
    return [_meeting(row, laid_out.get(row.id, ())) for row in rows]


async def meeting(connection: Reader, meeting_id: str) -> Meeting | None:
    """One meeting with its documents; asked by everybody who comes in."""
    row = (await connection.execute(_MEETING, {"meeting": meeting_id})).first()
    if row is None:
        return None
    return _meeting(row, [found.document for found in await connection.execute(_DOCUMENTS, {"meeting": meeting_id})])


def _meeting(row: Sequence[Any], documents: Sequence[str]) -> Meeting:
    """By position, in the order of `MEETINGS`: a row's names cost four times as much, for hundreds of meetings."""
    (id_, school, kind, title, host, group, starts_at, ends_at, channel, lobby, locked, encrypted, private_cameras,
     cancelled, moved_from, ended, group_kind) = row  # fmt: skip
    return Meeting(
        id=id_,
        school=school,
        kind=kind,
        title=title,
        host=host,
        school_class=group if group_kind == "school_class" else None,
        learning_group=group if group_kind == "learning_group" else None,
        starts_at=starts_at,
        ends_at=ends_at,
        channel=channel,
        documents=tuple(documents),
        lobby=lobby,
        locked=locked,
        encrypted=encrypted,
        private_cameras=private_cameras,
        cancelled=cancelled,
        moved_from=moved_from,
        ended=ended,
    )


async def _meeting_documents(connection: Reader, ids: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if ids:
        table = tables.meeting_document.c
        query = select(table.meeting, table.document).where(table.meeting.in_(ids)).order_by(table.position)
        for meeting_id, document in await connection.execute(query):
            found.setdefault(meeting_id, []).append(document)
    return found


async def guest_links(connection: Reader, *where: ColumnElement[bool]) -> list[GuestLink]:
    """Guest links, without their tokens."""
    table = tables.guest_link.c
    rows = await connection.execute(
        select(table.id, table.school, table.meeting, table.expires_at, table.revoked).where(*where)
    )
    return [GuestLink(*row) for row in rows]


async def folders(connection: Reader, *where: ColumnElement[bool]) -> list[Folder]:
    """Folders by title."""
    table = tables.folder.c
    rows = await connection.execute(
        select(table.id, table.school, table.title, table.owner).where(*where).order_by(table.title, table.id)
    )
    return [Folder(*row) for row in rows]


async def documents(connection: Reader, *where: ColumnElement[bool], skip: int = 0) -> list[DocumentInfo]:
    """Documents by title, a page at most."""
    table = tables.document.c
    rows = await connection.execute(
        select(table.id, table.school, table.kind, table.title, table.folder, table.owner)
        .where(*where)
        .order_by(table.title, table.id)
        .limit(PAGE)
        .offset(skip)
    )
    return [DocumentInfo(*row) for row in rows]


async def shares(connection: Reader, kind: ObjectKind, objects: Collection[str]) -> dict[str, tuple[SharedRight, ...]]:
    """Who each of the folders or documents is shared with."""
    found: dict[str, tuple[SharedRight, ...]] = dict.fromkeys(objects, ())
    if objects:
        table = tables.shared_right.c
        rows = await connection.execute(
            select(table.object, table.subject_kind, table.subject, table.access)
            .where(table.object_kind == kind, table.object.in_(objects))
            .order_by(table.subject_kind, table.subject)
        )
        for object_id, subject_kind, subject, right in rows:
            found[object_id] += (SharedRight(subject_kind, subject, right),)
    return found


async def channels(connection: Reader, *where: ColumnElement[bool]) -> list[Channel]:
    """Channels by title, each with the class, learning group, meeting or two people it belongs to."""
    return await _read_channels(connection, _CHANNELS.where(*where), {})


async def channels_named(connection: Reader, ids: Collection[str]) -> list[Channel]:
    """The channels of these ids; asked by everybody who comes in."""
    return await _read_channels(connection, _CHANNELS_NAMED, {"ids": list(ids)})


async def _read_channels(connection: Reader, query: Select[Any], bound: Mapping[str, Any]) -> list[Channel]:
    found = []
    rows = await connection.execute(query, bound)
    for id_, school, title, mode, keep_days, group_id, kind, meeting_id, one, other in rows:
        school_class = group_id if kind == "school_class" else None
        learning_group = group_id if kind == "learning_group" else None
        people = () if one is None else (one, other)
        found.append(Channel(id_, school, title, meeting_id, school_class, learning_group, mode, keep_days, people))
    return found


def _build_channels() -> Select[Any]:
    channel, group, meeting, direct = tables.channel, tables.study_group, tables.meeting, contact_tables.direct_channel
    return (
        select(channel, group.c.id, group.c.kind, meeting.c.id, direct.c.first, direct.c.second)
        .outerjoin(group, group.c.channel == channel.c.id)
        .outerjoin(meeting, and_(meeting.c.channel == channel.c.id, group.c.id.is_(None)))
        .outerjoin(direct, direct.c.channel == channel.c.id)
        .order_by(channel.c.title, channel.c.id)
    )


_CHANNELS: Final = _build_channels()
_CHANNELS_NAMED: Final = _CHANNELS.where(tables.channel.c.id.in_(bindparam("ids", expanding=True)))
_M: Final = tables.meeting.c
MEETINGS: Final[Select[Any]] = select(
    _M.id, _M.school, _M.kind, _M.title, _M.host, _M.group_id, _M.starts_at, _M.ends_at, _M.channel, _M.lobby,
    _M.locked, _M.encrypted, _M.private_cameras, _M.cancelled, _M.moved_from, _M.ended,
    tables.study_group.c.kind.label("group_kind"),
).outerjoin(tables.study_group, tables.study_group.c.id == _M.group_id)  # fmt: skip
_MEETING: Final[Select[Any]] = MEETINGS.where(tables.meeting.c.id == bindparam("meeting"))
_DOCUMENTS: Final = (
    select(tables.meeting_document.c.document)
    .where(tables.meeting_document.c.meeting == bindparam("meeting"))
    .order_by(tables.meeting_document.c.position)
)
