"""Under which epoch a meeting's room began last: what an earlier owner still writes is refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017_meeting_term"
down_revision = "0016_shut_outs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meeting", sa.Column("term", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("meeting", "term")
