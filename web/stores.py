"""What happens to the stores before any worker runs: migrations, the demo school, and tickets for tools.

Laws: one server prepares at a time (a lock beside the data, or in PostgreSQL); what cannot be reached is a
ConfigError with the part's name and without the password in its URL.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Final
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

import collab.database
import web.school.store
from collab.bus import MemoryBus
from collab.demo import demo_deck, demo_table
from collab.errors import CollabError
from collab.hub import Hub
from collab.redis_lines import FAILURES, open_line
from collab.store import DocumentStore
from web.auth import Auth
from web.config import Config, ConfigError
from web.errors import WebError
from web.school.demo import seed_demo
from web.school.store import SchoolStore

STORE_FAILURES: Final = (OSError, SQLAlchemyError, asyncpg.PostgresError, CollabError)
MIGRATION_LOCK: Final = 0x6B726569  # PostgreSQL advisory lock


async def prepare_stores(config: Config) -> None:
    """Migrate both databases, seed the demo school, see that Redis answers."""
    await _check_redis(config)
    try:
        async with _lock(config):
            await asyncio.to_thread(web.school.store.migrate, config.school_url)
            await asyncio.to_thread(collab.database.migrate, config.collab_url)
            if config.demo:
                await _seed_demo(config)
    except STORE_FAILURES as error:
        raise ConfigError(f"The database {_where(config)} cannot be used: {_reason(error)}.") from error


async def issue_ticket(config: Config, options: argparse.Namespace) -> str:
    """Return the ticket that `kreide ticket` prints; the server need not run, its stores must exist."""
    async with _auth(config) as auth:
        if options.meeting:
            return (await auth.issue_role_ticket(options.meeting, options.role, options.name)).ticket
        return (await auth.issue_named_document_ticket(options.document, options.right, options.name)).ticket


async def revoke_ticket(config: Config, ticket: str) -> None:
    """Take a ticket back: a running server ends its connections within a second."""
    async with _auth(config) as auth:
        await auth.revoke_ticket(ticket)


@asynccontextmanager
async def _auth(config: Config) -> AsyncIterator[Auth]:
    if config.database is None and not (config.data / "school.db").is_file():
        raise ConfigError(f"There is no school in {config.data}: start the server once, or name its --data folder.")
    try:
        store = await SchoolStore.open(config.school_url)
        try:
            with closing(await Auth.open(store)) as auth:
                yield auth
        finally:
            await store.close()
    except WebError as error:
        raise ConfigError(f"No ticket: {error.text}.") from error
    except STORE_FAILURES as error:
        raise ConfigError(f"The database {_where(config)} cannot be used: {_reason(error)}.") from error


async def _seed_demo(config: Config) -> None:
    school = await SchoolStore.open(config.school_url, demo=True)
    try:
        await seed_demo(school)
    finally:
        await school.close()
    documents = await DocumentStore.open(config.collab_url)
    try:
        hub = Hub(documents, MemoryBus(), "prepare")
        await hub.create("demo-deck", "deck", demo_deck())
        await hub.create("demo-table", "table", demo_table())
    finally:
        await documents.close()


async def _check_redis(config: Config) -> None:
    if config.redis is None:
        return
    try:
        line = open_line(config.redis, "")
        try:
            await line.ping()
        finally:
            await line.close()
    except (*FAILURES, ValueError) as error:
        raise ConfigError(f"Redis at {_place(config.redis)} cannot be reached: {_reason(error)}.") from error


@asynccontextmanager
async def _lock(config: Config) -> AsyncIterator[None]:
    if config.database is None:
        with (config.data / ".prepare").open("w") as file:
            await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
            yield
        return
    connection = await asyncpg.connect(config.school_url.replace("+asyncpg", "", 1), timeout=5)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        yield
    finally:
        await connection.close()


def _where(config: Config) -> str:
    return _place(config.database) if config.database else f"in {config.data}"


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
