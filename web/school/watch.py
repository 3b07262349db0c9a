"""Whether anything was committed to a SQLite file since, asked for next to nothing.

Laws: a number that stayed the same means that no other connection, of whatever process, has committed anything; None
means that nobody can tell. It takes no lock that a writer would wait for and waits for nobody itself. Not for
PostgreSQL, which has no such number.
"""

from __future__ import annotations

import contextlib
import sqlite3


class Watch:
    """A connection of its own, which never writes."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def version(self) -> int | None:
        """Return a number that changes with every commit of others."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=0)
            ((number,),) = self._connection.execute("PRAGMA data_version").fetchall()
        except sqlite3.Error:
            self.close()
            return None
        return int(number)

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
