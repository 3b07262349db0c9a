"""Classes and learning groups, and who belongs to them."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import func, select, update

from web.errors import AccessDenied, StateError
from web.school import queries, tables
from web.school.events import ChannelChanged, EnrolmentAdded, EnrolmentRemoved, GroupChanged, GroupCreated
from web.school.model import ENROLLED_ROLES, STAFF, Channel, Enrolment, Group, SchoolClass
from web.school.store import Change, SchoolStore

MOST_MEMBERS = 500  # of one class or learning group
MOST_KEPT = 100  # learning groups that one person makes for themselves


async def do_create_group(store: SchoolStore, group: Group, keeper: str | None = None) -> Group:
    """Add a class or learning group with its channel; the keeper belongs to it from the start."""
    is_class = isinstance(group, SchoolClass)
    channel = Channel(
        id=group.channel,
        school=group.school,
        title=group.title,
        meeting=None,
        school_class=group.id if is_class else None,
        learning_group=None if is_class else group.id,
    )
    kind = "school_class" if is_class else "learning_group"
    async with store.change(group.school) as change:
        await change.insert(tables.channel, id=channel.id, title=channel.title)
        await change.insert(tables.study_group, id=group.id, kind=kind, title=group.title, channel=group.channel)
        await change.emit(GroupCreated(group, channel))
        if keeper is not None:
            await _check_kept(change, keeper)
            await _enrol(change, Enrolment(group.school, group.id, keeper))
    return group


async def do_rename_group(store: SchoolStore, group: Group, title: str) -> Group:
    """Give a class or learning group and its channel another title."""
    renamed = structs.replace(group, title=title)
    async with store.change(group.school) as change:
        for table, row in ((tables.study_group, group.id), (tables.channel, group.channel)):
            where = (table.c.id == row, table.c.school == group.school)
            await change.connection.execute(update(table).where(*where).values(title=title))
        await change.emit(GroupChanged(renamed))
        for channel in await queries.channels(change.connection, tables.channel.c.id == group.channel):
            await change.emit(ChannelChanged(channel))
    return renamed


async def do_enrol(store: SchoolStore, enrolment: Enrolment) -> Enrolment:
    """Put an account into a class or learning group."""
    async with store.change(enrolment.school) as change:
        query = select(func.count()).where(tables.enrolment.c.group_id == enrolment.group)
        if (await change.connection.execute(query)).scalar_one() >= MOST_MEMBERS:
            raise StateError("too_many", f"a group has at most {MOST_MEMBERS} members")
        await _enrol(change, enrolment)
    return enrolment


async def do_unenrol(store: SchoolStore, enrolment: Enrolment, *, keeps_staff: bool = False) -> None:
    """Take an account out of a class or learning group; with `keeps_staff` never the last teacher."""
    async with store.change(enrolment.school) as change:
        if keeps_staff:
            await _check_last(change, enrolment)
        if not await change.delete(tables.enrolment, group_id=enrolment.group, account=enrolment.account):
            raise AccessDenied()
        await change.emit(EnrolmentRemoved(enrolment))


async def _enrol(change: Change, enrolment: Enrolment) -> None:
    table = tables.account.c
    query = select(table.role).where(table.id == enrolment.account, table.school == enrolment.school)
    role = (await change.connection.execute(query)).scalar()
    if role is None:
        raise AccessDenied()
    if role not in ENROLLED_ROLES:
        raise StateError("wrong_role", "only teachers and pupils belong to a class")
    await change.insert(tables.enrolment, group_id=enrolment.group, account=enrolment.account)
    await change.emit(EnrolmentAdded(enrolment))


async def _check_kept(change: Change, keeper: str) -> None:
    enrolment, group = tables.enrolment.c, tables.study_group
    query = (
        select(func.count())
        .select_from(tables.enrolment.join(group, group.c.id == enrolment.group_id))
        .where(enrolment.account == keeper, group.c.kind == "learning_group")
    )
    if (await change.connection.execute(query)).scalar_one() >= MOST_KEPT:
        raise StateError("too_many", f"one person belongs to at most {MOST_KEPT} learning groups of their own")


async def _check_last(change: Change, enrolment: Enrolment) -> None:
    enrolled, account = tables.enrolment.c, tables.account
    query = (
        select(account.c.id)
        .join(tables.enrolment, enrolled.account == account.c.id)
        .where(enrolled.group_id == enrolment.group, account.c.role.in_(STAFF))
    )
    if set((await change.connection.execute(query)).scalars()) == {enrolment.account}:
        raise StateError("last_teacher", "a learning group keeps at least one teacher")
