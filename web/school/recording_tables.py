"""The tables of recordings.

Laws: a file exists only under a row that was there before it; a row of a recording that is over always has its file.
Who is recorded may be a guest without an account, so people are named by id and name. The rest is as in `tables`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from web.school.tables import ID, METADATA, needed, same_school, school_of

recording = Table(
    "recording",
    METADATA,
    Column("id", ID, primary_key=True),
    school_of(),
    needed("meeting"),
    needed("leader"),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("reason", String(16)),
    Column("gaps", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("school", "id"),
    same_school("meeting", "meeting"),
    Index(None, "meeting"),
    Index(None, "started_at"),
)

recording_track = Table(
    "recording_track",
    METADATA,
    school_of(),
    Column("recording", ID, primary_key=True),
    Column("file", Integer, primary_key=True, autoincrement=False),
    needed("person"),
    Column("name", Text, nullable=False),
    Column("agreed_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("started_at", BigInteger),
    Column("milliseconds", BigInteger),
    Column("bytes", BigInteger),
    ForeignKeyConstraint(["school", "recording"], ["recording.school", "recording.id"], ondelete="CASCADE"),
    Index(None, "person"),
)
