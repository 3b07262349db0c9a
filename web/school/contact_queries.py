"""Reading what direct messages need: who two people are to each other, and what they have set for themselves.

Laws: nothing here decides; every question is asked once for many people.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import bindparam, or_, select

from collab.sqlite_reader import Reader
from web.school import contact_tables, tables
from web.school.contacts import Party
from web.school.model import Account, Person, Personal, QuietHours
from web.school.store import SchoolStore


def party_of(account: Account, groups: frozenset[str], children: frozenset[str], theirs: frozenset[str]) -> Party:
    """Put together what matters of one of the two."""
    return Party(
        id=account.id,
        school=account.school,
        role=account.role,
        active=not account.disabled,
        groups=groups if account.role in ("teacher", "head", "pupil") else frozenset(),
        children=children if account.role == "guardian" else frozenset(),
        childrens_groups=theirs if account.role == "guardian" else frozenset(),
    )


async def parties(connection: Reader, accounts: Collection[Account]) -> dict[str, Party]:
    """Return what matters of each of these accounts."""
    guardians = [account.id for account in accounts if account.role == "guardian"]
    children = await _pairs(connection, tables.guardian_link.c.guardian, tables.guardian_link.c.pupil, guardians)
    enrolled = {account.id for account in accounts}.union(*children.values())
    groups = await _pairs(connection, tables.enrolment.c.account, tables.enrolment.c.group_id, enrolled)
    none: frozenset[str] = frozenset()
    return {
        account.id: party_of(
            account,
            groups.get(account.id, none),
            children.get(account.id, none),
            none.union(*(groups.get(child, none) for child in children.get(account.id, none))),
        )
        for account in accounts
    }


async def _pairs(connection: Reader, key: Any, value: Any, keys: Collection[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    if keys:
        for left, right in await connection.execute(select(key, value).where(key.in_(keys))):
            found.setdefault(left, set()).add(right)
    return {left: frozenset(right) for left, right in found.items()}


async def directs_of(connection: Reader, school: str, person: str) -> list[str]:
    """The ids of the direct channels of one account."""
    return list((await connection.execute(_DIRECTS, {"school": school, "person": person})).scalars())


async def blocks_of(connection: Reader, school: str, person: str) -> set[tuple[str, str]]:
    """Whom this account wants nothing from, and who wants nothing from it."""
    table = contact_tables.contact_block.c
    rows = await connection.execute(
        select(table.account, table.other).where(
            table.school == school, or_(table.account == person, table.other == person)
        )
    )
    return {(row.account, row.other) for row in rows}


async def personal_of(connection: Reader, school: str, accounts: Collection[str]) -> dict[str, Personal]:
    """What these accounts have set for themselves; those that are not of the school are left out."""
    rows = await connection.execute(_PERSONAL, {"school": school, "accounts": list(accounts)})
    return {row[0]: Personal(row[0]) if row[1] is None else _personal(*row) for row in rows}


def _personal(account: str, away: bool, typing: bool, start: int | None, end: int | None, weekends: bool) -> Personal:
    quiet = None if start is None or end is None else QuietHours(start, end, weekends)
    return Personal(account, away, typing, quiet)


def personal_row(personal: Personal) -> dict[str, Any]:
    """The row of what an account has set for itself."""
    quiet = personal.quiet
    return {
        "account": personal.account,
        "away": personal.away,
        "typing": personal.typing,
        "quiet_start": None if quiet is None else quiet.start,
        "quiet_end": None if quiet is None else quiet.end,
        "quiet_weekends": quiet is not None and quiet.weekends,
    }


async def settings_of(store: SchoolStore, person: Person) -> tuple[Personal, str]:
    """What somebody has set for themselves, and their school's time zone; without an account nothing is set."""
    async with store.read() as connection:
        has_account = person.ticket is None or person.ticket.role is None
        found = await personal_of(connection, person.school, [person.id]) if has_account else {}
        zone = (await connection.execute(_ZONE, {"school": person.school})).scalar()
        return found.get(person.id, Personal(person.id)), zone or "UTC"


_account, _personal_of, _direct = tables.account.c, contact_tables.personal.c, contact_tables.direct_channel.c
_DIRECTS: Final = select(_direct.channel).where(
    _direct.school == bindparam("school"),
    or_(_direct.first == bindparam("person"), _direct.second == bindparam("person")),
)
_PERSONAL: Final = (
    select(
        _account.id,
        _personal_of.away,
        _personal_of.typing,
        _personal_of.quiet_start,
        _personal_of.quiet_end,
        _personal_of.quiet_weekends,
    )
    .outerjoin(contact_tables.personal, _personal_of.account == _account.id)
    .where(_account.school == bindparam("school"), _account.id.in_(bindparam("accounts", expanding=True)))
)
_ZONE: Final = select(tables.school.c.time_zone).where(tables.school.c.id == bindparam("school"))
