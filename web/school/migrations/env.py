"""Alembic's entry: migrate over the connection that `upgrade` opened."""

from __future__ import annotations

from alembic import context

from web.school.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
