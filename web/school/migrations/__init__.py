"""The school's migrations, run by Alembic over its own version table beside the document engine's.

Laws: a revision is never edited once released. The whole upgrade is one transaction under a lock, so a second
process waits and then finds nothing to do.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

VERSION_TABLE = "alembic_version_school"
_LOCK = 0x6B72656964650001  # PostgreSQL's advisory lock of this upgrade


def upgrade(engine: AsyncEngine, schema: str) -> None:
    """Upgrade to the newest revision. Works with or without a running event loop: it uses a thread of its own."""
    failure: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_upgrade(engine, schema))
        except BaseException as error:  # raised again below, where somebody waits
            failure.append(error)

    thread = threading.Thread(target=run, name="migrate-school")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]


async def _upgrade(engine: AsyncEngine, schema: str) -> None:
    async with engine.connect() as connection:
        await connection.execution_options(kreide_writes=True)
        async with connection.begin():
            await connection.run_sync(_run, schema)
    await engine.dispose()


def _run(connection: Connection, schema: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")  # two at once would collide
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
