"""The gate: every object of a school reaches the rest of the program through here.

Laws: `access_*` reads the person's standing anew, lets `decide` decide, and returns the object with what may be
done, or raises. Forbidden and absent raise the same AccessDenied ("not_found"); "forbidden" is only for what the
person can see anyway. Lists hold exactly what the single access would let through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import ColumnElement, or_, select

from collab.sqlite_reader import Reader
from web.errors import AccessDenied
from web.school import queries, tables
from web.school.actions import do_create_scratch
from web.school.candidates import document_candidates, shared_with, titled
from web.school.contact_queries import directs_of
from web.school.decide import (
    Standing,
    channel_rights,
    folder_right,
    is_of_own_group,
    meeting_grant,
)
from web.school.direct import direct_rights
from web.school.document_rights import Asked, Opened, document_rights, rights_of_many
from web.school.group_access import group_rights
from web.school.group_queries import group_channels
from web.school.meeting_queries import documents_between, meetings_between, meetings_using
from web.school.model import (
    STAFF,
    Channel,
    ChannelRights,
    DocumentInfo,
    Folder,
    Grant,
    Group,
    Meeting,
    Person,
    Right,
)
from web.school.standing import read_standing
from web.school.standings import read_standings
from web.school.store import SchoolStore

SCRATCH = "scratch-"
DAY = 24 * 3600 * 1000
HEARD_AFTER_END = 14 * DAY  # a meeting's own channel is listed this long after its end
_ALIVE = tables.study_group.c.dissolved.is_(False)


def forbidden(text: str) -> AccessDenied:
    """An AccessDenied about something that the person can see."""
    return AccessDenied("forbidden", text)


class SchoolAccess:
    """Who may reach what, asked of one store."""

    def __init__(self, store: SchoolStore) -> None:
        self._store = store

    @asynccontextmanager
    async def _standing(self, person: Person) -> AsyncIterator[tuple[Reader, Standing]]:
        async with self._store.read() as connection:
            yield connection, await read_standing(connection, person, self._store.clock())

    async def access_school(self, person: Person) -> Standing:
        """Return the person's standing; raise AccessDenied when they no longer belong to the school."""
        async with self._standing(person) as (_, standing):
            return standing

    async def access_administration(self, person: Person) -> Standing:
        """Let in whoever runs the school's accounts and classes: head and school_admin."""
        return _require(await self.access_school(person), {"head", "school_admin"})

    async def access_own_login(self, person: Person) -> Standing:
        """Let in whoever came with an account of their own, not with a ticket or as a guest."""
        return _require(await self.access_school(person), {"teacher", "pupil", "guardian", "head", "school_admin"})

    async def access_own_content(self, person: Person) -> Standing:
        """Let in whoever may have folders and documents of their own: everybody but administration and guests."""
        return _require(await self.access_school(person), {"teacher", "pupil", "guardian", "head"})

    async def access_meeting(self, person: Person, meeting_id: str) -> tuple[Meeting, Grant]:
        """Return the meeting and what the person may do there; `admission` is "yes" or "lobby"."""
        async with self._standing(person) as (connection, standing):
            meeting = await queries.meeting(connection, meeting_id)
        if meeting is not None and (grant := meeting_grant(standing, meeting)).admission != "no":
            return meeting, grant
        raise AccessDenied()

    async def access_meeting_for(
        self, people: Collection[Person], id_: str
    ) -> tuple[Meeting | None, dict[Person, Grant]]:
        """Say of many people at once what `access_meeting` says of one; who is denied is missing."""
        async with self._store.read() as connection:
            meeting = await queries.meeting(connection, id_)
            if meeting is None:
                return None, {}
            standings = await read_standings(connection, people, self._store.clock())
        grants = {person: meeting_grant(standing, meeting) for person, standing in standings.items()}
        return meeting, {person: grant for person, grant in grants.items() if grant.admission != "no"}

    async def access_meeting_to_run(self, person: Person, meeting_id: str) -> Meeting:
        """Return the meeting to somebody who moderates it."""
        meeting, grant = await self.access_meeting(person, meeting_id)
        if not grant.moderate:
            raise forbidden("only who runs the meeting may do this")
        return meeting

    async def access_new_meeting(self, person: Person, kind: str, group_id: str | None) -> None:
        """Let staff plan a meeting: of a group they teach; of the whole staff only the head."""
        standing = _require(await self.access_school(person), STAFF)
        if group_id is not None:
            group = await self.access_group(person, group_id)
            if standing.role != "head" and group.id not in standing.groups:
                raise AccessDenied()
        elif kind == "conference" and standing.role != "head":
            raise forbidden("a conference of the whole staff is called by the head")

    async def meetings_of(self, person: Person, since: int, until: int) -> list[tuple[Meeting, Grant]]:
        """Return the person's meetings that touch the time from `since` to `until`, by time."""
        return (await self.plan_of(person, since, until))[0]

    async def plan_of(self, person: Person, since: int, until: int) -> tuple[list[tuple[Meeting, Grant]], int]:
        """Return the same, and until when it is complete: earlier than asked where there are very many."""
        async with self._standing(person) as (connection, standing):
            found = await meetings_between(connection, standing, since, until)
        complete = until if len(found) < queries.PAGE else found[-1].starts_at
        return _granted(standing, found), complete

    async def access_document(self, person: Person, document_id: str) -> tuple[DocumentInfo, Right]:
        """Return the document and the person's right; in demo a scratch document appears on first use."""
        async with self._standing(person) as (connection, standing):
            found = await queries.documents(connection, tables.document.c.id == document_id)
            rights = await document_rights(connection, standing, found)
        for document, right in rights:
            return document, right
        if not found and self._makes_scratch(person, document_id):
            return await do_create_scratch(self._store, person.school, document_id), "write"
        raise AccessDenied()

    async def access_documents(self, asked: Collection[Asked]) -> dict[Asked, Opened]:
        """Say of many people at once what `access_document` says of one; who may not open theirs is missing."""
        async with self._store.read() as connection:
            standings = await read_standings(connection, {person for person, _ in asked}, self._store.clock())
            return await rights_of_many(connection, standings, asked)

    def _makes_scratch(self, person: Person, document_id: str) -> bool:
        ticket = person.ticket
        named = ticket is not None and ticket.document == document_id and ticket.right == "write"
        return self._store.demo and named and document_id.startswith(SCRATCH)

    async def access_document_to_rename(self, person: Person, document_id: str) -> DocumentInfo:
        """Return the document to its owner, or to staff who may write it: a class does not rename what it works on."""
        document, right = await self.access_document(person, document_id)
        if right != "write" or (document.owner != person.id and person.role not in STAFF):
            raise forbidden("only the owner and teachers who may write it rename a document")
        return document

    async def access_document_to_write(self, person: Person, document_id: str) -> DocumentInfo:
        """Return the document to somebody who may write it."""
        document, right = await self.access_document(person, document_id)
        if right != "write":
            raise forbidden("this document may only be read")
        return document

    async def access_document_to_erase(self, person: Person, document_id: str) -> DocumentInfo:
        """Return the document to its owner, or to who leads a meeting in which it is laid out."""
        document, _ = await self.access_document(person, document_id)
        if person.ticket is None and document.owner == person.id:
            return document
        placed = select(tables.meeting_document.c.meeting).where(tables.meeting_document.c.document == document_id)
        async with self._standing(person) as (connection, standing):
            found = await queries.meetings(connection, tables.meeting.c.id.in_(placed))
        if not any(meeting_grant(standing, meeting).moderate for meeting in found):
            raise forbidden("only the owner and who leads a meeting with it erases from a document")
        return document

    async def access_document_to_share(self, person: Person, document_id: str) -> DocumentInfo:
        """Return the document to its owner."""
        document, _ = await self.access_document(person, document_id)
        if person.ticket is not None or document.owner != person.id:
            raise forbidden("only the owner decides who sees a document")
        return document

    async def documents_of(
        self, person: Person, text: str = "", skip: int = 0
    ) -> tuple[list[tuple[DocumentInfo, Right]], int | None]:
        """Return a page of the documents the person can open (own, shared, laid out in current meetings), and the next.

        Each word of `text` is a part of the title.
        """
        now = self._store.clock()
        async with self._standing(person) as (connection, standing):
            since, until = now - HEARD_AFTER_END, now + HEARD_AFTER_END
            laid_out = await documents_between(connection, standing, since, until)
            where = (document_candidates(standing, laid_out), *titled(text))
            found = await queries.documents(connection, *where, skip=skip)
            following = skip + len(found) if len(found) == queries.PAGE else None
            return await document_rights(connection, standing, found), following

    async def access_folder(self, person: Person, folder_id: str) -> tuple[Folder, Right]:
        """Return the folder and the person's right on everything in it."""
        async with self._standing(person) as (connection, standing):
            for folder, right in await _folders(connection, standing, tables.folder.c.id == folder_id):
                return folder, right
        raise AccessDenied()

    async def access_folder_to_share(self, person: Person, folder_id: str) -> Folder:
        """Return the folder to its owner."""
        folder, _ = await self.access_folder(person, folder_id)
        if folder.owner != person.id:
            raise forbidden("only the owner decides who sees a folder")
        return folder

    async def folders_of(self, person: Person) -> list[tuple[Folder, Right]]:
        """Return the person's folders, own and shared."""
        async with self._standing(person) as (connection, standing):
            mine = or_(tables.folder.c.owner == standing.person, shared_with(standing, "folder", tables.folder.c.id))
            return await _folders(connection, standing, mine)

    async def access_channel(self, person: Person, channel_id: str) -> tuple[Channel, ChannelRights]:
        """Return the channel and what the person may do in it."""
        async with self._standing(person) as (connection, standing):
            for found in await _channels(connection, standing, [channel_id]):
                return found
        raise AccessDenied()

    async def access_channel_to_lead(self, person: Person, channel_id: str) -> Channel:
        """Return the channel to somebody who moderates it."""
        channel, may = await self.access_channel(person, channel_id)
        if not may.moderate:
            raise forbidden("only who leads the channel may do this")
        return channel

    async def channels_of(self, person: Person) -> list[tuple[Channel, ChannelRights]]:
        """Return the channels that the person hears."""
        now = self._store.clock()
        async with self._standing(person) as (connection, standing):
            heard = await _meetings(connection, standing, now - HEARD_AFTER_END, None, documents=False)
            ids = {meeting.channel for meeting, grant in heard if grant.admission == "yes" and grant.chat}
            led = [meeting.id for meeting, grant in heard if grant.moderate]
            ids |= await group_channels(connection, person.id, led)
            if standing.groups:
                groups = await queries.groups(connection, tables.study_group.c.id.in_(standing.groups))
                ids.update(group.channel for group in groups)
            if standing.scope is None:
                ids.update(await directs_of(connection, standing.school, standing.person))
            return await _channels(connection, standing, ids)

    async def access_group(self, person: Person, group_id: str) -> Group:
        """Return a class or learning group to its members, the head and the administration."""
        async with self._standing(person) as (connection, standing):
            found = await queries.groups(connection, tables.study_group.c.id == group_id, _ALIVE)
        for group in found:
            if group.school == standing.school and (group.id in standing.own_groups or standing.sees_all_groups):
                return group
        raise AccessDenied()

    async def groups_of(self, person: Person) -> list[Group]:
        """Return the classes and learning groups that the person can look at."""
        async with self._standing(person) as (connection, standing):
            own = tables.study_group.c.school == standing.school
            if standing.sees_all_groups:
                return await queries.groups(connection, own, _ALIVE)
            return await queries.groups(connection, own, tables.study_group.c.id.in_(standing.own_groups))


