"""Accounts and families, for the school's administration."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from web.errors import ProtocolError, StateError
from web.routes.edge import decode_query
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import Id, Name, NewPassword
from web.school.actions import (
    AccountPatch,
    do_change_account,
    do_create_account,
    do_link_guardian,
    do_unlink_guardian,
)
from web.school.directory import look_through
from web.school.model import Account, AccountRole, GuardianLink
from web.school.names import clean_login, clean_name, display_name
from web.school.store import new_id


class AccountView(Struct, frozen=True):
    id: str
    login: str
    role: AccountRole
    name: str
    full_name: str
    disabled: bool


class LookedFor(Struct, frozen=True):
    """Each word of `text` is a part of the name or login; `skip`: how many of those found come before the page."""

    text: Annotated[str, Meta(max_length=100)] = ""
    role: AccountRole | None = None
    skip: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    most: Annotated[int, Meta(ge=1, le=500)] = 200


class Accounts(Struct, frozen=True):
    """A page, by name, and how many are found in all."""

    accounts: list[AccountView]
    total: int


class NewAccount(Struct, frozen=True):
    """Without `name`, pupils are shown by first name and initial; without a password nobody can log in."""

    login: Id
    role: AccountRole
    full_name: Name
    name: Name | None = None
    password: NewPassword | None = None


class ChangedAccount(Struct, frozen=True):
    """What is left out stays. A new password or `disabled` ends all logins of the account."""

    role: AccountRole | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    full_name: Name | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    password: NewPassword | UnsetType = UNSET


class NewChild(Struct, frozen=True):
    pupil: Id


async def list_accounts(call: Call[Nothing]) -> Accounts:
    """The accounts of the school, a page at a time."""
    standing = await call.services.access.access_administration(call.person)
    wanted = decode_query(call.request, LookedFor)
    async with call.services.school.read() as connection:
        page = (wanted.skip, wanted.most)
        found, total = await look_through(connection, standing.school, wanted.text, wanted.role, page)
    return Accounts([_view(account) for account in found], total)


async def create_account(call: Call[NewAccount]) -> AccountView:
    """Add an account."""
    standing = await call.services.access.access_administration(call.person)
    body = call.body
    full_name = clean(body.full_name)
    name = display_name(body.role, full_name) if body.name is None else clean(body.name)
    login = clean_login(body.login)
    if not login:
        raise ProtocolError("bad_login", "a login has letters or digits")
    account = Account(new_id(), standing.school, login, body.role, name, full_name)
    hashed = None if body.password is None else await call.services.auth.hash_password(body.password)
    return _view(await do_create_account(call.services.school, account, hashed))


async def change_account(call: Call[ChangedAccount]) -> AccountView:
    """Change an account; nobody takes their own role or login away by mistake."""
    standing = await call.services.access.access_administration(call.person)
    body, account_id = call.body, call.id()
    if account_id == call.person.id and (body.role is not UNSET or body.disabled is not UNSET):
        raise StateError("own_account", "somebody else has to change this of your own account")
    patch = AccountPatch(
        role=body.role,
        name=body.name if body.name is UNSET else clean(body.name),
        full_name=body.full_name if body.full_name is UNSET else clean(body.full_name),
        disabled=body.disabled,
    )
    account = await do_change_account(call.services.school, standing.school, account_id, patch)
    if body.password is not UNSET:
        await call.services.auth.set_password(standing.school, account_id, body.password)
    return _view(account)


async def add_child(call: Call[NewChild]) -> None:
    """Say that a guardian answers for a pupil."""
    standing = await call.services.access.access_administration(call.person)
    await do_link_guardian(call.services.school, GuardianLink(standing.school, call.id(), call.body.pupil))


async def remove_child(call: Call[Nothing]) -> None:
    """Say that a guardian no longer answers for a pupil."""
    standing = await call.services.access.access_administration(call.person)
    await do_unlink_guardian(call.services.school, GuardianLink(standing.school, call.id(), call.id("pupil")))


def clean(name: str) -> str:
    """Return a name as it is kept; raise ProtocolError when nothing of it can be seen."""
    cleaned = clean_name(name)
    if not cleaned:
        raise ProtocolError("bad_name", "a name has at least one visible character")
    return cleaned


def _view(account: Account) -> AccountView:
    return AccountView(account.id, account.login, account.role, account.name, account.full_name, account.disabled)


_A = "/api/v1/accounts"
ROUTES: tuple[Route, ...] = (
    endpoint("GET", _A, list_accounts, "Accounts of the school", response=Accounts, query=LookedFor,
             errors=(400, 403)),
    endpoint("POST", _A, create_account, "Add an account", request=NewAccount, response=AccountView, status=201,
             errors=(400, 403, 409)),
    endpoint("PATCH", _A + "/{id}", change_account, "Change an account", request=ChangedAccount,
             response=AccountView, errors=(400, 403, 404, 409)),
    endpoint("POST", _A + "/{id}/children", add_child, "Link a guardian to a pupil", request=NewChild, status=204,
             errors=(400, 403, 404, 409)),
    endpoint("DELETE", _A + "/{id}/children/{pupil}", remove_child, "Unlink a guardian", status=204,
             errors=(403, 404)),
)  # fmt: skip
