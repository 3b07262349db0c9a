"""Dissolving a learning group: nobody belongs to it any more, and nobody finds it.

Laws: what took place stays with who held it: lessons, recordings, documents, under the group's name; for hosting ends
with belonging, each host is invited to what they held. What is still to come is called off. What was written in its
chat goes after KEPT_DAYS.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs
from sqlalchemy import delete, select, update

from web.school import queries, tables
from web.school.actions.meetings import MeetingPatch, do_change_meeting
from web.school.events import ChannelChanged, EnrolmentRemoved, GroupChanged, InvitationAdded
from web.school.model import Enrolment, Invitation, LearningGroup, Meeting
from web.school.store import Change, SchoolStore

KEPT_DAYS: Final = 14
MOST_MEETINGS: Final = 5_000


async def do_dissolve_group(store: SchoolStore, group: LearningGroup) -> None:
    """Dissolve a learning group, and call off its meetings to come."""
    async with store.change(group.school) as change:
        await _empty(change, group)
        table = tables.study_group
        where = (table.c.id == group.id, table.c.school == group.school)
        await change.connection.execute(update(table).where(*where).values(dissolved=True))
        await change.emit(GroupChanged(structs.replace(group, dissolved=True)))
        await _let_go(change, group.channel)
        meetings = await queries.meetings(change.connection, tables.meeting.c.group_id == group.id, limit=MOST_MEETINGS)
        await _keep_hosts(change, meetings)
    for meeting in meetings:
        if meeting.starts_at > store.clock() and not meeting.cancelled:
            await do_change_meeting(store, group.school, meeting.id, MeetingPatch(cancelled=True))


async def _keep_hosts(change: Change, meetings: list[Meeting]) -> None:
    table = tables.invitation
    asked = select(table.c.meeting, table.c.account).where(table.c.meeting.in_([one.id for one in meetings]))
    known = {(row.meeting, row.account) for row in await change.connection.execute(asked)}
    for meeting in meetings:
        if (meeting.id, meeting.host) not in known:
            await change.insert(table, meeting=meeting.id, account=meeting.host)
            await change.emit(InvitationAdded(Invitation(meeting.school, meeting.id, meeting.host)))


async def _empty(change: Change, group: LearningGroup) -> None:
    table = tables.enrolment.c
    where = (table.school == group.school, table.group_id == group.id)
    members = (await change.connection.execute(select(table.account).where(*where))).scalars().all()
    await change.connection.execute(delete(tables.enrolment).where(*where))
    for account in members:
        await change.emit(EnrolmentRemoved(Enrolment(group.school, group.id, account)))


async def _let_go(change: Change, channel_id: str) -> None:
    table = tables.channel
    for channel in await queries.channels(change.connection, table.c.id == channel_id):
        kept = structs.replace(channel, keep_days=min(channel.keep_days or KEPT_DAYS, KEPT_DAYS))
        await change.connection.execute(update(table).where(table.c.id == channel_id).values(keep_days=kept.keep_days))
        await change.emit(ChannelChanged(kept))
