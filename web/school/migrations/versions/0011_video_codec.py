"""What a school's cameras are asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_video_codec"
down_revision = "0010_group_rooms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("school", sa.Column("video_codec", sa.String(8), nullable=True))


def downgrade() -> None:
    op.drop_column("school", "video_codec")
