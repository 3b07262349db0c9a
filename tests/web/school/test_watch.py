"""The number moves with every commit of others, and nobody is believed who cannot tell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from web.school.watch import Watch


def test_the_number_changes_with_every_commit_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (x)")
    watch = Watch(str(path))
    before = watch.version()
    assert before is not None and watch.version() == before
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO t VALUES (1)")
    assert watch.version() == before, "not committed"
    writer.execute("COMMIT")
    after = watch.version()
    assert after != before and watch.version() == after
    watch.close()
    writer.close()


def test_without_a_file_nobody_can_tell(tmp_path: Path) -> None:
    watch = Watch(str(tmp_path / "nothing.db"))
    assert watch.version() is None
    watch.close()
