"""Class lists: accounts, classes, enrolments and families from rows, a hundred at a time.

Laws: for head and administration. The same rows sent again change nothing and make nobody anew. A first password is
answered once and kept only as its hash. A row that cannot be taken says why, and the others are taken.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import select

from web.errors import AccessDenied, ProtocolError, StateError
from web.routes.accounts import clean
from web.routes.table import Call, Route, endpoint
from web.routes.views import Id, Name, Title
from web.school import queries, tables
from web.school.actions import do_create_account, do_create_group, do_enrol, do_link_guardian
from web.school.model import Account, AccountRole, Enrolment, Group, GuardianLink, SchoolClass
from web.school.names import clean_login, display_name
from web.school.roster import RosterEntry, first_password, known_as, login_of
from web.school.store import new_id
from web.services import Services


class RosterRow(Struct, frozen=True):
    """`groups`: titles of classes, made where they are missing; `children`: logins, for guardians."""

    full_name: Name
    role: AccountRole = "pupil"
    login: Id | None = None
    groups: Annotated[list[Title], Meta(max_length=20)] = []
    children: Annotated[list[Id], Meta(max_length=20)] = []


class NewRoster(Struct, frozen=True):
    rows: Annotated[list[RosterRow], Meta(max_length=100)]


class RosterOutcome(Struct, frozen=True):
    """`password` only for an account that was made now; `problem`: what of the row could not be taken."""

    login: str
    password: str | None = None
    problem: str | None = None


class RosterAnswer(Struct, frozen=True):
    rows: list[RosterOutcome]


async def take_roster(call: Call[NewRoster]) -> RosterAnswer:
    """Make what is missing of a list, row by row."""
    standing = await call.services.access.access_administration(call.person)
    taker = _Taker(call.services, standing.school)
    await taker.read()
    entries = [
        RosterEntry(clean(row.full_name), row.role, row.login or "", _titles(row.groups), tuple(row.children))
        for row in call.body.rows
    ]
    return RosterAnswer([await taker.take(entry) for entry in entries])


class _Taker:
    """The school as it was read, and as the rows before have changed it."""

    def __init__(self, services: Services, school: str) -> None:
        self._services = services
        self._school = school
        self._accounts: list[Account] = []
        self._groups: dict[str, Group] = {}
        self._members: dict[str, set[str]] = {}
        self._families: dict[str, set[str]] = {}

    async def read(self) -> None:
        """Who and which classes there are."""
        link = tables.guardian_link.c
        kind = (tables.study_group.c.school == self._school, tables.study_group.c.kind == "school_class")
        async with self._services.school.read() as connection:
            everybody = tables.account.c.school == self._school
            self._accounts = await queries.accounts(connection, everybody, limit=None)
            links = (
                await connection.execute(select(link.guardian, link.pupil).where(link.school == self._school))
            ).all()
            for group in await queries.groups(connection, *kind):
                self._groups[group.title] = group
                self._members[group.title] = {member.id for member in await queries.members(connection, group.id)}
        logins = {account.id: account.login for account in self._accounts if account.role == "pupil"}
        self._families = {login: set() for login in logins.values()}
        for guardian, pupil in links:
            if pupil in logins:
                self._families[logins[pupil]].add(guardian)

    async def take(self, entry: RosterEntry) -> RosterOutcome:
        """Make the account unless it is there; enrol it, link it to its children."""
        account, password = known_as(entry, self._accounts, self._members, self._families), None
        if account is not None and (account.full_name, account.role) != (entry.full_name, entry.role):
            return RosterOutcome(account.login, problem="login_taken")
        try:
            if account is None:
                account, password = await self._create(entry)
            for title in entry.groups:
                await self._enrol(account, title)
            missing = [child for child in entry.children if not await self._link(account, child)]
        except (StateError, ProtocolError) as error:
            return RosterOutcome("" if account is None else account.login, password, error.code)
        return RosterOutcome(account.login, password, "unknown_child" if missing else None)

    async def _create(self, entry: RosterEntry) -> tuple[Account, str]:
        login = clean_login(entry.login) or login_of(entry.full_name, {account.login for account in self._accounts})
        name = display_name(entry.role, entry.full_name)
        account = Account(new_id(), self._school, login, entry.role, name, entry.full_name)
        password = first_password(secrets.choice)
        await do_create_account(self._services.school, account, await self._services.auth.hash_password(password))
        self._accounts.append(account)
        if account.role == "pupil":
            self._families[login] = set()
        return account, password

    async def _enrol(self, account: Account, title: str) -> None:
        if title not in self._groups:
            group = SchoolClass(new_id(), self._school, title, new_id())
            self._groups[title] = await do_create_group(self._services.school, group)
            self._members[title] = set()
        if account.id not in self._members[title]:
            await do_enrol(self._services.school, Enrolment(self._school, self._groups[title].id, account.id))
            self._members[title].add(account.id)

    async def _link(self, account: Account, child: str) -> bool:
        pupils = [one for one in self._accounts if one.role == "pupil" and one.login == clean_login(child)]
        for pupil in pupils:
            with suppress(StateError, AccessDenied):  # linked already
                await do_link_guardian(self._services.school, GuardianLink(self._school, account.id, pupil.id))
            self._families[pupil.login].add(account.id)
        return bool(pupils)


def _titles(titles: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(title for one in titles if (title := one.strip())))


ROUTES: tuple[Route, ...] = (
    endpoint("POST", "/api/v1/roster", take_roster, "Make accounts and classes from a list", request=NewRoster,
             response=RosterAnswer, errors=(400, 403)),
)  # fmt: skip
