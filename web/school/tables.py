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


def _school() -> Column[str]:
    return Column("school", ID, ForeignKey("school.id"), nullable=False)


def _same_school(column: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["school", column], [f"{table}.school", f"{table}.id"])


def _key(name: str) -> Column[str]:
    return Column(name, ID, primary_key=True)


def _needed(name: str) -> Column[str]:
    return Column(name, ID, nullable=False)


school = Table(
    "school",
    METADATA,
    _id(),
    Column("title", Text, nullable=False),
    Column("event_seq", BigInteger, nullable=False),
)

setting = Table("setting", METADATA, _key("name"), Column("value", Text, nullable=False))

account = Table(
    "account",
    METADATA,
    _id(),
    _school(),
    _needed("login"),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("password_hash", Text),
    UniqueConstraint("school", "id"),
    UniqueConstraint("school", "login"),
    CheckConstraint("role IN ('teacher', 'pupil', 'guardian', 'head', 'school_admin')", name="role"),
    Index(None, "login"),
)

guardian_link = Table(
    "guardian_link",
    METADATA,
    _school(),
    _key("guardian"),
    _key("pupil"),
    _same_school("guardian", "account"),
    _same_school("pupil", "account"),
)

channel = Table(
    "channel",
    METADATA,
    _id(),
    _school(),
    Column("title", Text, nullable=False),
    Column("mode", String(16), nullable=False, server_default="open"),
    Column("keep_days", BigInteger),
    UniqueConstraint("school", "id"),
)

study_group = Table(
    "study_group",
    METADATA,
    _id(),
    _school(),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    _needed("channel"),
    UniqueConstraint("school", "id"),
    UniqueConstraint("channel"),
    _same_school("channel", "channel"),
    CheckConstraint("kind IN ('school_class', 'learning_group')", name="kind"),
)

enrolment = Table(
    "enrolment",
    METADATA,
    _school(),
    _key("group_id"),
    _key("account"),
    _same_school("group_id", "study_group"),
    _same_school("account", "account"),
    Index(None, "account"),
)

meeting = Table(
    "meeting",
    METADATA,
    _id(),
    _school(),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    _needed("host"),
    Column("group_id", ID),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    _needed("channel"),
    Column("lobby", Boolean, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("encrypted", Boolean, nullable=False, server_default=false()),
    Column("private_cameras", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("school", "id"),
    _same_school("host", "account"),
    _same_school("group_id", "study_group"),
    _same_school("channel", "channel"),
    CheckConstraint("kind IN ('lesson', 'consultation', 'conference')", name="kind"),
    Index(None, "school", "ends_at"),
    Index(None, "channel"),
)

invitation = Table(
    "invitation",
    METADATA,
    _school(),
    _key("meeting"),
    _key("account"),
    _same_school("meeting", "meeting"),
    _same_school("account", "account"),
    Index(None, "account"),
)

admission = Table(
    "admission",
    METADATA,
    _school(),
    _key("meeting"),
    _key("person"),
    Column("admitted", Boolean, nullable=False),
    _same_school("meeting", "meeting"),
    Index(None, "person"),
)

guest_link = Table(
    "guest_link",
    METADATA,
    _id(),
    _school(),
    _needed("meeting"),
    Column("token_hash", String(64), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked", Boolean, nullable=False),
    UniqueConstraint("school", "id"),
    UniqueConstraint("token_hash"),
    _same_school("meeting", "meeting"),
)

folder = Table(
    "folder",
    METADATA,
    _id(),
    _school(),
    Column("title", Text, nullable=False),
    _needed("owner"),
    UniqueConstraint("school", "id"),
    _same_school("owner", "account"),
    Index(None, "owner"),
)

document = Table(
    "document",
    METADATA,
    _id(),
    _school(),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("folder", ID),
    Column("owner", ID),
    UniqueConstraint("school", "id"),
    _same_school("folder", "folder"),
    _same_school("owner", "account"),
    CheckConstraint("kind IN ('deck', 'table', 'scratch')", name="kind"),
    Index(None, "owner"),
    Index(None, "folder"),
)

meeting_document = Table(
    "meeting_document",
    METADATA,
    _school(),
    _key("meeting"),
    _key("document"),
    Column("position", BigInteger, nullable=False),
    _same_school("meeting", "meeting"),
    _same_school("document", "document"),
    Index(None, "document"),
)

shared_right = Table(
    "shared_right",
    METADATA,
    _school(),
    Column("object_kind", String(16), primary_key=True),
    _key("object"),
    Column("subject_kind", String(16), primary_key=True),
    _key("subject"),
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
    _school(),
    Column("account", ID),
    Column("guest_link", ID),
    _needed("person"),
    Column("name", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    _same_school("account", "account"),
    _same_school("guest_link", "guest_link"),
    CheckConstraint("(account IS NULL) <> (guest_link IS NULL)", name="one_person"),
    Index(None, "account"),
    Index(None, "expires_at"),
)

revoked_ticket = Table("revoked_ticket", METADATA, _id(), _school(), Column("expires_at", BigInteger, nullable=False))

school_event = Table(
    "school_event",
    METADATA,
    Column("school", ID, ForeignKey("school.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
