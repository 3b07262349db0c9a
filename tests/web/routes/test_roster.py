"""A class list in one go: accounts with first passwords, classes, families."""

from __future__ import annotations

from typing import Any

from tests.web.routes.conftest import Browser, Enter

ROWS: list[dict[str, Any]] = [
    {"full_name": "Jana Weiß", "groups": ["9a"]},
    {"full_name": "Omar Said", "groups": ["9a", "9a"], "login": "omar"},
    {"full_name": "Herr Klein", "role": "teacher", "groups": ["9a", "8b"]},
    {"full_name": "Petra Weiß", "role": "guardian", "children": ["jana.weiss", "nobody"]},
    {"full_name": "Petra Weiß", "role": "guardian", "groups": ["9a"], "login": "petra2"},
    {"full_name": "Somebody Else", "login": "teacher"},
]


async def test_a_list_makes_what_is_missing_and_nothing_twice(enter: Enter, stranger: Browser) -> None:
    admin = await enter("admin")
    status, answer = await admin.call("POST", "roster", {"rows": ROWS})
    assert status == 200
    assert [(row["login"], row["problem"]) for row in answer["rows"]] == [
        ("jana.weiss", None), ("omar", None), ("herr.klein", None), ("petra.weiss", "unknown_child"),
        ("petra2", "wrong_role"), ("teacher", "login_taken"),
    ]  # fmt: skip
    login = {"account": "jana.weiss", "password": answer["rows"][0]["password"]}
    assert (await stranger.call("POST", "login", login))[0] == 200
    assert [group["title"] for group in (await stranger.get("home"))["classes"]] == ["9a"]
    before = await admin.get("accounts")
    again = (await admin.call("POST", "roster", {"rows": ROWS}))[1]
    assert [row["password"] for row in again["rows"]] == [None] * 6
    assert await admin.get("accounts") == before


async def test_a_guardian_of_the_same_name_gets_no_foreign_child(enter: Enter) -> None:
    admin = await enter("admin")
    rows = [{"full_name": "Petra Weiß", "role": "guardian", "children": [child]} for child in ("pupil8", "pupil9")]
    answer = (await admin.call("POST", "roster", {"rows": rows}))[1]
    assert [row["login"] for row in answer["rows"]] == ["petra.weiss", "petra.weiss2"]
    again = (await admin.call("POST", "roster", {"rows": rows}))[1]
    assert [(row["login"], row["password"]) for row in again["rows"]] == [("petra.weiss", None), ("petra.weiss2", None)]


async def test_lists_are_for_the_administration_and_bounded(enter: Enter) -> None:
    for name in ("teacher", "pupil1", "guardian1"):
        assert (await (await enter(name)).call("POST", "roster", {"rows": ROWS}))[0] == 403
    head = await enter("head")
    assert (await head.call("POST", "roster", {"rows": ROWS[:1] * 101}))[0] == 400
    assert (await head.call("POST", "roster", {"rows": [{"full_name": "\u200b"}]}))[0] == 400
