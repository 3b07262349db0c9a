"""People are found by the words of their names, a page at a time, and never more are read than that."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from web.school import finding, tables
from web.school.finding import PAGE, find_accounts, is_named, words_of
from web.school.model import Account
from web.school.names import account_key
from web.school.store import SchoolStore

MANY = 3 * PAGE + 20


async def fill(store: SchoolStore) -> None:
    rows = []
    for number in range(MANY):
        name, login = f"Kind Nr{number:05d}", f"kind{number}"
        row = {"id": f"k{number}", "school": "a", "login": login, "role": "pupil", "name": name, "full_name": name}
        rows.append(row | {"disabled": False, "folded": account_key(name, login)})
    async with store.write() as connection:
        await connection.execute(tables.account.insert(), rows)


class Keeper:
    """Keeps who is called so, and counts whom it was shown."""

    def __init__(self, name: str = "") -> None:
        self.pages: list[int] = []
        self._name = name

    async def __call__(self, page: Sequence[Account]) -> list[Account]:
        self.pages.append(len(page))
        return [one for one in page if self._name in one.full_name]


async def find(store: SchoolStore, text: str, keep: Keeper, most: int = 20) -> list[str]:
    async with store.read() as connection:
        where = (tables.account.c.school == "a",)
        return [one.full_name for one in await find_accounts(connection, words_of(text), where, keep, most)]


async def test_who_stands_behind_many_others_is_found(town: SchoolStore) -> None:
    await fill(town)
    keep = Keeper("Nr00315")
    assert await find(town, "kind", keep) == ["Kind Nr00315"]
    assert keep.pages == [PAGE, PAGE, PAGE, 20]
    everybody = Keeper()
    assert await find(town, "KIND nr", everybody, 5) == [f"Kind Nr{number:05d}" for number in range(5)]
    assert everybody.pages == [PAGE], "nothing is read that nobody needs"


async def test_no_more_is_read_than_the_bound(town: SchoolStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(town)
    monkeypatch.setattr(finding, "MOST_READ", 2 * PAGE)
    keep = Keeper("nobody")
    assert await find(town, "", keep) == []
    assert keep.pages == [PAGE, PAGE]


async def test_a_word_begins_a_word_of_the_name(town: SchoolStore) -> None:
    await fill(town)
    assert await find(town, "nr00007 ki", Keeper()) == ["Kind Nr00007"]
    for text in ("r00007", "ind", "%", "_"):
        assert await find(town, text, Keeper()) == [], text


def test_initials_and_accents_do_not_matter() -> None:
    assert is_named("Amira H.", words_of("amira h."))
    assert is_named("Frau Öztürk-Weiß", words_of("weiss ozt"))
    assert not is_named("Amira H.", words_of("haddad"))
    assert words_of(" . ") == []
