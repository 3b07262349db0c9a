"""How SQLite goes about the questions that everybody asks who comes in: never through all meetings of a school."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, event, text

from web.school import meeting_queries
from web.school.store import migrate


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[Connection, list[tuple[str, object]]]]:
    """An empty database, and what it was asked."""
    asyncio.run(asyncio.to_thread(migrate, f"sqlite+aiosqlite:///{tmp_path}/school.db"))
    engine = create_engine(f"sqlite:///{tmp_path}/school.db")
    asked: list[tuple[str, object]] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with engine.connect() as connection:
        yield connection, asked
    engine.dispose()


@pytest.mark.parametrize("who", ["scoped", "head", "teacher", "other"])
@pytest.mark.parametrize("about", ["_USING", "_LAYING_OUT"])
def test_what_names_channels_or_documents_is_found_by_them(
    asked: tuple[Connection, list[tuple[str, object]]], who: str, about: str
) -> None:
    connection, statements = asked
    some = [f"id{number}" for number in range(100)]
    bound = {"scope": "m", "school": "s", "me": "p", "invited": ["m"], "groups": some[:9], "apart": ["m"]}
    connection.execute(getattr(meeting_queries, about)[who], bound | {"channels": some, "documents": some})
    statement, values = statements[-1]
    plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]  # type: ignore[arg-type]
    assert "SEARCH meeting USING" in " ".join(plan)
    assert not [step for step in plan if "ends_at" in step or step.startswith("SCAN meeting")], plan
    assert connection.execute(text("SELECT count(*) FROM meeting")).scalar() == 0
