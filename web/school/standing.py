"""Finding out what is true of a person now.

Laws: nothing is believed that the connection remembers; the account, its session, its ticket and the guest
link behind it are read each time, and whoever has lost one of them, or whose ticket's time is over, stands nowhere
(AccessDenied).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Select, and_, bindparam, or_, select

from collab.sqlite_reader import Reader
from web.errors import AccessDenied
from web.school import tables
from web.school.decide import Standing
from web.school.model import ENROLLED_ROLES, Person
from web.school.shut import mark_of

GUEST = "guest:"


async def read_standing(connection: Reader, person: Person, now: int) -> Standing:
    """Return the person's standing; raise AccessDenied when the account, login, ticket or link is gone."""
    if person.ticket is not None and person.ticket.expires_at <= now:
        raise AccessDenied()
    await _check_login(connection, person)
    admitted = await _all(connection, _ADMITTED, person.id)
    if person.ticket is not None and person.ticket.role is not None:
        return Standing(
            person=person.id, school=person.school, role=person.ticket.role, scope=person.ticket, admitted=admitted
        )
    account = (await connection.execute(_ACCOUNT, {"account": person.id, "school": person.school})).first()
    if account is None or (person.ticket is not None and person.ticket.shut_outs != account.shut_outs):
        raise AccessDenied()
    return Standing(
        person=person.id,
        school=person.school,
        role=account.role,
        scope=person.ticket,
        groups=await _all(connection, _GROUPS, person.id) if account.role in ENROLLED_ROLES else frozenset(),
        childrens_groups=await _all(connection, _CHILDRENS_GROUPS, person.id)
        if account.role == "guardian"
        else frozenset(),
        invited=await _all(connection, _INVITED, person.id),
        admitted=admitted,
    )


async def _check_login(connection: Reader, person: Person) -> None:
    if person.session is not None:
        session = {"token_hash": person.session, "person": person.id}
        if (await connection.execute(_SESSION, session)).scalar() is None:
            raise AccessDenied()
    if person.ticket is None:
        return
    ticket = {"ticket": person.ticket.id}
    everything = {"mark": mark_of(person.id), "expires_at": person.ticket.expires_at}
    if (await connection.execute(_REVOKED, ticket | everything)).scalar() is not None:
        raise AccessDenied()
    if person.id.startswith(GUEST) and (await connection.execute(_LINK, ticket)).scalar() is None:
        raise AccessDenied()


async def _all(connection: Reader, query: Select[str], account: str) -> frozenset[str]:
    return frozenset((await connection.execute(query, {"account": account})).scalars())


# Put together once: that, and naming a statement for the driver's cache, takes longer than asking it.
_session, _link, _let_in = tables.login_session.c, tables.guest_link.c, tables.admission.c
_revoked = tables.revoked_ticket.c
_account, _enrolled, _family = tables.account.c, tables.enrolment.c, tables.guardian_link.c
_SESSION: Final = select(_session.person).where(
    _session.token_hash == bindparam("token_hash"), _session.person == bindparam("person")
)
_REVOKED: Final = select(_revoked.id).where(
    or_(
        _revoked.id == bindparam("ticket"),
        and_(_revoked.id == bindparam("mark"), _revoked.expires_at >= bindparam("expires_at")),
    )
)
_LINK: Final = select(_link.id).where(_link.id == bindparam("ticket"), _link.revoked.is_(False))
_ADMITTED: Final = select(_let_in.meeting).where(_let_in.person == bindparam("account"))
_ACCOUNT: Final = select(_account.role, _account.shut_outs).where(
    _account.id == bindparam("account"), _account.school == bindparam("school"), _account.disabled.is_(False)
)
_GROUPS: Final = select(_enrolled.group_id).where(_enrolled.account == bindparam("account"))
_CHILDRENS_GROUPS: Final = select(_enrolled.group_id).where(
    _enrolled.account.in_(select(_family.pupil).where(_family.guardian == bindparam("account")))
)
_INVITED: Final = select(tables.invitation.c.meeting).where(tables.invitation.c.account == bindparam("account"))
