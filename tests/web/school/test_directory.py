"""Everybody of a school larger than any page is reached, in order and by name; a class list knows them all."""

from __future__ import annotations

from importlib import import_module

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, select

from web.school import tables
from web.school.actions import AccountPatch, do_change_account, do_create_account
from web.school.directory import look_through
from web.school.model import Account
from web.school.names import account_key
from web.school.store import SchoolStore

MANY = 5_300  # more than any list of accounts that is read at once


async def fill(store: SchoolStore, school: str) -> None:
    """Add pupils who are called by their number."""
    rows = []
    for number in range(MANY):
        name, login = f"Kind Nr{number:05d}", f"kind{number}"
        row = {"id": f"{school}-k{number}", "school": school, "login": login, "role": "pupil", "name": name}
        rows.append(row | {"full_name": name, "disabled": False, "folded": account_key(name, login)})
    async with store.write() as connection:
        await connection.execute(tables.account.insert(), rows)


async def names(store: SchoolStore, text: str = "") -> list[str]:
    async with store.read() as connection:
        found, total = await look_through(connection, "a", text, None, (0, 100))
    assert total >= len(found)
    return [account.full_name for account in found]


async def test_everybody_is_on_some_page(town: SchoolStore) -> None:
    await fill(town, "a")
    reached: list[Account] = []
    async with town.read() as connection:
        while True:
            page, total = await look_through(connection, "a", "", None, (len(reached), 500))
            reached += page
            if not page:
                break
        pupils = await look_through(connection, "a", "", "pupil", (0, 1))
    assert len(reached) == total == len({account.id for account in reached}) == MANY + 9
    assert {account.school for account in reached} == {"a"}
    keys = [account_key(account.full_name, account.login) for account in reached]
    assert keys == sorted(keys)
    assert (len(pupils[0]), pupils[1]) == (1, MANY + 3)
    assert await names(town, "nr05299") == ["Kind Nr05299"]


async def test_names_are_found_and_in_order_however_they_are_written(town: SchoolStore) -> None:
    for number, name in enumerate(("Änne Groß", "Anton El-Sayed", "Zoë Öz", "Ömer Yıldız")):
        await do_create_account(town, Account(f"a-x{number}", "a", f"x{number}", "pupil", name, name), None)
    assert await names(town, "x") == ["Änne Groß", "Anton El-Sayed", "Ömer Yıldız", "Zoë Öz"]
    assert await names(town, "GROSS anne") == ["Änne Groß"]
    assert await names(town, "el-say") == await names(town, "sayed el") == ["Anton El-Sayed"]
    assert await names(town, "omer x3") == ["Ömer Yıldız"]
    assert await names(town, "%") == [] == await names(town, "b-p1")
    await do_change_account(town, "a", "a-x0", AccountPatch(full_name="Berta Klein"))
    assert (await names(town, "gross"), await names(town, "berta x0")) == ([], ["Berta Klein"])


async def test_accounts_of_an_older_server_are_found_after_the_migration(town: SchoolStore) -> None:
    step = import_module("web.school.migrations.versions.0012_folded_names")

    def again(connection: Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            step.downgrade()
            step.upgrade()

    await do_create_account(town, Account("a-x", "a", "x", "pupil", "Ä", "Änne Groß"), None)
    async with town.write() as connection:
        await connection.run_sync(again)
        query = select(tables.account.c.folded).where(tables.account.c.id == "a-x")
        assert (await connection.execute(query)).scalar_one() == "anne gross x"
