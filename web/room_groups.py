"""Group rooms in the live room: where everybody is, who is moved, and who is told. No I/O, no clock.

Laws: where somebody is follows from the plan, but for those who lead: they visit, and are where they went. Whoever goes
elsewhere gets the whole room as it is seen from there, and so do those whom they leave or join. A person's devices go
together. What a moderator muted or lowered holds in every place.
"""

from __future__ import annotations

from web.errors import AccessDenied, StateError
from web.messages import GroupsSaid
from web.room_members import Members
from web.room_outputs import Output, Say
from web.room_view import Board, Mark, Member
from web.school.group_rooms import MOST_SEATS, GroupPlan


def check_splittable(board: Board) -> None:
    """Raise StateError where there are no groups now."""
    if board.meeting.kind == "consultation":
        raise StateError("state", "families are never put together")
    if board.encrypted:
        raise StateError("encrypted", "an end-to-end encrypted meeting cannot be split")
    if board.recording is not None:
        raise StateError("state", "the meeting is being recorded: groups are never recorded")


def seatable(room: Members) -> list[str]:
    """Return the persons who can be put into groups: everybody inside but those who lead, and heads who visit."""
    inside = [member for member in room.members if member.inside]
    return list(dict.fromkeys(member.person.id for member in inside if _has_seat(member)))


def set_groups(room: Members, plan: GroupPlan | None) -> list[Output]:
    """Apply a plan: move people, and tell everybody."""
    room.board.groups = plan
    for member in room.members:
        if member.visiting is not None and not (plan is not None and plan.working and _is_room(plan, member.visiting)):
            member.visiting = None
    return _settle(room, changed=True)


def visit(room: Members, peer: str, group: str | None) -> list[Output]:
    """Somebody who leads goes to a group, or back to all."""
    member = room.inside(peer)
    if not member.grant.moderate:
        raise AccessDenied("not_allowed", "only who leads the meeting can do this")
    plan = room.board.groups
    if group is not None:
        if plan is None or not plan.working:
            raise StateError("state", "the groups do not work now")
        plan.room(group)
    for other in room.members:
        if other.person.id == member.person.id and other.grant.moderate:
            other.visiting = group
    return _settle(room)


def say(room: Members, peer: str, text: str) -> list[Output]:
    """Bring a word of somebody who leads to all, wherever they are."""
    member = room.inside(peer)
    told = tuple(other.connection for other in room.members if other.inside and other.connection is not None)
    return [Say(told, "groups:said", GroupsSaid(member.person.name, text))] if told else []


def _settle(room: Members, *, changed: bool = False) -> list[Output]:
    """Put everybody where they belong; tell the plan when it changed."""
    places: set[str | None] = set()
    moved: list[Member] = []
    for member in room.members:
        before, member.group = member.group, room.place_of(member)
        if member.inside and before != member.group:
            places |= {before, member.group}
            moved.append(member)
            if member.peer == room.board.stage:
                room.board.stage = None
    if not moved:
        return room.tell(Mark("groups")) if changed else []
    anew = [member for member in room.members if member.inside and (member.group in places or member.grant.moderate)]
    told = room.tell(Mark("groups"), but={member.peer for member in anew}) if changed else []
    return [*told, *room.show(anew)]


def _has_seat(member: Member) -> bool:
    return not member.grant.moderate and member.person.role != "head"


def _is_room(plan: GroupPlan, room: str) -> bool:
    return any(one.id == room for one in plan.rooms)


def newcomers(room: Members) -> list[str]:
    """Return who gets a seat by chance and has none yet."""
    plan = room.board.groups
    if plan is None or plan.how != "chance" or len(plan.seats) >= MOST_SEATS:
        return []
    return [person for person in seatable(room) if person not in plan.seats]
