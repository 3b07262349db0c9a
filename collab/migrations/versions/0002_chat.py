"""Chat: one head per channel, and the messages under their numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_chat"
down_revision = "0001_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("head", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "channel_message",
        sa.Column("channel", sa.String(200), sa.ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
        sa.UniqueConstraint("channel", "author", "client_id", name="channel_message_once"),
    )


def downgrade() -> None:
    for table in ("channel_message", "channel"):
        op.drop_table(table)
