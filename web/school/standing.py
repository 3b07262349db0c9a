"""Finding out what is true of a person now.

Laws: nothing is believed that the connection remembers; the account, its session, its ticket and the guest
link behind it are read each time, and whoever has lost one of them, or whose ticket's time is over, stands nowhere
(AccessDenied).
"""

from __future__ import annotations

from sqlalchemy import select

from collab.sqlite_reader import Reader
from web.errors import AccessDenied
from web.school import tables
from web.school.decide import Standing
from web.school.model import ENROLLED_ROLES, Person

GUEST = "guest:"


async def read_standing(connection: Reader, person: Person, now: int) -> Standing:
    """Return the person's standing; raise AccessDenied when the account, login, ticket or link is gone."""
    if person.ticket is not None and person.ticket.expires_at <= now:
        raise AccessDenied()
    await _check_login(connection, person)
    words = await _words(connection, person)
    if person.ticket is not None and person.ticket.role is not None:
        return Standing(
            person=person.id, school=person.school, role=person.ticket.role, scope=person.ticket, words=words
        )
    account = tables.account.c
    query = select(account.role).where(
        account.id == person.id, account.school == person.school, account.disabled.is_(False)
    )
    role = (await connection.execute(query)).scalar()
    if role is None:
        raise AccessDenied()
    return Standing(
        person=person.id,
        school=person.school,
        role=role,
        scope=person.ticket,
        groups=await _groups(connection, person.id) if role in ENROLLED_ROLES else frozenset(),
        childrens_groups=await _childrens_groups(connection, person.id) if role == "guardian" else frozenset(),
        invited=await _invited(connection, person.id),
        words=words,
    )


async def _check_login(connection: Reader, person: Person) -> None:
    if person.session is not None:
        table = tables.login_session.c
        query = select(table.person).where(table.token_hash == person.session, table.person == person.id)
        if (await connection.execute(query)).scalar() is None:
            raise AccessDenied()
    if person.ticket is None:
        return
    revoked = select(tables.revoked_ticket.c.id).where(tables.revoked_ticket.c.id == person.ticket.id)
    if (await connection.execute(revoked)).scalar() is not None:
        raise AccessDenied()
    if person.id.startswith(GUEST) and not await _link_holds(connection, person.ticket.id):
        raise AccessDenied()


async def _link_holds(connection: Reader, link: str) -> bool:
    table = tables.guest_link.c
    return (
        await connection.execute(select(table.id).where(table.id == link, table.revoked.is_(False)))
    ).first() is not None


async def _groups(connection: Reader, account: str) -> frozenset[str]:
    table = tables.enrolment.c
    return frozenset((await connection.execute(select(table.group_id).where(table.account == account))).scalars())


async def _childrens_groups(connection: Reader, guardian: str) -> frozenset[str]:
    children = select(tables.guardian_link.c.pupil).where(tables.guardian_link.c.guardian == guardian)
    table = tables.enrolment.c
    return frozenset((await connection.execute(select(table.group_id).where(table.account.in_(children)))).scalars())


async def _invited(connection: Reader, account: str) -> frozenset[str]:
    table = tables.invitation.c
    return frozenset((await connection.execute(select(table.meeting).where(table.account == account))).scalars())


async def _words(connection: Reader, person: Person) -> dict[str, bool]:
    table = tables.admission.c
    rows = await connection.execute(select(table.meeting, table.admitted).where(table.person == person.id))
    return {row.meeting: row.admitted for row in rows}
