"""Group rooms: keeping a meeting's plan, with the channels that its rooms talk in."""

from __future__ import annotations

from sqlalchemy import select

from web.school import tables
from web.school.events import GroupRoomsChanged
from web.school.group_queries import plan_of
from web.school.group_rooms import GroupPlan
from web.school.group_tables import group_plan, group_room, group_seat
from web.school.model import Meeting
from web.school.store import Change, SchoolStore
from web.school.terms import hold_term

CHAT_DAYS = 14  # what groups wrote goes when a meeting's own channel is not listed any more


async def do_keep_group_rooms(
    store: SchoolStore, meeting: Meeting, plan: GroupPlan | None, epoch: int | None = None
) -> None:
    """Put this plan in the place of the meeting's; None: it is split no more.

    `epoch`: under which the writer owns the live room; raises StateError(outdated) when another one owns it by now.
    """
    async with store.change(meeting.school) as change:
        if epoch is not None:
            await hold_term(change.connection, meeting.id, epoch)
        before = await plan_of(change.connection, meeting.id)
        for table in (group_seat, group_room, group_plan):
            await change.delete(table, meeting=meeting.id)
        if plan is not None:
            await _insert(change, meeting, plan)
        await change.emit(GroupRoomsChanged(meeting.id, plan, *_whom(before, plan)))


async def _insert(change: Change, meeting: Meeting, plan: GroupPlan) -> None:
    await change.insert(
        group_plan, meeting=meeting.id, how=plan.how, phase=plan.phase, ends_at=plan.ends_at, source=plan.source
    )
    wanted = [room.channel for room in plan.rooms]
    known = select(tables.channel.c.id).where(tables.channel.c.id.in_(wanted), tables.channel.c.school == change.school)
    there = set((await change.connection.execute(known)).scalars())
    for position, room in enumerate(plan.rooms):
        if room.channel not in there:
            await change.insert(tables.channel, id=room.channel, title=room.title, keep_days=CHAT_DAYS)
        await change.insert(
            group_room, id=room.id, meeting=meeting.id, position=position, title=room.title, channel=room.channel,
            document=room.document,
        )  # fmt: skip
    seats = [
        {"school": change.school, "meeting": meeting.id, "person": person, "group_room": room,
         "entered": person in plan.entered}
        for person, room in plan.seats.items()
    ]  # fmt: skip
    if seats:
        await change.connection.execute(group_seat.insert(), seats)


def _whom(before: GroupPlan | None, after: GroupPlan | None) -> tuple[frozenset[str], bool]:
    """Whose rights this changes, and whether it changes those of who leads."""
    old, new = (plan.seats if plan is not None else {} for plan in (before, after))
    everybody = frozenset([*old, *new])
    if before is None or after is None or before.working != after.working or before.rooms != after.rooms:
        return everybody, True
    return frozenset(person for person in everybody if old.get(person) != new.get(person)), False
