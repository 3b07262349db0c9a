"""Searching messages: PostgreSQL's index over their words; in SQLite FTS5, with a number for each message it knows.

In SQLite new messages come into the index when somebody searches (`chat_search.py`); what changes or goes is followed
at once by triggers, so that nothing is found that is not there any more.
"""

from __future__ import annotations

from alembic import op

revision = "0005_chat_search"
down_revision = "0004_chat_changes"
branch_labels = None
depends_on = None

_FORGET = """DELETE FROM channel_search
    WHERE rowid = (SELECT id FROM channel_word WHERE channel = old.channel AND seq = old.seq);"""
_SQLITE = (
    """CREATE TABLE channel_word (
        id INTEGER PRIMARY KEY, channel VARCHAR(200) NOT NULL, seq BIGINT NOT NULL, UNIQUE (channel, seq))""",
    "CREATE TABLE channel_indexed (channel VARCHAR(200) PRIMARY KEY, seq BIGINT NOT NULL)",
    "CREATE VIRTUAL TABLE channel_search USING fts5(text, tokenize = 'unicode61 remove_diacritics 2')",
    f"""CREATE TRIGGER channel_message_gone AFTER DELETE ON channel_message BEGIN {_FORGET}
        DELETE FROM channel_word WHERE channel = old.channel AND seq = old.seq; END""",
    f"""CREATE TRIGGER channel_message_rewritten AFTER UPDATE OF text ON channel_message BEGIN {_FORGET}
        INSERT INTO channel_search (rowid, text)
        SELECT id, new.text FROM channel_word WHERE channel = old.channel AND seq = old.seq; END""",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX channel_message_words ON channel_message USING gin (to_tsvector('simple', text))")
        return
    for statement in _SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("channel_message_words", "channel_message")
        return
    for trigger in ("channel_message_gone", "channel_message_rewritten"):
        op.execute(f"DROP TRIGGER {trigger}")
    for table in ("channel_search", "channel_indexed", "channel_word"):
        op.execute(f"DROP TABLE {table}")
