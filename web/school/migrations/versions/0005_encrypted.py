"""Meetings: whether their media is encrypted end to end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_encrypted"
down_revision = "0004_private_cameras"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meeting", sa.Column("encrypted", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("meeting", "encrypted")
