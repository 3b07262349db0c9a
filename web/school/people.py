"""The people of a school, for staff who plan: finding somebody to invite or to take into a learning group.

Laws: only staff look, and only for names they know: two letters at least, FOUND people at most, nothing lists a school.
What is told of somebody is what tells two of one name apart: a pupil's classes, a guardian's children.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from web.errors import ProtocolError
from web.school import tables
from web.school.access import SchoolAccess, forbidden
from web.school.decide import Standing
from web.school.direct import Contact, belongings
from web.school.finding import find_accounts, is_named, words_of
from web.school.model import STAFF, Account, Group, Person
from web.school.store import SchoolStore

FOUND: Final = 20
SHORTEST: Final = 2


async def access_planning(access: SchoolAccess, person: Person) -> Standing:
    """Let staff in who came with an account of their own."""
    standing = await access.access_school(person)
    if standing.scope is not None or standing.role not in STAFF:
        raise forbidden("only staff plan and look for people")
    return standing


async def access_new_learning_group(access: SchoolAccess, person: Person) -> Standing:
    """Let in whoever may make learning groups: staff, and the administration."""
    standing = await access.access_school(person)
    if standing.scope is not None or standing.role not in STAFF | {"school_admin"}:
        raise forbidden("your role does not include this")
    return standing


async def access_group_to_keep(access: SchoolAccess, person: Person, group_id: str) -> tuple[Standing, Group]:
    """Return the class or learning group to somebody who says who belongs to it."""
    group = await access.access_group(person, group_id)
    standing = await access.access_school(person)
    if not standing.keeps(group):
        raise forbidden("only who keeps the group may do this")
    return standing, group


async def find_people(access: SchoolAccess, store: SchoolStore, person: Person, text: str) -> list[Contact]:
    """Return accounts in whose full names each word of `text` begins a word, by name."""
    standing = await access_planning(access, person)
    words = words_of(text)
    if sum(len(word) for word in words) < SHORTEST:
        raise ProtocolError("bad_request", f"look for at least {SHORTEST} letters")
    table = tables.account.c
    async with store.read() as connection:

        async def keep(page: Sequence[Account]) -> list[Account]:
            return [one for one in page if is_named(one.full_name, words)]

        where = (table.school == standing.school, table.disabled.is_(False), table.role != "school_admin")
        found = await find_accounts(connection, words, where, keep, FOUND)
        of = await belongings(connection, found)
    return [Contact(one.id, one.full_name, one.role, tuple(sorted(of.get(one.id, ())))) for one in found]
