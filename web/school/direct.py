"""The gate of direct messages: whom one may write to, and what one may do in a channel of two.

Laws: `contacts` decides, here its questions are answered from the database, for many people at once. Both of the
two read what they wrote for as long as their accounts live; whoever is absent looks like whoever may not be written
to. Looking for people finds only those who may be written to, at most FOUND of them, and staff alone see whole names,
classes and whose parents somebody is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct, structs
from sqlalchemy import ColumnElement, false, or_, select, true

from collab.sqlite_reader import Reader
from web.errors import AccessDenied
from web.school import queries, tables
from web.school.contact_queries import blocks_of, directs_of, parties, personal_of
from web.school.contacts import CONTACTS, Party, Tie, closed_for, may_block, may_write
from web.school.decide import Standing
from web.school.finding import find_accounts, is_named, words_of
from web.school.model import (
    STAFF,
    Account,
    AccountRole,
    Channel,
    ChannelRights,
    Partner,
    Person,
    Personal,
    School,
)
from web.school.standing import read_standing
from web.school.store import SchoolStore

FOUND = 20


class Contact(Struct, frozen=True):
    """Somebody who may be written to; `of`: a pupil's classes, a guardian's children, told to staff only."""

    id: str
    name: str
    role: AccountRole
    of: tuple[str, ...] = ()


class _View(Struct, frozen=True):
    """What is true of the person who asks."""

    school: School
    me: Account
    party: Party

    @property
    def staff(self) -> bool:
        return self.me.role in STAFF


class ContactAccess:
    """Who may write to whom, asked of one store."""

    def __init__(self, store: SchoolStore) -> None:
        self._store = store

    @asynccontextmanager
    async def _view(self, person: Person) -> AsyncIterator[tuple[Reader, _View]]:
        """Let in whoever came with an account of their own; raise AccessDenied for all others."""
        async with self._store.read() as connection:
            standing = await read_standing(connection, person, self._store.clock())
            if standing.scope is not None:
                raise AccessDenied("forbidden", "log in with an account of your own for this")
            yield connection, await _view_of(connection, standing)

    async def access_partner(self, person: Person, other: str) -> Partner:
        """Return somebody who may be written to, whether or not one of the two has refused the other."""
        async with self._view(person) as (connection, view):
            for account in await _among(connection, view, [other]):
                blocks = await blocks_of(connection, view.school.id, person.id)
                party = (await parties(connection, [account]))[account.id]
                return _partner(view, account, party, blocks)
        raise AccessDenied()

    async def access_partner_to_block(self, person: Person, other: str) -> None:
        """Let somebody refuse another's messages, whom they know from a conversation or may write to."""
        async with self._view(person) as (connection, view):
            table = tables.account.c
            found = await queries.accounts(connection, table.id == other, table.school == view.school.id)
        if not found:
            raise AccessDenied()
        if not may_block(view.me.role, found[0].role):
            raise AccessDenied("forbidden", "the school's staff can always write to you")

    async def whom(self, person: Person, others: Collection[str]) -> list[str]:
        """Return those of these accounts that the person may write to."""
        async with self._view(person) as (connection, view):
            return [account.id for account in await _among(connection, view, others)]

    async def find(self, person: Person, text: str) -> list[Contact]:
        """Return people in whose names each word of `text` begins a word; without text the nearest ones."""
        words = words_of(text)
        async with self._view(person) as (connection, view):
            table = tables.account.c

            async def keep(page: Sequence[Account]) -> list[Account]:
                named = [account for account in page if is_named(_name(view, account), words)]
                return await _reachable(connection, view, named)

            where = (table.school == view.school.id, table.disabled.is_(False), _candidates(view, bool(words)))
            return await _contacts(connection, view, await find_accounts(connection, words, where, keep, FOUND))

    async def personal(self, person: Person) -> tuple[Personal, School]:
        """Return what the person has set for themselves, and their school."""
        async with self._view(person) as (connection, view):
            return (await personal_of(connection, view.school.id, [person.id]))[person.id], view.school

    async def personal_of_partner(self, person: Person, other: str) -> tuple[Personal, School]:
        """Return what the other one of a conversation has set for themselves."""
        async with self._view(person) as (connection, view):
            if not await _know_each_other(connection, view, other):
                raise AccessDenied()
            return (await personal_of(connection, view.school.id, [other]))[other], view.school


