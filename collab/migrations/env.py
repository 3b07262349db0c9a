"""Alembic's entry: migrate over the connection that `upgrade` was given."""

from __future__ import annotations

from alembic import context

from collab.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], version_table=VERSION_TABLE, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
