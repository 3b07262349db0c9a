"""With whom somebody may share what is theirs.

Laws: staff share with everybody of their school. Pupils and guardians share with whom they have to do with anyway: the
classes and learning groups that they are in and who is in these, their family, and whom they may write to; a leaked id
makes no way to another class or family. Whom something is shared with already may stay. Everybody else looks absent.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select

from web.errors import AccessDenied
from web.school import tables
from web.school.direct import ContactAccess
from web.school.model import STAFF, Person, SharedRight
from web.school.queries import ObjectKind, shares
from web.school.standing import read_standing
from web.school.store import SchoolStore


async def check_sharing(
    store: SchoolStore,
    contacts: ContactAccess,
    person: Person,
    target: tuple[ObjectKind, str],
    rights: Iterable[SharedRight],
) -> None:
    """Refuse a list that names somebody whom the person has nothing to do with."""
    enrolment, link = tables.enrolment.c, tables.guardian_link.c
    async with store.read() as connection:
        standing = await read_standing(connection, person, store.clock())
        if standing.role in STAFF:
            return
        before = (await shares(connection, target[0], [target[1]]))[target[1]]
        mates = select(enrolment.account).where(enrolment.group_id.in_(standing.groups))
        family = select(link.guardian, link.pupil).where(or_(link.guardian == person.id, link.pupil == person.id))
        known = {("group", group) for group in standing.groups}
        known |= {(right.subject_kind, right.subject) for right in before}
        known |= {("account", row[0]) for row in await connection.execute(mates)}
        known |= {("account", one) for row in await connection.execute(family) for one in row}
    strange = {(right.subject_kind, right.subject) for right in rights} - known
    accounts = {subject for kind, subject in strange if kind == "account"}
    if len(accounts) < len(strange) or len(await contacts.whom(person, accounts)) < len(accounts):
        raise AccessDenied()