async def direct_rights(
    connection: Reader, standing: Standing, found: Sequence[Channel]
) -> list[tuple[Channel, ChannelRights]]:
    """Return what somebody may do in channels of two; they are called by the other one's name."""
    mine = [channel for channel in found if standing.person in channel.people and channel.school == standing.school]
    if not mine or standing.scope is not None or standing.role == "school_admin":
        return []
    view = await _view_of(connection, standing)
    ids = {other_of(channel, standing.person) for channel in mine}
    accounts = {account.id: account for account in await queries.accounts(connection, tables.account.c.id.in_(ids))}
    facts = await parties(connection, accounts.values())
    blocks = await blocks_of(connection, standing.school, standing.person)
    rights = []
    for channel in mine:
        other = accounts[other_of(channel, standing.person)]
        partner = _partner(view, other, facts[other.id], blocks)
        may = ChannelRights(read=True, write=partner.closed is None, moderate=False, partner=partner)
        rights.append((structs.replace(channel, title=partner.name), may))
    return rights


def other_of(channel: Channel, person: str) -> str:
    """The id of the other one."""
    first, second = channel.people
    return second if first == person else first


async def _view_of(connection: Reader, standing: Standing) -> _View:
    (school,) = await queries.schools(connection, tables.school.c.id == standing.school)
    (me,) = await queries.accounts(connection, tables.account.c.id == standing.person)
    return _View(school, me, (await parties(connection, [me]))[me.id])


def _partner(view: _View, other: Account, party: Party, blocks: Collection[tuple[str, str]]) -> Partner:
    closed = closed_for(view.school.direct, view.party, party, blocks)
    return Partner(other.id, _name(view, other), other.role, closed)


def _name(view: _View, account: Account) -> str:
    return account.full_name if view.staff else account.name


async def _among(connection: Reader, view: _View, ids: Collection[str]) -> list[Account]:
    """Those of these accounts that may be written to."""
    table = tables.account.c
    found = await queries.accounts(connection, table.id.in_(ids), table.school == view.school.id)
    return await _reachable(connection, view, found)


async def _reachable(connection: Reader, view: _View, accounts: Sequence[Account]) -> list[Account]:
    facts = await parties(connection, accounts)
    return [one for one in accounts if may_write(view.school.direct, view.party, facts[one.id])]


async def _know_each_other(connection: Reader, view: _View, other: str) -> bool:
    ids = set(await directs_of(connection, view.school.id, view.me.id))
    return bool(ids & set(await directs_of(connection, view.school.id, other)))


def _candidates(view: _View, named: bool) -> ColumnElement[bool]:
    """Narrow to who may be meant; `may_write` has the last word. Unnamed, nobody of the whole school but staff."""
    table = tables.account.c
    mine: list[ColumnElement[bool]] = []
    for (one, other), tie in CONTACTS[view.school.direct].items():
        for me, them in {(one, other), (other, one)}:
            if me == view.me.role:
                mine.append((table.role == them) & _tied(view, them, tie, named))
    return (table.id != view.me.id) & or_(false(), *mine)


def _tied(view: _View, role: AccountRole, tie: Tie, named: bool) -> ColumnElement[bool]:
    party, table = view.party, tables.account.c
    if tie == "school" and (named or role in STAFF):
        return true()
    if tie == "family":
        parents = select(tables.guardian_link.c.guardian).where(tables.guardian_link.c.pupil == party.id)
        return table.id.in_(party.children) if role == "pupil" else table.id.in_(parents)
    enrolled = select(tables.enrolment.c.account).where(
        tables.enrolment.c.group_id.in_(party.groups | party.childrens_groups)
    )
    if role == "guardian":
        return table.id.in_(select(tables.guardian_link.c.guardian).where(tables.guardian_link.c.pupil.in_(enrolled)))
    return table.id.in_(enrolled)


async def _contacts(connection: Reader, view: _View, found: Sequence[Account]) -> list[Contact]:
    of = await belongings(connection, found) if view.staff else {}
    return [Contact(one.id, _name(view, one), one.role, tuple(sorted(of.get(one.id, ())))) for one in found]


async def belongings(connection: Reader, found: Sequence[Account]) -> dict[str, list[str]]:
    """The titles of pupils' classes and the names of guardians' children."""
    pupils = [one.id for one in found if one.role == "pupil"]
    guardians = [one.id for one in found if one.role == "guardian"]
    enrolment, group, link, account = tables.enrolment.c, tables.study_group, tables.guardian_link.c, tables.account
    classes = select(enrolment.account, group.c.title).join(group, group.c.id == enrolment.group_id)
    children = select(link.guardian, account.c.full_name).join(account, account.c.id == link.pupil)
    of: dict[str, list[str]] = {}
    for query in (classes.where(enrolment.account.in_(pupils)), children.where(link.guardian.in_(guardians))):
        for who, what in await connection.execute(query):
            of.setdefault(who, []).append(what)
    return of
