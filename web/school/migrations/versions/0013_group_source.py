"""From which deck the slides come that groups work on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_group_source"
down_revision = "0012_folded_names"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("group_plan", sa.Column("source", sa.String(length=128), nullable=True))


def downgrade() -> None:
    op.drop_column("group_plan", "source")
