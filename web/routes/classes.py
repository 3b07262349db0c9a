"""Classes and learning groups: the same rows under two names, and who is enrolled in them."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from web.errors import AccessDenied
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import GroupView, Id, Member, Title, group_view
from web.school import queries
from web.school.actions import do_create_group, do_dissolve_group, do_enrol, do_rename_group, do_unenrol
from web.school.decide import Standing
from web.school.model import STAFF, Account, Enrolment, Group, LearningGroup, Person, SchoolClass
from web.school.people import access_group_to_keep, access_new_learning_group
from web.school.store import new_id
from web.services import Services

SEES_FULL_NAMES: Final = frozenset({"teacher", "head", "school_admin"})


class NewGroup(Struct, frozen=True):
    title: Title


class Enrol(Struct, frozen=True):
    account: Id


class Roster(Struct, frozen=True):
    """A class or learning group with its people. `keeps`: the caller says who belongs to it."""

    id: str
    title: str
    channel: str
    keeps: bool
    roster: list[Member]


class Classes(Struct, frozen=True):
    classes: list[GroupView]


class LearningGroups(Struct, frozen=True):
    learning_groups: list[GroupView]


async def list_classes(call: Call[Nothing]) -> Classes:
    """The classes that the caller can look at."""
    return Classes(await _groups(call, SchoolClass))


async def list_learning_groups(call: Call[Nothing]) -> LearningGroups:
    """The learning groups that the caller can look at."""
    return LearningGroups(await _groups(call, LearningGroup))


async def create_class(call: Call[NewGroup]) -> GroupView:
    """Add a class."""
    await call.services.access.access_administration(call.person)
    group = SchoolClass(new_id(), call.person.school, call.body.title, new_id())
    return group_view(await do_create_group(call.services.school, group))


async def create_learning_group(call: Call[NewGroup]) -> GroupView:
    """Add a learning group; a teacher who does keeps it."""
    standing = await access_new_learning_group(call.services.access, call.person)
    group = LearningGroup(new_id(), call.person.school, call.body.title, new_id())
    keeper = standing.person if standing.role in STAFF else None
    return group_view(await do_create_group(call.services.school, group, keeper))


async def rename_class(call: Call[NewGroup]) -> GroupView:
    """Give a class another title."""
    return await _rename(call, SchoolClass)


async def rename_learning_group(call: Call[NewGroup]) -> GroupView:
    """Give a learning group another title."""
    return await _rename(call, LearningGroup)


async def dissolve_learning_group(call: Call[Nothing]) -> None:
    """Nobody belongs to a learning group any more; its meetings to come are called off."""
    _, group = await _keep(call.services, call.person, call.id(), LearningGroup)
    if isinstance(group, LearningGroup):
        await do_dissolve_group(call.services.school, group)


async def show_class(call: Call[Nothing]) -> Roster:
    """A class and its people."""
    return await _roster(call, SchoolClass)


async def show_learning_group(call: Call[Nothing]) -> Roster:
    """A learning group and its people."""
    return await _roster(call, LearningGroup)


async def enrol_in_class(call: Call[Enrol]) -> None:
    """Put an account into a class."""
    await _enrol(call, SchoolClass)


async def enrol_in_learning_group(call: Call[Enrol]) -> None:
    """Put an account into a learning group."""
    await _enrol(call, LearningGroup)


async def unenrol_from_class(call: Call[Nothing]) -> None:
    """Take an account out of a class."""
    await _unenrol(call, SchoolClass)


async def unenrol_from_learning_group(call: Call[Nothing]) -> None:
    """Take an account out of a learning group."""
    await _unenrol(call, LearningGroup)


async def _groups(call: Call[Nothing], kind: type[Group]) -> list[GroupView]:
    found = await call.services.access.groups_of(call.person)
    return [group_view(group) for group in found if isinstance(group, kind)]


async def _rename(call: Call[NewGroup], kind: type[Group]) -> GroupView:
    _, group = await _keep(call.services, call.person, call.id(), kind)
    return group_view(await do_rename_group(call.services.school, group, call.body.title))


async def _roster(call: Call[Nothing], kind: type[Group]) -> Roster:
    group = await _access(call.services, call.person, call.id(), kind)
    async with call.services.school.read() as connection:
        members = await queries.members(connection, group.id)
    full = call.person.role in SEES_FULL_NAMES
    keeps = (await call.services.access.access_school(call.person)).keeps(group)
    return Roster(group.id, group.title, group.channel, keeps, [_member(account, full) for account in members])


def _member(account: Account, full: bool) -> Member:
    return Member(account.id, account.role, account.name, account.full_name if full else None)


async def _enrol(call: Call[Enrol], kind: type[Group]) -> None:
    _, group = await _keep(call.services, call.person, call.id(), kind)
    await do_enrol(call.services.school, Enrolment(group.school, group.id, call.body.account))


async def _unenrol(call: Call[Nothing], kind: type[Group]) -> None:
    standing, group = await _keep(call.services, call.person, call.id(), kind)
    enrolment = Enrolment(group.school, group.id, call.id("account"))
    await do_unenrol(call.services.school, enrolment, keeps_staff=not standing.sees_all_groups)


async def _keep(services: Services, person: Person, group_id: str, kind: type[Group]) -> tuple[Standing, Group]:
    standing, group = await access_group_to_keep(services.access, person, group_id)
    if not isinstance(group, kind):
        raise AccessDenied()
    return standing, group


async def _access(services: Services, person: Person, group_id: str, kind: type[Group]) -> Group:
    group = await services.access.access_group(person, group_id)
    if not isinstance(group, kind):
        raise AccessDenied()
    return group


_C: Final = "/api/v1/classes"
_L: Final = "/api/v1/learning-groups"
ROUTES: tuple[Route, ...] = (
    endpoint("GET", _C, list_classes, "Classes", response=Classes),
    endpoint("POST", _C, create_class, "Add a class", request=NewGroup, response=GroupView, status=201,
             errors=(400, 403)),
    endpoint("GET", _C + "/{id}", show_class, "A class with its roster", response=Roster, errors=(404,)),
    endpoint("PATCH", _C + "/{id}", rename_class, "Rename a class", request=NewGroup, response=GroupView,
             errors=(400, 403, 404)),
    endpoint("POST", _C + "/{id}/enrolments", enrol_in_class, "Enrol an account", request=Enrol, status=204,
             errors=(400, 403, 404, 409)),
    endpoint("DELETE", _C + "/{id}/enrolments/{account}", unenrol_from_class, "End an enrolment", status=204,
             errors=(403, 404)),
    endpoint("GET", _L, list_learning_groups, "Learning groups", response=LearningGroups),
    endpoint("POST", _L, create_learning_group, "Add a learning group", request=NewGroup, response=GroupView,
             status=201, errors=(400, 403, 409)),
    endpoint("PATCH", _L + "/{id}", rename_learning_group, "Rename a learning group", request=NewGroup,
             response=GroupView, errors=(400, 403, 404)),
    endpoint("DELETE", _L + "/{id}", dissolve_learning_group, "Dissolve a learning group", status=204,
             errors=(403, 404)),
    endpoint("GET", _L + "/{id}", show_learning_group, "A learning group with its roster", response=Roster,
             errors=(404,)),
    endpoint("POST", _L + "/{id}/enrolments", enrol_in_learning_group, "Enrol an account", request=Enrol,
             status=204, errors=(400, 403, 404, 409)),
    endpoint("DELETE", _L + "/{id}/enrolments/{account}", unenrol_from_learning_group, "End an enrolment",
             status=204, errors=(403, 404, 409)),
)  # fmt: skip
