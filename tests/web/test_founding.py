"""A school and tickets from the command line, before the server ever ran."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from web.auth import Auth
from web.cli import main
from web.config import Config
from web.errors import Unauthenticated
from web.school.store import SchoolStore
from web.stores import prepare_stores


async def _login(data: Path, login: str, password: str) -> str:
    store = await SchoolStore.open(f"sqlite+aiosqlite:///{data}/school.db")
    try:
        with closing(await Auth.open(store)) as auth:
            person = await auth.person_of_session(await auth.login(None, login, password))
            return person.role
    finally:
        await store.close()


def test_a_new_server_gets_its_school(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    found = ["school", "--data", str(data), "--title", "Grundschule am Park", "--admin", "Lorenz"]
    assert main(found) == 0
    told = dict(line.split(": ") for line in capsys.readouterr().out.splitlines() if ": " in line)
    assert told["Account"].strip() == "lorenz"
    assert asyncio.run(_login(data, "lorenz", told["Password"].strip())) == "school_admin"
    assert main(found) == 1
    assert capsys.readouterr().err == "kreide: There is a school called Grundschule am Park already.\n"
    assert main([*found[:3], "--title", " ", "--admin", "x"]) == 1
    assert "The title has to have" in capsys.readouterr().err


async def _holder(data: Path, ticket: str) -> str:
    store = await SchoolStore.open(f"sqlite+aiosqlite:///{data}/school.db")
    try:
        with closing(await Auth.open(store)) as auth:
            return (await auth.person_of_ticket(ticket)).name
    finally:
        await store.close()


def test_a_ticket_is_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(prepare_stores(Config(data=tmp_path, demo=True)))
    ticket = ["ticket", "--data", str(tmp_path)]
    assert main([*ticket, "--document", "demo-table"]) == 1
    assert "--name" in capsys.readouterr().err
    assert main([*ticket, "--document", "demo-table", "--name", "Bell"]) == 0
    issued = capsys.readouterr().out.strip()
    assert asyncio.run(_holder(tmp_path, issued)) == "Bell"
    assert main([*ticket, "--revoke", issued]) == 0
    with pytest.raises(Unauthenticated):
        asyncio.run(_holder(tmp_path, issued))
    capsys.readouterr()
    assert main([*ticket, "--revoke", "none"]) == 1
    assert capsys.readouterr().err.startswith("kreide: No ticket: ")
