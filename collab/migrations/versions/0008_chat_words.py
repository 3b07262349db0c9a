"""Searching messages: an index over words that we split and fold ourselves, the same on SQLite and PostgreSQL.

Both begin empty and take messages in when somebody searches (`chat_words.py`), those of before, too: nothing is
rewritten here, however many there are. What is rewritten or goes, triggers take out at once.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0008_chat_words"
down_revision = "0007_claims"
branch_labels = None
depends_on = None

_OLD_INDEX = """CREATE INDEX channel_message_words ON channel_message
    USING gin (to_tsvector('simple', text || ' ' || coalesce(files, '')))"""
_FUNCTION = """CREATE FUNCTION channel_message_rewritten() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
    BEGIN DELETE FROM channel_search WHERE channel = old.channel AND seq = old.seq; RETURN NULL; END $$"""
_TRIGGER = """CREATE TRIGGER channel_message_rewritten AFTER UPDATE OF text, files ON channel_message
    FOR EACH ROW EXECUTE FUNCTION channel_message_rewritten()"""

# Of words that stand apart by spaces: the tokenizer may split or fold nothing else.
_WORDS = """CREATE VIRTUAL TABLE channel_search USING fts5(text,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'")"""
_OLD_WORDS = "CREATE VIRTUAL TABLE channel_search USING fts5(text, tokenize = 'unicode61 remove_diacritics 2')"
_FORGET = """DELETE FROM channel_search
    WHERE rowid = (SELECT id FROM channel_word WHERE channel = old.channel AND seq = old.seq);"""
_REWRITTEN = """CREATE TRIGGER channel_message_rewritten AFTER UPDATE OF text, files ON channel_message BEGIN
    {forget} {again} END"""
_OLD_AGAIN = """INSERT INTO channel_search (rowid, text) SELECT id, new.text || ' ' || coalesce(new.files, '')
    FROM channel_word WHERE channel = old.channel AND seq = old.seq;"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _begin_anew(_WORDS, "")
        return
    op.drop_index("channel_message_words", "channel_message")
    op.create_table(
        "channel_search",
        sa.Column("channel", sa.String(200), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("words", TSVECTOR, nullable=False),
        sa.ForeignKeyConstraint(
            ["channel", "seq"], ["channel_message.channel", "channel_message.seq"], ondelete="CASCADE"
        ),
    )
    op.create_index("channel_search_words", "channel_search", ["words"], postgresql_using="gin")
    op.create_table(
        "channel_indexed",
        sa.Column("channel", sa.String(200), sa.ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.execute(_FUNCTION)
    op.execute(_TRIGGER)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _begin_anew(_OLD_WORDS, _OLD_AGAIN)
        return
    op.execute("DROP TRIGGER channel_message_rewritten ON channel_message")
    op.execute("DROP FUNCTION channel_message_rewritten")
    for table in ("channel_indexed", "channel_search"):
        op.drop_table(table)
    op.execute(_OLD_INDEX)


def _begin_anew(words: str, again: str) -> None:
    for statement in (
        "DROP TRIGGER channel_message_rewritten",
        "DROP TRIGGER channel_message_gone",
        "DROP TABLE channel_search",
        "DELETE FROM channel_indexed",
        "DELETE FROM channel_word",
        words,
        f"""CREATE TRIGGER channel_message_gone AFTER DELETE ON channel_message BEGIN {_FORGET}
        DELETE FROM channel_word WHERE channel = old.channel AND seq = old.seq; END""",
        _REWRITTEN.format(forget=_FORGET, again=again),
    ):
        op.get_bind().exec_driver_sql(statement)
