"""The tables of direct messages, and of what people set for themselves.

Laws: two accounts have at most one direct channel, whoever opens it: they stand in it in the order of their ids.
The rest is as in `tables`.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint, true
from sqlalchemy.sql import false

from web.school.tables import ID, METADATA, key, needed, same_school, school_of

direct_channel = Table(
    "direct_channel",
    METADATA,
    school_of(),
    key("channel"),
    needed("first"),
    needed("second"),
    UniqueConstraint("first", "second"),
    same_school("channel", "channel"),
    same_school("first", "account"),
    same_school("second", "account"),
    CheckConstraint("first < second", name="order"),
    Index(None, "second"),
)

contact_block = Table(
    "contact_block",
    METADATA,
    school_of(),
    key("account"),
    key("other"),
    same_school("account", "account"),
    same_school("other", "account"),
    Index(None, "other"),
)

personal = Table(
    "personal",
    METADATA,
    school_of(),
    Column("account", ID, primary_key=True),
    Column("away", Boolean, nullable=False, server_default=false()),
    Column("typing", Boolean, nullable=False, server_default=true()),
    Column("quiet_start", Integer),
    Column("quiet_end", Integer),
    Column("quiet_weekends", Boolean, nullable=False, server_default=false()),
    same_school("account", "account"),
)
