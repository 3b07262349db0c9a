"""Taking a person out of the school: what is theirs alone goes, what others stand on stays under a name of nobody's.

Laws: one transaction. An account with a new random id and no name (the remains) takes the place of the old one wherever
others' things hang on it: a meeting's host, a folder's or document's owner, the other half of a conversation. Rows that
only say something about the person go. Titles stay where others see them. Events that name the account are replaced, so
the account has to be disabled before, long enough for every worker to have heard of it; therefore this writes no event.
Of somebody without an account the school has but logins, admissions and events: these go in the same way.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Table, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from web.errors import AccessDenied, StateError
from web.school import tables
from web.school.contact_tables import contact_block, direct_channel, personal
from web.school.events import EventBody, SessionEnded
from web.school.recording_tables import recording
from web.school.shut import take_back_tickets
from web.school.store import SchoolStore

NOBODY: Final = "–"  # shown where a name or title was
REMAINS: Final = "gone-"  # how the ids of what remains begin; they are their own logins
_THEIRS: Final = (
    (tables.guardian_link, ("guardian", "pupil")),
    (tables.enrolment, ("account",)),
    (tables.invitation, ("account",)),
    (contact_block, ("account", "other")),
    (personal, ("account",)),
    (tables.login_session, ("account",)),
)


async def do_erase_account(store: SchoolStore, school: str, account_id: str, remains: str) -> None:
    """Replace a disabled account by one of nobody's, with this new id. Raises StateError(enabled)."""
    async with store.change(school) as change:
        connection, table = change.connection, tables.account
        row = (
            await connection.execute(select(table).where(table.c.id == account_id, table.c.school == school))
        ).first()
        if row is None:
            raise AccessDenied()
        if not row.disabled:
            raise StateError("enabled", "an account is disabled before it is erased")
        values = {"login": remains, "name": NOBODY, "full_name": NOBODY, "disabled": True, "password_hash": None}
        await change.insert(table, id=remains, role=row.role, **values)
        await _untitle(connection, account_id)
        for where, columns in _THEIRS:
            await _delete(connection, where, account_id, *columns)
        await _delete_notes(connection, account_id)
        shared = tables.shared_right.c
        await connection.execute(
            delete(tables.shared_right).where(shared.subject_kind == "account", shared.subject == account_id)
        )
        await _swap_conversations(connection, account_id, remains)
        await connection.execute(update(recording).where(recording.c.leader == account_id).values(leader=remains))
        await _swap_references(connection, account_id, remains)
        await connection.execute(delete(table).where(table.c.id == account_id))
        await _scrub_events(connection, school, account_id, remains)


async def do_end_visits(store: SchoolStore, school: str, person: str) -> None:
    """Log a guest out everywhere, a tool's ticket too; the door they came through stays open to others."""
    async with store.change(school) as change:
        await _delete(change.connection, tables.login_session, person, "person")
        await take_back_tickets(change, person)
        await change.emit(SessionEnded(person))


async def do_erase_visitor(store: SchoolStore, school: str, person: str, remains: str) -> None:
    """Forget somebody without an account whose visits have ended before."""
    async with store.change(school) as change:
        await _delete_notes(change.connection, person)
        await _scrub_events(change.connection, school, person, remains)


async def _delete(connection: AsyncConnection, table: Table, account: str, *columns: str) -> None:
    await connection.execute(delete(table).where(or_(*(table.c[column] == account for column in columns))))


async def _delete_notes(connection: AsyncConnection, person: str) -> None:
    """Rows about somebody who may have no account: wherever a column is called `person`, today and tomorrow."""
    for table in tables.METADATA.sorted_tables:
        if "person" in table.c:
            await _delete(connection, table, person, "person")


async def _swap_conversations(connection: AsyncConnection, account: str, remains: str) -> None:
    """The two of a conversation stand in the order of their ids."""
    table = direct_channel
    query = select(table).where(or_(table.c.first == account, table.c.second == account))
    for row in (await connection.execute(query)).all():
        first, second = sorted((remains, row.second if row.first == account else row.first))
        change = update(table).where(table.c.channel == row.channel)
        await connection.execute(change.values(first=first, second=second))


async def _swap_references(connection: AsyncConnection, account: str, remains: str) -> None:
    """Whatever else refers to the account, in tables of today and of tomorrow."""
    for table in tables.METADATA.sorted_tables:
        for key in table.foreign_keys:
            if key.column is tables.account.c.id:
                mine = update(table).where(key.parent == account)
                await connection.execute(mine.values({key.parent.name: remains}))


async def _untitle(connection: AsyncConnection, account: str) -> None:
    """A title is what the person wrote; it goes where nobody else sees it."""
    shared, document, folder, meeting = tables.shared_right.c, tables.document.c, tables.folder.c, tables.meeting.c

    def is_shared(kind: str, object: object) -> object:
        return exists().where(shared.object_kind == kind, shared.object == object, shared.subject != account)

    laid_out = exists().where(tables.meeting_document.c.document == document.id)
    own_document = and_(document.owner == account, ~laid_out, ~is_shared("document", document.id))  # type: ignore[operator]
    others_folder = exists().where(folder.id == document.folder, folder.owner != account)
    own_document = and_(own_document, ~others_folder, ~is_shared("folder", document.folder))  # type: ignore[operator]
    await connection.execute(update(tables.document).where(own_document).values(title=NOBODY))
    own_folder = and_(folder.owner == account, ~is_shared("folder", folder.id))  # type: ignore[operator]
    await connection.execute(update(tables.folder).where(own_folder).values(title=NOBODY))
    invited = exists().where(tables.invitation.c.meeting == meeting.id, tables.invitation.c.account != account)
    alone = and_(meeting.host == account, meeting.group_id.is_(None), ~invited)
    channels = select(meeting.channel).where(alone)  # of a meeting without a group: it is called as the meeting is
    await connection.execute(update(tables.channel).where(tables.channel.c.id.in_(channels)).values(title=NOBODY))
    await connection.execute(update(tables.meeting).where(alone).values(title=NOBODY))


async def _scrub_events(connection: AsyncConnection, school: str, account: str, remains: str) -> None:
    """An event keeps its number and tells nothing any more."""
    table = tables.school_event
    nothing: EventBody = SessionEnded(remains)
    told = table.c.body.contains(msgspec.json.encode(account).decode(), autoescape=True)
    await connection.execute(
        update(table).where(table.c.school == school, told).values(body=msgspec.json.encode(nothing).decode())
    )
