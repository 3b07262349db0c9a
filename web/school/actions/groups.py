"""Classes and learning groups, and who belongs to them."""

from __future__ import annotations

from sqlalchemy import delete, select

from web.errors import AccessDenied, StateError
from web.school import tables
from web.school.events import EnrolmentAdded, EnrolmentRemoved, GroupCreated
from web.school.model import ENROLLED_ROLES, Channel, Enrolment, Group, SchoolClass
from web.school.store import SchoolStore


async def do_create_group(store: SchoolStore, group: Group) -> Group:
    """Add a class or learning group with its channel."""
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
    return group


async def do_enrol(store: SchoolStore, enrolment: Enrolment) -> Enrolment:
    """Put an account into a class or learning group."""
    async with store.change(enrolment.school) as change:
        table = tables.account.c
        query = select(table.role).where(table.id == enrolment.account, table.school == enrolment.school)
        role = (await change.connection.execute(query)).scalar()
        if role is None:
            raise AccessDenied()
        if role not in ENROLLED_ROLES:
            raise StateError("wrong_role", "only teachers and pupils belong to a class")
        await change.insert(tables.enrolment, group_id=enrolment.group, account=enrolment.account)
        await change.emit(EnrolmentAdded(enrolment))
    return enrolment


async def do_unenrol(store: SchoolStore, enrolment: Enrolment) -> None:
    """Take an account out of a class or learning group."""
    async with store.change(enrolment.school) as change:
        table = tables.enrolment
        gone = await change.connection.execute(
            delete(table).where(
                table.c.school == enrolment.school,
                table.c.group_id == enrolment.group,
                table.c.account == enrolment.account,
            )
        )
        if not gone.rowcount:
            raise AccessDenied()
        await change.emit(EnrolmentRemoved(enrolment))
