"""The migrations of documents and channels, run by Alembic over a version table of their own.

Laws: a released revision is never edited; the whole upgrade is one transaction under a lock, so that a second process
waits and finds nothing to do.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

VERSION_TABLE = "alembic_version_collab"
_LOCK = 0x6B72656964650002


def upgrade(connection: Connection) -> None:
    """Upgrade to the newest revision inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
