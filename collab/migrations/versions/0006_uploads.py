"""Uploads: contents by their hash, who sent them and where they belong; messages that carry them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_uploads"
down_revision = "0005_chat_search"
branch_labels = None
depends_on = None

_FORGET = """DELETE FROM channel_search
    WHERE rowid = (SELECT id FROM channel_word WHERE channel = old.channel AND seq = old.seq);"""
_REWRITTEN = """CREATE TRIGGER channel_message_rewritten AFTER UPDATE OF {columns} ON channel_message BEGIN {forget}
    INSERT INTO channel_search (rowid, text)
    SELECT id, {words} FROM channel_word WHERE channel = old.channel AND seq = old.seq; END"""
_WORDS = "text || ' ' || coalesce(files, '')"
_INDEX = "CREATE INDEX channel_message_words ON channel_message USING gin (to_tsvector('simple', {words}))"


def upgrade() -> None:
    op.create_table(
        "upload_blob",
        sa.Column("school", sa.String(128), primary_key=True),
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("thumb", sa.BigInteger, nullable=False),
        sa.Column("loose", sa.Boolean, nullable=False),
    )
    op.create_index("upload_blob_loose", "upload_blob", ["loose"])
    op.create_table(
        "upload",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("school", sa.String(128), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("channel", sa.String(200)),
        sa.Column("seq", sa.BigInteger),
        sa.Column("held", sa.String(32)),
        sa.Column("document", sa.String(200)),
        sa.ForeignKeyConstraint(["school", "hash"], ["upload_blob.school", "upload_blob.hash"]),
    )
    for columns in (("school", "hash"), ("school", "person"), ("channel", "seq"), ("held",), ("document", "hash")):
        op.create_index(f"upload_{'_'.join(columns)}", "upload", list(columns))
    op.create_table(
        "upload_chunk",
        sa.Column("place", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.add_column("channel_message", sa.Column("attachments", sa.Text))
    op.add_column("channel_message", sa.Column("files", sa.Text))
    op.add_column("channel_held", sa.Column("attachments", sa.Text))
    _follow(_WORDS, "text, files", "new.text || ' ' || coalesce(new.files, '')")


def downgrade() -> None:
    _follow("text", "text", "new.text")
    op.drop_column("channel_held", "attachments")
    op.drop_column("channel_message", "files")
    op.drop_column("channel_message", "attachments")
    for table in ("upload_chunk", "upload", "upload_blob"):
        op.drop_table(table)


def _follow(words: str, columns: str, fresh: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("channel_message_words", "channel_message")
        op.execute(_INDEX.format(words=words))
        return
    op.execute("DROP TRIGGER channel_message_rewritten")
    op.get_bind().exec_driver_sql(_REWRITTEN.format(columns=columns, forget=_FORGET, words=fresh))
