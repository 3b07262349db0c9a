"""Schools, accounts, families, and the end of logins and tickets."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, structs
from sqlalchemy import delete, select, update

from web.errors import AccessDenied, StateError
from web.school import queries, tables
from web.school.events import (
    AccountChanged,
    AccountCreated,
    GuardianLinked,
    GuardianUnlinked,
    PasswordChanged,
    SchoolCreated,
    SessionEnded,
)
from web.school.model import Account, AccountRole, GuardianLink, School
from web.school.names import account_key
from web.school.shut import take_back
from web.school.store import Change, SchoolStore


class AccountPatch(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays."""

    role: AccountRole | UnsetType = UNSET
    name: str | UnsetType = UNSET
    full_name: str | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


async def do_create_school(store: SchoolStore, school: School) -> School:
    """Found a school."""
    async with store.write() as connection:
        await connection.execute(tables.school.insert().values(id=school.id, title=school.title, event_seq=0))
        change = Change(connection, school.id, 0, store.clock())
        await change.emit(SchoolCreated(school))
        await change.finish()
    return school


async def do_create_account(store: SchoolStore, account: Account, password_hash: str | None) -> Account:
    """Add an account; without a password nobody can log in to it."""
    async with store.change(account.school) as change:
        row = structs.asdict(account) | {"folded": account_key(account.full_name, account.login)}
        await change.connection.execute(tables.account.insert().values(password_hash=password_hash, **row))
        await change.emit(AccountCreated(account))
    return account


async def do_change_account(store: SchoolStore, school: str, account_id: str, patch: AccountPatch) -> Account:
    """Rename, give another role, disable or enable; disabling ends all logins and tickets."""
    async with store.change(school) as change:
        before = await _account(change, account_id)
        after = structs.replace(before, **_given(patch))
        row = {key: value for key, value in structs.asdict(after).items() if key not in ("id", "school", "login")}
        row["folded"] = account_key(after.full_name, after.login)
        table = tables.account
        if after.disabled and not before.disabled:
            await _end_sessions(change, account_id)
            row["shut_outs"] = table.c.shut_outs + 1
        await change.connection.execute(update(table).where(table.c.id == account_id).values(row))
        rights_moved = (before.role, before.disabled) != (after.role, after.disabled)
        await change.emit(AccountChanged(after, role_changed=rights_moved))
    return after


async def do_set_password(store: SchoolStore, school: str, account_id: str, password_hash: str) -> None:
    """Set a new password and end all logins of the account."""
    async with store.change(school) as change:
        await _account(change, account_id)
        table = tables.account
        await change.connection.execute(
            update(table).where(table.c.id == account_id).values(password_hash=password_hash)
        )
        await _end_sessions(change, account_id)
        await change.emit(PasswordChanged(account_id))


async def do_link_guardian(store: SchoolStore, link: GuardianLink) -> GuardianLink:
    """Say that a guardian answers for a pupil."""
    async with store.change(link.school) as change:
        guardian, pupil = await _account(change, link.guardian), await _account(change, link.pupil)
        if (guardian.role, pupil.role) != ("guardian", "pupil"):
            raise StateError("wrong_role", "a guardian answers for a pupil")
        await change.insert(tables.guardian_link, guardian=link.guardian, pupil=link.pupil)
        await change.emit(GuardianLinked(link))
    return link


async def do_unlink_guardian(store: SchoolStore, link: GuardianLink) -> None:
    """Say that a guardian no longer answers for a pupil."""
    async with store.change(link.school) as change:
        if not await change.delete(tables.guardian_link, guardian=link.guardian, pupil=link.pupil):
            raise AccessDenied()
        await change.emit(GuardianUnlinked(link))


async def do_end_session(store: SchoolStore, school: str, token_hash: str, person: str) -> None:
    """Log one login out."""
    async with store.change(school) as change:
        await change.delete(tables.login_session, token_hash=token_hash)
        await change.emit(SessionEnded(person))


async def do_end_expired_sessions(store: SchoolStore) -> bool:
    """End the logins whose time is over, so that what they still hold open is cut; return whether there were any."""
    table = tables.login_session
    async with store.read() as connection:
        query = select(table.c.school).where(table.c.expires_at < store.clock()).distinct()
        schools = (await connection.execute(query)).scalars().all()
    for school in schools:
        async with store.change(school) as change:
            over = (table.c.school == school) & (table.c.expires_at < change.at)
            people = (await change.connection.execute(delete(table).where(over).returning(table.c.person))).scalars()
            for person in sorted(set(people)):
                await change.emit(SessionEnded(person))
    return bool(schools)


async def do_revoke_ticket(store: SchoolStore, school: str, ticket_id: str, expires_at: int) -> None:
    """Make a ticket worthless; remembered until it would have expired."""
    async with store.change(school) as change:
        await take_back(change, ticket_id, expires_at)


async def _account(change: Change, account_id: str) -> Account:
    table = tables.account.c
    for account in await queries.accounts(change.connection, table.id == account_id, table.school == change.school):
        return account
    raise AccessDenied()


async def _end_sessions(change: Change, account_id: str) -> None:
    table = tables.login_session
    await change.connection.execute(delete(table).where(table.c.account == account_id))


def _given(patch: AccountPatch) -> dict[str, object]:
    return {key: value for key, value in structs.asdict(patch).items() if value is not UNSET}
