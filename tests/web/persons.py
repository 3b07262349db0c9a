"""What every column of the two databases may hold of a person; whoever adds one has to say it here.

PERSONAL: an id, a name or words of somebody. An erasure has to take it, an export to give it, and `sayings` to fill it.
OTHER: everything else, with whole rows as `table.*`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from collab.checkpoints import unpack


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PERSONAL: Final[dict[str, frozenset[str]]] = {
    "school": _names("""
        account.folded account.full_name account.id account.login account.name admission.person channel.title
        contact_block.account contact_block.other direct_channel.first direct_channel.second document.owner
        document.title enrolment.account folder.owner folder.title group_seat.person guardian_link.guardian
        guardian_link.pupil invitation.account login_session.account login_session.name login_session.person
        meeting.host meeting.title personal.account recording.leader recording_track.name
        recording_track.person school_event.body shared_right.subject
    """),
    "collab": _names("""
        channel_held.author channel_held.mentions channel_held.name channel_held.text channel_message.author
        channel_message.files channel_message.mentions channel_message.name channel_message.reactions
        channel_message.text channel_position.person document_author.account document_checkpoint.account
        document_claim.account
        document_checkpoint.name document_checkpoint.state document_log.account document_log.data
        document_snapshot.state upload.name upload.person
    """),
}
OTHER: Final[dict[str, frozenset[str]]] = {
    "school": _names("""
        account.disabled account.password_hash account.role account.school account.shut_outs admission.admitted
        admission.meeting admission.school alembic_version_school.* channel.id channel.keep_days channel.mode
        channel.school contact_block.school direct_channel.channel direct_channel.school document.folder document.id
        document.kind document.school enrolment.group_id enrolment.school folder.id folder.school group_plan.*
        group_room.* group_seat.entered group_seat.group_room group_seat.meeting group_seat.school
        guardian_link.school guest_link.* invitation.meeting invitation.school login_session.expires_at
        login_session.guest_link login_session.school login_session.token_hash meeting.cancelled
        meeting.channel meeting.encrypted meeting.ended meeting.ends_at meeting.group_id meeting.id meeting.kind
        meeting.lobby meeting.locked meeting.moved_from meeting.private_cameras meeting.school
        meeting.starts_at meeting.term meeting_document.* personal.away personal.quiet_end personal.quiet_start
        personal.quiet_weekends personal.school personal.typing recording.ended_at recording.gaps recording.id
        recording.meeting recording.reason recording.school recording.started_at recording_track.agreed_at
        recording_track.bytes recording_track.file recording_track.milliseconds recording_track.recording
        recording_track.school recording_track.started_at recording_track.withdrawn_at revoked_ticket.*
        school.* school_event.at school_event.school school_event.seq setting.* shared_right.access
        shared_right.object shared_right.object_kind shared_right.school shared_right.subject_kind
        study_group.*
    """),
    "collab": _names("""
        alembic_version_collab.* channel.* channel_held.at channel_held.attachments channel_held.changed
        channel_held.channel channel_held.client_id channel_held.id channel_held.reply_to channel_held.role
        channel_held.status channel_indexed.* channel_message.at channel_message.attachments
        channel_message.changed channel_message.channel channel_message.client_id channel_message.deleted_at
        channel_message.edited_at channel_message.reply_to channel_message.role channel_message.seq
        channel_position.channel channel_position.seq channel_word.* document.* document_author.at
        document_author.client document_author.document document_care.* document_checkpoint.at
        document_claim.at document_claim.client document_claim.document
        document_checkpoint.document document_checkpoint.id document_checkpoint.kind document_checkpoint.seq
        document_log.at document_log.document document_log.origin document_log.quarantined document_log.seq
        document_snapshot.at document_snapshot.document document_snapshot.outline document_snapshot.seq
        upload.at upload.channel upload.document upload.hash upload.held upload.id upload.school upload.seq
        upload_blob.* upload_chunk.*
    """),
}
_INDEX: Final = "channel_search"  # of words, without content: it is looked at as a whole


def columns(data: Path, name: str) -> set[str]:
    """Every column of one of the databases, `table.column`."""
    found: set[str] = set()
    connection = sqlite3.connect(data / f"{name}.db")
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if not table.startswith((_INDEX, "sqlite_")):
            found |= {f"{table}.{row[1]}" for row in connection.execute(f'PRAGMA table_info("{table}")')}
    connection.close()
    return found


def unjudged(data: Path) -> list[str]:
    """The columns of which nothing is said, and what is said of columns that are not there."""
    wrong: list[str] = []
    for name in ("school", "collab"):
        there = columns(data, name)
        whole = {one.removesuffix(".*") for one in OTHER[name] if one.endswith(".*")}
        said = {*PERSONAL[name], *(one for one in OTHER[name] if not one.endswith(".*"))}
        said |= {column for column in there if column.split(".")[0] in whole}
        wrong += [f"{name}: {column}" for column in sorted(there ^ said)]
    return wrong


def unfilled(data: Path, marks: list[str]) -> list[str]:
    """The personal columns in which nobody's mark stands."""
    wanted = [mark.encode() for mark in marks]
    return [
        f"{name}: {column}"
        for name in PERSONAL
        for column in sorted(PERSONAL[name])
        if not any(mark in value for value in _values(data / f"{name}.db", *column.split(".")) for mark in wanted)
    ]


def _values(database: Path, table: str, column: str) -> Iterator[bytes]:
    connection = sqlite3.connect(database)
    for (value,) in connection.execute(f'SELECT "{column}" FROM "{table}"').fetchall():
        plain = value if isinstance(value, bytes) else str(value).encode()
        yield unpack(plain) if table == "document_checkpoint" and plain[:1] in (b"\x00", b"\x01") else plain
    connection.close()
