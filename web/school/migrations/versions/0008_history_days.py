"""How long a school keeps the single changes of its documents; empty: as long as the server is told to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_history_days"
down_revision = "0007_recordings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("school", sa.Column("history_days", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("school", "history_days")
