"""Group rooms on the worker that owns the room: what people ask of them, carried out one after the other.

Laws: a plan is stored before anybody is moved or told, so a worker that takes the room anew finds everybody's
place; one that stood still and lost the room meanwhile stores nothing more (`school/terms.py`).
Requests about groups wait for each other; each is decided on the plan as it then is. When all are back, the work on
slides that were given to the groups comes back into their deck.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from msgspec import Struct

from collab.errors import CollabError
from web import messages as wire
from web.errors import StateError, WebError
from web.room_group_decks import GroupDecks
from web.room_groups import check_splittable, newcomers, say, seatable, set_groups, visit
from web.room_outputs import Output
from web.room_state import Room
from web.room_wire import Moved
from web.school import group_rooms
from web.school.actions import do_keep_group_rooms
from web.school.group_queries import load_plan
from web.school.group_rooms import GroupPlan, GroupRoom
from web.school.model import Person
from web.school.store import SchoolStore, new_id
from web.school.terms import OUTDATED

log = logging.getLogger(__name__)


class RoomGroups:
    """The groups of one room. `apply` carries out what changed."""

    def __init__(
        self,
        room: Room,
        store: SchoolStore,
        decks: GroupDecks,
        *,
        apply: Callable[[Sequence[Output]], None],
        clock: Callable[[], int],
        later: Callable[[Coroutine[Any, Any, None]], None],
        epoch: int,
    ) -> None:
        self._room = room
        self._store = store
        self._decks = decks
        self._apply = apply
        self._clock = clock
        self._later = later
        self._epoch = epoch
        self._turn = asyncio.Lock()

    async def handle(self, peer: str, person: Person, event: str, message: Struct) -> None:
        """Do what somebody asks; raises AccessDenied, StateError."""
        match message:
            case wire.GroupVisit(group):
                self._apply(visit(self._room, peer, group))
                return
            case wire.GroupsWord(text):
                self._room.check_moderator(peer)
                self._apply(say(self._room, peer, text))
                return
            case wire.Empty() if event == "groups:bring_back":
                self._room.check_moderator(peer)
                async with self._turn:
                    await self._decks.bring_back(self._plan(), person)
                return
        async with self._turn:
            await self._keep(await self._decide(peer, person, event, message))

    async def reread(self) -> None:
        """Take the plan as it is kept, where nobody is inside: it may have been prepared meanwhile."""
        if not self._room.occupied:
            plan = await load_plan(self._store, self._room.meeting.id)
            if not self._room.occupied:
                self._room.board.groups = plan

    @property
    def due(self) -> bool:
        """Whether `tend` has something to do."""
        plan = self._room.board.groups
        if plan is None or self._turn.locked():
            return False
        return group_rooms.due(plan, self._clock()) or bool(newcomers(self._room))

    async def tend(self) -> None:
        """Give seats to who has come where chance decides, and bring everybody back when the time is over."""
        if not self.due:
            return
        async with self._turn:
            plan = self._room.board.groups
            if plan is not None:
                plan = group_rooms.deal(plan, newcomers(self._room))
                await self._keep(group_rooms.gather(plan) if group_rooms.due(plan, self._clock()) else plan)

    async def finish(self) -> None:
        """The meeting ends: nobody finds themself in a group when it is opened again."""
        async with self._turn:
            plan = self._room.board.groups
            if plan is not None and plan.working:
                await self._keep(group_rooms.gather(plan))

    async def _decide(self, peer: str, person: Person, event: str, message: Struct) -> GroupPlan | None:
        """Return the plan as it is after what somebody asks."""
        now = self._clock()
        own = self._room.inside(peer).person.id
        match event, message:
            case "groups:choose", wire.GroupTarget(room):
                return group_rooms.choose(self._plan(), self._of_the_class(own), room)
            case "groups:enter", _:
                return group_rooms.enter(self._plan(), own)
        self._room.check_moderator(peer)
        match event, message:
            case "groups:prepare", wire.GroupsPrepare(titles, how):
                return self._split(titles, how)
            case "groups:assign", wire.GroupsAssign(target, seat):
                return group_rooms.assign(self._plan(), self._of_the_class(target), seat)
            case "groups:rename", wire.GroupsRename(room, title):
                return group_rooms.rename(self._plan(), room, title)
            case "groups:begin", wire.GroupsBegin(minutes, slides):
                check_splittable(self._room.board)
                plan = group_rooms.begin(self._plan(), now, minutes, seatable(self._room))
                return await self._decks.lay_out(plan, self._room.meeting, person, slides)
            case "groups:extend", wire.GroupsExtend(minutes):
                return group_rooms.extend(self._plan(), now, minutes)
            case "groups:call_back", wire.GroupsCallBack(seconds):
                called = group_rooms.call_back(self._plan(), now, seconds)
                return group_rooms.gather(called) if group_rooms.due(called, now) else called
            case _:
                if self._plan().working:
                    raise StateError("state", "the groups work now: call them back first")
                return None

    def _plan(self) -> GroupPlan:
        plan = self._room.board.groups
        if plan is None:
            raise StateError("state", "there are no groups")
        return plan

    def _of_the_class(self, person: str) -> str:
        plan = self._room.board.groups
        if person not in seatable(self._room) and (plan is None or person not in plan.seats):
            raise StateError("not_in_room", "this person cannot be put into a group")
        return person

    def _split(self, titles: Sequence[str], how: group_rooms.How) -> GroupPlan:
        check_splittable(self._room.board)
        before = self._room.board.groups
        if before is not None and before.working:
            raise StateError("state", "the groups work now: call them back first")
        rooms = [GroupRoom(new_id(), title, new_id()) for title in titles]
        return group_rooms.split(rooms, how, seatable(self._room), random.SystemRandom().shuffle)

    async def _keep(self, plan: GroupPlan | None) -> None:
        before = self._room.board.groups
        if plan == before:
            return
        try:
            await do_keep_group_rooms(self._store, self._room.meeting, plan, self._epoch)
        except StateError as error:
            if error.code == OUTDATED:
                raise Moved(text="the room is at another worker now") from error
            raise
        self._apply(set_groups(self._room, plan))
        if before is not None and before.working and plan is not None and not plan.working and plan.source is not None:
            self._later(self._bring_back(plan))

    async def _bring_back(self, plan: GroupPlan) -> None:
        """All are back: their work, too, in the name of somebody here who leads and may write the deck."""
        leaders = {member.person.id: member.person for member in self._room.members if member.grant.moderate}
        for person in leaders.values():
            try:
                await self._decks.bring_back(plan, person)
                return
            except (WebError, CollabError) as error:
                log.info("the work of groups did not come back for %s: %s", person.role, error.code)