def _require(standing: Standing, roles: Collection[str]) -> Standing:
    if standing.scope is not None or standing.role not in roles:
        raise forbidden("your role does not include this")
    return standing


async def _meetings(
    connection: Reader, standing: Standing, since: int, until: int | None, *, documents: bool = True
) -> list[tuple[Meeting, Grant]]:
    return _granted(standing, await meetings_between(connection, standing, since, until, documents=documents))


def _granted(standing: Standing, found: Iterable[Meeting]) -> list[tuple[Meeting, Grant]]:
    grants = [(meeting, meeting_grant(standing, meeting)) for meeting in found]
    return [(meeting, grant) for meeting, grant in grants if grant.admission != "no"]


async def _folders(connection: Reader, standing: Standing, where: ColumnElement[bool]) -> list[tuple[Folder, Right]]:
    found = await queries.folders(connection, where)
    shared = await queries.shares(connection, "folder", [folder.id for folder in found])
    rights = [(folder, folder_right(standing, folder, shared[folder.id])) for folder in found]
    return [(folder, right) for folder, right in rights if right is not None]


async def _channels(
    connection: Reader, standing: Standing, ids: Collection[str]
) -> list[tuple[Channel, ChannelRights]]:
    found = await queries.channels_named(connection, ids)
    asked = [channel.id for channel in found if not channel.people and not is_of_own_group(standing, channel)]
    meetings = await meetings_using(connection, standing, asked) if asked else []
    rights = [(channel, channel_rights(standing, channel, meetings)) for channel in found if not channel.people]
    of_two = await direct_rights(connection, standing, [channel for channel in found if channel.people])
    of_groups = await group_rights(connection, standing, found)
    return [*((channel, may) for channel, may in rights if may is not None), *of_two, *of_groups]
