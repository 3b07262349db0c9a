"""History: checkpoints (floors, days, named versions) and how far each document has been tended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_history"
down_revision = "0002_chat"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_checkpoint",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("document", sa.String(200), sa.ForeignKey("document.id", ondelete="CASCADE"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("document", "seq", "kind", "name", name="document_checkpoint_once"),
    )
    op.create_table(
        "document_care",
        sa.Column("document", sa.String(200), sa.ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("day", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("oldest", sa.BigInteger),
    )


def downgrade() -> None:
    for table in ("document_care", "document_checkpoint"):
        op.drop_table(table)
