"""The start page's one request, for each role."""

from __future__ import annotations

from typing import Any

from tests.web.routes.conftest import Enter


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


async def test_each_role_sees_its_own(enter: Enter) -> None:
    homes = {
        name: await (await enter(name)).get("home") for name in ("teacher", "pupil1", "guardian1", "head", "admin")
    }
    assert homes["teacher"]["school"]["title"] == "Gesamtschule am Kanal"
    assert {name: ids(home["meetings"]) for name, home in homes.items()} == {
        "teacher": ["demo-lesson", "demo-consultation", "demo-conference"],
        "pupil1": ["demo-lesson"],
        "guardian1": ["demo-consultation"],
        "head": ["demo-lesson", "demo-conference"],
        "admin": [],
    }
    assert {name: sorted(ids(home["documents"])) for name, home in homes.items()} == {
        "teacher": ["demo-deck", "demo-table"],
        "pupil1": ["demo-deck", "demo-table"],
        "guardian1": [],
        "head": ["demo-deck", "demo-table"],
        "admin": [],
    }
    lesson = homes["pupil1"]["meetings"][0]
    assert (lesson["host_name"], lesson["group_title"], lesson["channel"]) == ("Frau Yıldız", "8b", "demo-class")
    assert lesson["starts_at"] <= homes["pupil1"]["now"] < lesson["ends_at"]
    talk = homes["guardian1"]["meetings"][0]
    assert (talk["grant"]["admission"], talk["channel"], talk["documents"]) == ("lobby", None, [])
    assert ids(homes["pupil1"]["channels"]) == ["demo-class"]
    assert homes["guardian1"]["channels"] == homes["admin"]["channels"] == []
    assert ids(homes["admin"]["classes"]) == ["demo-8b"]
    assert ids((await (await enter("pupil2")).get("channels"))["channels"]) == ["demo-class"]
