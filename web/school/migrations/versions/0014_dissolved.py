"""Whether a learning group was dissolved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_dissolved"
down_revision = "0013_group_source"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("study_group", sa.Column("dissolved", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("study_group", "dissolved")
