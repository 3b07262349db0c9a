"""What a school sends each person at most."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_downlink_cap"
down_revision = "0014_dissolved"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("school", sa.Column("downlink_cap", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("school", "downlink_cap")
