"""The tables of group rooms.

Laws: a meeting has one plan at most, and a person one seat in it. Who sits there may be a guest without an account, so
people are named by id. Channels and documents outlive the plan. The rest is as in `tables`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Index, String, Table, Text, UniqueConstraint

from web.school.tables import ID, METADATA, key, needed, same_school, school_of

group_plan = Table(
    "group_plan",
    METADATA,
    school_of(),
    key("meeting"),
    Column("how", String(16), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("ends_at", BigInteger),
    Column("source", ID),
    UniqueConstraint("school", "meeting"),
    same_school("meeting", "meeting"),
)

group_room = Table(
    "group_room",
    METADATA,
    Column("id", ID, primary_key=True),
    school_of(),
    needed("meeting"),
    Column("position", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    needed("channel"),
    Column("document", ID),
    UniqueConstraint("school", "id"),
    UniqueConstraint("channel"),
    ForeignKeyConstraint(["school", "meeting"], ["group_plan.school", "group_plan.meeting"], ondelete="CASCADE"),
    same_school("channel", "channel"),
    same_school("document", "document"),
    Index(None, "meeting"),
    Index(None, "document"),
)

group_seat = Table(
    "group_seat",
    METADATA,
    school_of(),
    key("meeting"),
    key("person"),
    needed("group_room"),
    Column("entered", Boolean, nullable=False),
    ForeignKeyConstraint(["school", "group_room"], ["group_room.school", "group_room.id"], ondelete="CASCADE"),
    Index(None, "person"),
)
