"""Meetings: whether only those who lead see the cameras of the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_private_cameras"
down_revision = "0003_channel_mode"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meeting", sa.Column("private_cameras", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("meeting", "private_cameras")
