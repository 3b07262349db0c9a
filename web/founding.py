"""The first step of a new server: a school and the account that runs it, from the command line.

Laws: works before the first start and beside a running server. The password is invented, printed once and kept as
its hash only. A title that a school has already, and a login that cannot be one, end in one line.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import Final

from web.config import Config, ConfigError, prepare_data
from web.errors import StateError
from web.passwords import Passwords
from web.school import queries, tables
from web.school.actions import do_create_account, do_create_school
from web.school.model import Account, School
from web.school.names import clean_login, clean_name
from web.school.roster import first_password
from web.school.store import SchoolStore, new_id
from web.stores import prepare_stores

LONGEST: Final = {"title": 200, "login": 128, "name": 100}


async def found_school(config: Config, title: str, login: str, name: str) -> str:
    """Make the school and its administrator; return what to tell the person who typed the command."""
    title, login, name = clean_name(title), clean_login(login), clean_name(name or login)
    for what, text in (("title", title), ("login", login), ("name", name)):
        if not 0 < len(text) <= LONGEST[what]:
            raise ConfigError(f"The {what} has to have 1 to {LONGEST[what]} characters.")
    prepare_data(config)
    await prepare_stores(config)
    store = await SchoolStore.open(config.school_url)
    try:
        password = await _found(store, School(new_id(), title), login, name)
    finally:
        await store.close()
    return f"{title}\nAccount:  {login}\nPassword: {password}\nIt is shown this once. Change it under “Settings”."


async def _found(store: SchoolStore, school: School, login: str, name: str) -> str:
    async with store.read() as connection:
        if await queries.schools(connection, tables.school.c.title == school.title):
            raise ConfigError(f"There is a school called {school.title} already.")
    password = first_password(secrets.choice)
    with closing(Passwords()) as passwords:
        stored = await passwords.hash(password)
    try:
        await do_create_school(store, school)
        await do_create_account(store, Account(new_id(), school.id, login, "school_admin", name, name), stored)
    except StateError as error:
        raise ConfigError(f"The school was not made: {error.text}.") from error
    return password
