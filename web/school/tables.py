"""The school's tables.

Laws: each row names its school, and foreign keys between a school's rows include it, so that no row can point
into another school. Tokens and passwords are stored as hashes only. Migrations in `migrations/` make exactly
these tables (a test compares them).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID = String(128)


def _id() -> Column[str]:
    return Column("id", ID, primary_key=True)


def school_of() -> Column[str]:
    return Column("school", ID, ForeignKey("school.id"), nullable=False)


def same_school(column: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["school", column], [f"{table}.school", f"{table}.id"])


def key(name: str) -> Column[str]:
    return Column(name, ID, primary_key=True)


def needed(name: str) -> Column[str]:
    return Column(name, ID, nullable=False)


school = Table(
    "school",
    METADATA,
    _id(),
    Column("title", Text, nullable=False),
    Column("event_seq", BigInteger, nullable=False),
    Column("direct", String(16), nullable=False, server_default="teachers"),
    Column("direct_keep_days", BigInteger),
    Column("time_zone", String(64), nullable=False, server_default="Europe/Berlin"),
    Column("history_days", BigInteger),
    Column("video_codec", String(8)),
    Column("downlink_cap", BigInteger),
)

setting = Table("setting", METADATA, key("name"), Column("value", Text, nullable=False))

account = Table(
    "account",
    METADATA,
    _id(),
    school_of(),
    needed("login"),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("password_hash", Text),
    Column("folded", Text, nullable=False, server_default=""),
    Column("shut_outs", Integer, nullable=False, server_default="0"),
    UniqueConstraint("school", "id"),
    UniqueConstraint("school", "login"),
    CheckConstraint("role IN ('teacher', 'pupil', 'guardian', 'head', 'school_admin')", name="role"),
    Index(None, "login"),
    Index(None, "school", "folded", "id"),
)

guardian_link = Table(
    "guardian_link",
    METADATA,
    school_of(),
    key("guardian"),
    key("pupil"),
    same_school("guardian", "account"),
    same_school("pupil", "account"),
)

channel = Table(
    "channel",
    METADATA,
    _id(),
    school_of(),
    Column("title", Text, nullable=False),
    Column("mode", String(16), nullable=False, server_default="open"),
    Column("keep_days", BigInteger),
    UniqueConstraint("school", "id"),
)

study_group = Table(
    "study_group",
    METADATA,
    _id(),
    school_of(),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    needed("channel"),
    Column("dissolved", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("school", "id"),
    UniqueConstraint("channel"),
    same_school("channel", "channel"),
    CheckConstraint("kind IN ('school_class', 'learning_group')", name="kind"),
)

enrolment = Table(
    "enrolment",
    METADATA,
    school_of(),
    key("group_id"),
    key("account"),
    same_school("group_id", "study_group"),
    same_school("account", "account"),
    Index(None, "account"),
)

meeting = Table(
    "meeting",
    METADATA,
    _id(),
    school_of(),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    needed("host"),
    Column("group_id", ID),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    needed("channel"),
    Column("lobby", Boolean, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("private_cameras", Boolean, nullable=False, server_default=false()),
    Column("cancelled", Boolean, nullable=False, server_default=false()),
    Column("moved_from", BigInteger),
    Column("term", BigInteger, nullable=False, server_default="0"),
    Column("ended", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("school", "id"),
    same_school("host", "account"),
    same_school("group_id", "study_group"),
    same_school("channel", "channel"),
    CheckConstraint("kind IN ('lesson', 'consultation', 'conference')", name="kind"),
    Index(None, "school", "ends_at"),
    Index(None, "channel"),
)

invitation = Table(
    "invitation",
    METADATA,
    school_of(),
    key("meeting"),
    key("account"),
    same_school("meeting", "meeting"),
    same_school("account", "account"),
    Index(None, "account"),
)

admission = Table(
    "admission",
    METADATA,
    school_of(),
    key("meeting"),
    key("person"),
    Column("admitted", Boolean, nullable=False),  # always true
    same_school("meeting", "meeting"),
    Index(None, "person"),
)

guest_link = Table(
    "guest_link",
    METADATA,
    _id(),
    school_of(),
    needed("meeting"),
    Column("token_hash", String(64), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked", Boolean, nullable=False),
    UniqueConstraint("school", "id"),
    UniqueConstraint("token_hash"),
    same_school("meeting", "meeting"),
)

folder = Table(
    "folder",
    METADATA,
    _id(),
    school_of(),
    Column("title", Text, nullable=False),
    needed("owner"),
    UniqueConstraint("school", "id"),
    same_school("owner", "account"),
    Index(None, "owner"),
)

document = Table(
    "document",
    METADATA,
    _id(),
    school_of(),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("folder", ID),
    Column("owner", ID),
    UniqueConstraint("school", "id"),
    same_school("folder", "folder"),
    same_school("owner", "account"),
    CheckConstraint("kind IN ('deck', 'table', 'scratch')", name="kind"),
    Index(None, "owner"),
    Index(None, "folder"),
)

meeting_document = Table(
    "meeting_document",
    METADATA,
    school_of(),
    key("meeting"),
    key("document"),
    Column("position", BigInteger, nullable=False),
    same_school("meeting", "meeting"),
    same_school("document", "document"),
    Index(None, "document"),
)

shared_right = Table(
    "shared_right",
    METADATA,
    school_of(),
    Column("object_kind", String(16), primary_key=True),
    key("object"),
    Column("subject_kind", String(16), primary_key=True),
    key("subject"),
    Column("access", String(8), nullable=False),
    CheckConstraint("object_kind IN ('folder', 'document')", name="object_kind"),
    CheckConstraint("subject_kind IN ('account', 'group')", name="subject_kind"),
    CheckConstraint("access IN ('read', 'write')", name="access"),
    Index(None, "subject_kind", "subject"),
)

login_session = Table(
    "login_session",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    school_of(),
    Column("account", ID),
    Column("guest_link", ID),
    needed("person"),
    Column("name", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    same_school("account", "account"),
    same_school("guest_link", "guest_link"),
    CheckConstraint("(account IS NULL) <> (guest_link IS NULL)", name="one_person"),
    Index(None, "account"),
    Index(None, "expires_at"),
)

revoked_ticket = Table("revoked_ticket", METADATA, _id(), school_of(), Column("expires_at", BigInteger, nullable=False))

school_event = Table(
    "school_event",
    METADATA,
    Column("school", ID, ForeignKey("school.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
