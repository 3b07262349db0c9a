"""The school's first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_school"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "school",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("login", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "role IN ('teacher', 'pupil', 'guardian', 'head', 'school_admin')", name=op.f("ck_account_role")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_account_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_account_school_id")),
        sa.UniqueConstraint("school", "login", name=op.f("uq_account_school_login")),
    )
    op.create_index(op.f("ix_account_login"), "account", ["login"], unique=False)
    op.create_table(
        "channel",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_channel_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_channel_school_id")),
    )
    op.create_table(
        "revoked_ticket",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_revoked_ticket_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revoked_ticket")),
    )
    op.create_table(
        "school_event",
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_school_event_school")),
        sa.PrimaryKeyConstraint("school", "seq", name=op.f("pk_school_event")),
    )
    op.create_table(
        "shared_right",
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("object_kind", sa.String(length=16), nullable=False),
        sa.Column("object", sa.String(length=128), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("access", sa.String(length=8), nullable=False),
        sa.CheckConstraint("access IN ('read', 'write')", name=op.f("ck_shared_right_access")),
        sa.CheckConstraint("object_kind IN ('folder', 'document')", name=op.f("ck_shared_right_object_kind")),
        sa.CheckConstraint("subject_kind IN ('account', 'group')", name=op.f("ck_shared_right_subject_kind")),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_shared_right_school")),
        sa.PrimaryKeyConstraint("object_kind", "object", "subject_kind", "subject", name=op.f("pk_shared_right")),
    )
    op.create_index(
        op.f("ix_shared_right_subject_kind_subject"), "shared_right", ["subject_kind", "subject"], unique=False
    )
    op.create_table(
        "folder",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "owner"], ["account.school", "account.id"], name=op.f("fk_folder_school_owner")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_folder_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folder")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_folder_school_id")),
    )
    op.create_index(op.f("ix_folder_owner"), "folder", ["owner"], unique=False)
    op.create_table(
        "guardian_link",
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("guardian", sa.String(length=128), nullable=False),
        sa.Column("pupil", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "guardian"], ["account.school", "account.id"], name=op.f("fk_guardian_link_school_guardian")
        ),
        sa.ForeignKeyConstraint(
            ["school", "pupil"], ["account.school", "account.id"], name=op.f("fk_guardian_link_school_pupil")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_guardian_link_school")),
        sa.PrimaryKeyConstraint("guardian", "pupil", name=op.f("pk_guardian_link")),
    )
    op.create_table(
        "study_group",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=128), nullable=False),
        sa.CheckConstraint("kind IN ('school_class', 'learning_group')", name=op.f("ck_study_group_kind")),
        sa.ForeignKeyConstraint(
            ["school", "channel"], ["channel.school", "channel.id"], name=op.f("fk_study_group_school_channel")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_study_group_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_group")),
        sa.UniqueConstraint("channel", name=op.f("uq_study_group_channel")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_study_group_school_id")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("folder", sa.String(length=128), nullable=True),
        sa.Column("owner", sa.String(length=128), nullable=True),
        sa.CheckConstraint("kind IN ('deck', 'table', 'scratch')", name=op.f("ck_document_kind")),
        sa.ForeignKeyConstraint(
            ["school", "folder"], ["folder.school", "folder.id"], name=op.f("fk_document_school_folder")
        ),
        sa.ForeignKeyConstraint(
            ["school", "owner"], ["account.school", "account.id"], name=op.f("fk_document_school_owner")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_document_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_document_school_id")),
    )
    op.create_index(op.f("ix_document_folder"), "document", ["folder"], unique=False)
    op.create_index(op.f("ix_document_owner"), "document", ["owner"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("group_id", sa.String(length=128), nullable=False),
        sa.Column("account", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "account"], ["account.school", "account.id"], name=op.f("fk_enrolment_school_account")
        ),
        sa.ForeignKeyConstraint(
            ["school", "group_id"], ["study_group.school", "study_group.id"], name=op.f("fk_enrolment_school_group_id")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_enrolment_school")),
        sa.PrimaryKeyConstraint("group_id", "account", name=op.f("pk_enrolment")),
    )
    op.create_index(op.f("ix_enrolment_account"), "enrolment", ["account"], unique=False)
    op.create_table(
        "meeting",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=128), nullable=False),
        sa.Column("group_id", sa.String(length=128), nullable=True),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=128), nullable=False),
        sa.Column("lobby", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('lesson', 'consultation', 'conference')", name=op.f("ck_meeting_kind")),
        sa.ForeignKeyConstraint(
            ["school", "channel"], ["channel.school", "channel.id"], name=op.f("fk_meeting_school_channel")
        ),
        sa.ForeignKeyConstraint(
            ["school", "group_id"], ["study_group.school", "study_group.id"], name=op.f("fk_meeting_school_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["school", "host"], ["account.school", "account.id"], name=op.f("fk_meeting_school_host")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_meeting_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_meeting_school_id")),
    )
    op.create_index(op.f("ix_meeting_channel"), "meeting", ["channel"], unique=False)
    op.create_index(op.f("ix_meeting_school_ends_at"), "meeting", ["school", "ends_at"], unique=False)
    op.create_table(
        "admission",
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("meeting", sa.String(length=128), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("admitted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "meeting"], ["meeting.school", "meeting.id"], name=op.f("fk_admission_school_meeting")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_admission_school")),
        sa.PrimaryKeyConstraint("meeting", "person", name=op.f("pk_admission")),
    )
    op.create_index(op.f("ix_admission_person"), "admission", ["person"], unique=False)
    op.create_table(
        "guest_link",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("meeting", sa.String(length=128), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "meeting"], ["meeting.school", "meeting.id"], name=op.f("fk_guest_link_school_meeting")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_guest_link_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_link")),
        sa.UniqueConstraint("school", "id", name=op.f("uq_guest_link_school_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_guest_link_token_hash")),
    )
    op.create_table(
        "invitation",
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("meeting", sa.String(length=128), nullable=False),
        sa.Column("account", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "account"], ["account.school", "account.id"], name=op.f("fk_invitation_school_account")
        ),
        sa.ForeignKeyConstraint(
            ["school", "meeting"], ["meeting.school", "meeting.id"], name=op.f("fk_invitation_school_meeting")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_invitation_school")),
        sa.PrimaryKeyConstraint("meeting", "account", name=op.f("pk_invitation")),
    )
    op.create_index(op.f("ix_invitation_account"), "invitation", ["account"], unique=False)
    op.create_table(
        "meeting_document",
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("meeting", sa.String(length=128), nullable=False),
        sa.Column("document", sa.String(length=128), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "document"], ["document.school", "document.id"], name=op.f("fk_meeting_document_school_document")
        ),
        sa.ForeignKeyConstraint(
            ["school", "meeting"], ["meeting.school", "meeting.id"], name=op.f("fk_meeting_document_school_meeting")
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_meeting_document_school")),
        sa.PrimaryKeyConstraint("meeting", "document", name=op.f("pk_meeting_document")),
    )
    op.create_index(op.f("ix_meeting_document_document"), "meeting_document", ["document"], unique=False)
    op.create_table(
        "login_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("school", sa.String(length=128), nullable=False),
        sa.Column("account", sa.String(length=128), nullable=True),
        sa.Column("guest_link", sa.String(length=128), nullable=True),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(account IS NULL) <> (guest_link IS NULL)", name=op.f("ck_login_session_one_person")),
        sa.ForeignKeyConstraint(
            ["school", "account"], ["account.school", "account.id"], name=op.f("fk_login_session_school_account")
        ),
        sa.ForeignKeyConstraint(
            ["school", "guest_link"],
            ["guest_link.school", "guest_link.id"],
            name=op.f("fk_login_session_school_guest_link"),
        ),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_login_session_school")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_session")),
    )
    op.create_index(op.f("ix_login_session_account"), "login_session", ["account"], unique=False)
    op.create_index(op.f("ix_login_session_expires_at"), "login_session", ["expires_at"], unique=False)
