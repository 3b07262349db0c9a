"""How often somebody was shut out: tickets from before the last time are worthless."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_shut_outs"
down_revision = "0015_downlink_cap"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("shut_outs", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("account", "shut_outs")
