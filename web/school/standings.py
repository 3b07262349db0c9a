"""Finding out what is true of many people now, by few questions.

Laws: as in `standing`, whose questions these are for many at once: for each person the answer is the same. Who stands
nowhere is missing from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BindParameter, Executable, bindparam, select

from collab.sqlite_reader import Reader
from web.school import tables
from web.school.decide import Standing
from web.school.model import ENROLLED_ROLES, AccountRole, Person, TicketScope
from web.school.shut import mark_of
from web.school.standing import GUEST

_Sets = Mapping[str, frozenset[str]]
_NONE: Final = frozenset[str]()


class _Found(Struct, frozen=True):
    """What was read of all of them. `accounts`: role and shut-outs of those that are not disabled."""

    sessions: frozenset[tuple[str, str]]
    taken_back: Mapping[str, int]
    links: frozenset[str]
    accounts: Mapping[tuple[str, str], tuple[AccountRole, int]]
    groups: _Sets
    childrens_groups: _Sets
    invited: _Sets
    admitted: _Sets


async def read_standings(connection: Reader, people: Collection[Person], now: int) -> dict[Person, Standing]:
    """Return the standing of each person who has one."""
    found = await _read(connection, people)
    standings = {person: _standing(person, found, now) for person in people}
    return {person: standing for person, standing in standings.items() if standing is not None}


async def _read(connection: Reader, people: Collection[Person]) -> _Found:
    ids = {person.id for person in people}
    tickets = {person.ticket.id for person in people if person.ticket is not None}
    marks = {mark_of(person.id) for person in people if person.ticket is not None}
    sessions = await _rows(connection, _SESSIONS, {person.session for person in people if person.session is not None})
    taken_back = await _rows(connection, _TAKEN_BACK, tickets | marks)
    links = await _rows(connection, _LINKS, tickets if any(id_.startswith(GUEST) for id_ in ids) else ())
    accounts = await _rows(connection, _ACCOUNTS, ids)
    return _Found(
        frozenset((row.token_hash, row.person) for row in sessions),
        {row.id: row.expires_at for row in taken_back},
        frozenset(row.id for row in links),
        {(row.id, row.school): (row.role, row.shut_outs) for row in accounts},
        await _sets(connection, _GROUPS, {row.id for row in accounts if row.role in ENROLLED_ROLES}),
        await _sets(connection, _CHILDRENS_GROUPS, {row.id for row in accounts if row.role == "guardian"}),
        await _sets(connection, _INVITED, {row.id for row in accounts}),
        await _sets(connection, _ADMITTED, ids),
    )


def _standing(person: Person, found: _Found, now: int) -> Standing | None:
    ticket, admitted = person.ticket, found.admitted.get(person.id, _NONE)
    if person.session is not None and (person.session, person.id) not in found.sessions:
        return None
    if ticket is not None and (ticket.expires_at <= now or not _is_good(person, ticket, found)):
        return None
    if ticket is not None and ticket.role is not None:
        return Standing(person=person.id, school=person.school, role=ticket.role, scope=ticket, admitted=admitted)
    role, shut_outs = found.accounts.get((person.id, person.school), (None, 0))
    if role is None or (ticket is not None and ticket.shut_outs != shut_outs):
        return None
    return Standing(
        person=person.id,
        school=person.school,
        role=role,
        scope=ticket,
        groups=found.groups.get(person.id, _NONE),
        childrens_groups=found.childrens_groups.get(person.id, _NONE),
        invited=found.invited.get(person.id, _NONE),
        admitted=admitted,
    )


def _is_good(person: Person, ticket: TicketScope, found: _Found) -> bool:
    """Tell whether neither the ticket, nor all of the person's, nor the link behind it were taken back."""
    everything = found.taken_back.get(mark_of(person.id))
    if ticket.id in found.taken_back or (everything is not None and everything >= ticket.expires_at):
        return False
    return not person.id.startswith(GUEST) or ticket.id in found.links


async def _rows(connection: Reader, query: Executable, ids: Collection[str]) -> list[Any]:
    return list((await connection.execute(query, {"ids": list(ids)})).all()) if ids else []


async def _sets(connection: Reader, query: Executable, ids: Collection[str]) -> _Sets:
    found: dict[str, set[str]] = {}
    for id_, value in await _rows(connection, query, ids):
        found.setdefault(id_, set()).add(value)
    return {id_: frozenset(values) for id_, values in found.items()}


_ids: BindParameter[Any] = bindparam("ids", expanding=True)
_session, _link, _let_in = tables.login_session.c, tables.guest_link.c, tables.admission.c
_revoked, _account = tables.revoked_ticket.c, tables.account.c
_enrolled, _family, _guest = tables.enrolment.c, tables.guardian_link.c, tables.invitation.c
_SESSIONS: Final = select(_session.token_hash, _session.person).where(_session.token_hash.in_(_ids))
_TAKEN_BACK: Final = select(_revoked.id, _revoked.expires_at).where(_revoked.id.in_(_ids))
_LINKS: Final = select(_link.id).where(_link.id.in_(_ids), _link.revoked.is_(False))
_ACCOUNTS: Final = select(_account.id, _account.school, _account.role, _account.shut_outs).where(
    _account.id.in_(_ids), _account.disabled.is_(False)
)
_GROUPS: Final = select(_enrolled.account, _enrolled.group_id).where(_enrolled.account.in_(_ids))
_CHILDRENS_GROUPS: Final = select(_family.guardian, _enrolled.group_id).where(
    _enrolled.account == _family.pupil, _family.guardian.in_(_ids)
)
_INVITED: Final = select(_guest.account, _guest.meeting).where(_guest.account.in_(_ids))
_ADMITTED: Final = select(_let_in.person, _let_in.meeting).where(_let_in.person.in_(_ids))
