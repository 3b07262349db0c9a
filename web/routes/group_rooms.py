"""Groups that are prepared before the lesson: who will sit where, as whoever runs the meeting says.

Laws: what is prepared is the plan that the room begins with. It is changed here while nobody is inside; after that the
room itself changes it. Only those are given seats who belong to the meeting and do not lead it.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct
from sqlalchemy import select

from web.errors import AccessDenied, ProtocolError, StateError
from web.messages.groups import GroupTitle
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import Id, Member
from web.school import queries, tables
from web.school.actions import do_keep_group_rooms
from web.school.group_queries import plan_of
from web.school.group_rooms import MOST_ROOMS, MOST_SEATS, GroupPlan, GroupRoom
from web.school.model import Account, Meeting
from web.school.store import new_id
from web.services import Services

SEATED: Final = frozenset({"pupil", "guardian"})


class PreparedGroup(Struct, frozen=True):
    """A group and the accounts that will sit there."""

    title: GroupTitle
    people: Annotated[list[Id], Meta(max_length=MOST_SEATS)]


class PreparedGroups(Struct, frozen=True):
    """The groups of a meeting; none: it is not split."""

    groups: Annotated[list[PreparedGroup], Meta(max_length=MOST_ROOMS)]


class GroupsToPrepare(Struct, frozen=True):
    """What is prepared so far, and who can be given a seat."""

    groups: list[PreparedGroup]
    people: list[Member]


async def show_groups(call: Call[Nothing]) -> GroupsToPrepare:
    """The groups of a meeting that the caller runs."""
    meeting = await call.services.access.access_meeting_to_run(call.person, call.id())
    plan, people = await _known(call.services, meeting)
    rooms = () if plan is None else plan.rooms
    seats = {} if plan is None else plan.seats
    groups = [PreparedGroup(room.title, [who for who, seat in seats.items() if seat == room.id]) for room in rooms]
    return GroupsToPrepare(groups, [Member(one.id, one.role, one.name, one.full_name) for one in people])


async def prepare_groups(call: Call[PreparedGroups]) -> None:
    """Put these groups in the place of those there were."""
    services, wanted = call.services, call.body.groups
    meeting = await services.access.access_meeting_to_run(call.person, call.id())
    if meeting.kind == "consultation" or meeting.encrypted:
        raise StateError("state", "this meeting cannot be split")
    if len(wanted) == 1:
        raise ProtocolError("bad_request", "one group is none")
    if await services.rooms.occupied(meeting.id):
        raise StateError("in_use", "this is changed while nobody is in the room")
    before, people = await _known(services, meeting)
    plan = _planned(wanted, before) if wanted else None
    if plan is not None and not plan.seats.keys() <= {one.id for one in people}:
        raise AccessDenied()
    if plan != before:
        await do_keep_group_rooms(services.school, meeting, plan)


def _planned(wanted: list[PreparedGroup], before: GroupPlan | None) -> GroupPlan:
    """Return the plan; a group that had this title keeps its chat and its deck."""
    old = {} if before is None else {room.title: room for room in reversed(before.rooms)}
    rooms, seats = [], dict[str, str]()
    for group in wanted:
        room = old.pop(group.title, None) or GroupRoom(new_id(), group.title, new_id())
        rooms.append(room)
        for person in group.people:
            if person in seats:
                raise ProtocolError("bad_request", "nobody sits in two groups")
            seats[person] = room.id
    if len(seats) > MOST_SEATS:
        raise ProtocolError("bad_request", f"at most {MOST_SEATS} people sit in groups")
    return GroupPlan("hand", tuple(rooms), seats=seats, source=None if before is None else before.source)


async def _known(services: Services, meeting: Meeting) -> tuple[GroupPlan | None, list[Account]]:
    asked = select(tables.invitation.c.account).where(tables.invitation.c.meeting == meeting.id)
    async with services.school.read() as connection:
        plan = await plan_of(connection, meeting.id)
        found = await queries.accounts(connection, tables.account.c.id.in_(asked))
        if meeting.group is not None:
            found = [*found, *await queries.members(connection, meeting.group)]
    people = {one.id: one for one in found if one.role in SEATED}
    return plan, sorted(people.values(), key=lambda one: one.full_name)


_PATH: Final = "/api/v1/meetings/{id}/groups"
ROUTES: tuple[Route, ...] = (
    endpoint("GET", _PATH, show_groups, "Prepared groups", response=GroupsToPrepare, errors=(403, 404)),
    endpoint("PUT", _PATH, prepare_groups, "Prepare groups", request=PreparedGroups, status=204,
             errors=(400, 403, 404, 409)),
)  # fmt: skip
