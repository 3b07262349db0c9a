"""Chat: what happens to messages afterwards, messages that wait for approval, and how far each person has read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_chat_changes"
down_revision = "0003_history"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channel", sa.Column("changed", sa.BigInteger, nullable=False, server_default="0"))
    for column in (
        sa.Column("edited_at", sa.BigInteger),
        sa.Column("reply_to", sa.BigInteger),
        sa.Column("mentions", sa.Text),
        sa.Column("reactions", sa.Text),
        sa.Column("changed", sa.BigInteger, nullable=False, server_default="0"),
    ):
        op.add_column("channel_message", column)
    op.create_index("channel_message_changed", "channel_message", ["channel", "changed"])
    op.create_table(
        "channel_held",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(200), sa.ForeignKey("channel.id", ondelete="CASCADE"), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reply_to", sa.BigInteger),
        sa.Column("mentions", sa.Text),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("channel", "author", "client_id", name="channel_held_once"),
    )
    op.create_index("channel_held_changed", "channel_held", ["channel", "changed"])
    op.create_table(
        "channel_position",
        sa.Column("person", sa.String(200), primary_key=True),
        sa.Column("channel", sa.String(200), sa.ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("channel_position", "channel_held"):
        op.drop_table(table)
    op.drop_index("channel_message_changed", "channel_message")
    for column in ("changed", "reactions", "mentions", "reply_to", "edited_at"):
        op.drop_column("channel_message", column)
    op.drop_column("channel", "changed")
