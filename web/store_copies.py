"""Copies of what the stores hold, taken from a running server and put back into a stopped one.

Laws: a copy is of one moment for each database, the school's before the documents', so that everything the school knows
of is in the copy. Putting back is all or nothing, keeps what was there before beside it, raises the epoch of every
document above any that a client can have, ends all logins and tickets. Passwords of databases are on no command line.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from collab.fsync import sync
from web.config import Config, ConfigError

UPLOADS: Final = "uploads"
_LOCK: Final = ".serving"
_SQLITE: Final = ("school.db", "collab.db")  # in the order in which they are copied
_DUMP: Final = "kreide.dump"
_EPOCHS_BEGAN: Final = 1_767_225_600  # 2026: an epoch of seconds since then is above any that was counted up by one
_RAISE_EPOCHS: Final = (
    "UPDATE {schema}document SET epoch = CASE WHEN epoch + 1 > {least} THEN epoch + 1 ELSE {least} END"
)
_END_LOGINS: Final = (
    "DELETE FROM {schema}login_session",
    "DELETE FROM {schema}setting WHERE name = 'ticket_key'",
)


class StoreCopies(Protocol):
    """How one kind of database is copied."""

    @property
    def kind(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...

    def save(self, folder: Path) -> None:
        """Copy a running server's stores into `folder`, as `names`."""

    def put_back(self, folder: Path, beside: Path) -> None:
        """Replace the stores by those in `folder`; what was there goes to `beside`."""


def copies_of(config: Config) -> StoreCopies:
    """Return the way for this configuration."""
    return SqliteCopies(config.data) if config.database is None else PostgresCopies(config.database)


@contextmanager
def serving(data: Path) -> Iterator[None]:
    """Say that a server runs on this data folder, as long as the block lasts."""
    with (data / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"A backup is being put back into {data}: wait for its end.") from error
        yield


@contextmanager
def stopped(data: Path) -> Iterator[None]:
    """Keep servers from this data folder; raise ConfigError while one runs on it."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"A server runs on {data}: stop it first.") from error
        yield


class SqliteCopies:
    """Two files, copied by SQLite's own online backup while others write."""

    kind = "sqlite"
    names: tuple[str, ...] = _SQLITE

    def __init__(self, data: Path) -> None:
        self._data = data

    def save(self, folder: Path) -> None:
        for name in _SQLITE:
            source = self._data / name
            if not source.is_file():
                raise ConfigError(f"There is no {name} in {self._data}: name the server's --data folder.")
            with closing(sqlite3.connect(source, timeout=30)) as live, closing(sqlite3.connect(folder / name)) as copy:
                live.backup(copy)
                _check(copy, name)

    def put_back(self, folder: Path, beside: Path) -> None:
        least = _least_epoch()
        for name, statements in (("school.db", _END_LOGINS), ("collab.db", (_RAISE_EPOCHS,))):
            with closing(sqlite3.connect(folder / name)) as copy:
                _check(copy, name)
                with copy:
                    for statement in statements:
                        copy.execute(statement.format(schema="", least=least))
                copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        beside.mkdir(mode=0o700)
        for name in _SQLITE:
            self._keep(name, beside)
            (folder / name).chmod(0o600)
            (folder / name).replace(self._data / name)
        sync(self._data)

    def _keep(self, name: str, beside: Path) -> None:
        """Link what is there to `beside`; no log of writes may stay, it would be read into the new file."""
        file = self._data / name
        if not file.exists():
            return
        with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as old:  # a damaged one is kept as it is
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for path in sorted(self._data.glob(f"{name}*")):
            os.link(path, beside / path.name)
            if path != file:
                path.unlink()


class PostgresCopies:
    """Both schemas by pg_dump, in one snapshot; put back by psql in one transaction."""

    kind = "postgresql"
    names: tuple[str, ...] = (_DUMP,)

    def __init__(self, url: str) -> None:
        parts = urlsplit(url.replace("postgresql+asyncpg://", "postgresql://", 1))
        place = f"{parts.username or ''}@{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
        self._url = urlunsplit(("postgresql", place, parts.path, parts.query, ""))
        self._password = unquote(parts.password or "")

    def save(self, folder: Path) -> None:
        schemas = ("--schema=school", "--schema=collab")
        self._run(
            "pg_dump", "--format=custom", "--no-owner", "--no-acl", *schemas, f"--file={folder / _DUMP}", self._url
        )

    def put_back(self, folder: Path, beside: Path) -> None:
        others = self._ask(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if others != "0":
            raise ConfigError(f"{others} connections to the database are open: stop all servers first.")
        beside.mkdir(mode=0o700)
        if self._ask("SELECT count(*) FROM pg_namespace WHERE nspname IN ('school', 'collab')") == "2":
            self.save(beside)
        script = folder / "restore.sql"
        self._run("pg_restore", "--no-owner", "--no-acl", f"--file={script}", str(folder / _DUMP))
        least = _least_epoch()
        after = [statement.format(schema="school.") for statement in _END_LOGINS]
        after.append(_RAISE_EPOCHS.format(schema="collab.", least=least))
        before = "DROP SCHEMA IF EXISTS school CASCADE;\nDROP SCHEMA IF EXISTS collab CASCADE;\n"
        script.write_text(before + script.read_text() + "".join(f"{statement};\n" for statement in after))
        self._run(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            f"--file={script}",
            self._url,
        )

    def _ask(self, query: str) -> str:
        return self._run("psql", "--no-psqlrc", "--tuples-only", "--no-align", f"--command={query}", self._url).strip()

    def _run(self, program: str, *arguments: str) -> str:
        if shutil.which(program) is None:
            raise ConfigError(
                f"{program} is missing: install PostgreSQL's client programs (Debian: postgresql-client)."
            )
        environment = {**os.environ, **({"PGPASSWORD": self._password} if self._password else {})}
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
            raise ConfigError(f"{program} failed: {reason}")
        return done.stdout


def _check(database: sqlite3.Connection, name: str) -> None:
    found = database.execute("PRAGMA quick_check").fetchone()
    if found != ("ok",):
        raise ConfigError(f"{name} is damaged: {found[0] if found else 'unreadable'}.")


def _least_epoch() -> int:
    return int(time.time()) - _EPOCHS_BEGAN
