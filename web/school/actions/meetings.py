"""Meetings: planning them, who else belongs, and whom moderators let in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType, structs
from sqlalchemy import func, select, update

from web.errors import AccessDenied, StateError
from web.school import queries, tables
from web.school.events import (
    AdmissionForgotten,
    AdmissionSet,
    ChannelChanged,
    GuestLinkCreated,
    GuestLinkRevoked,
    InvitationAdded,
    InvitationRemoved,
    MeetingChanged,
    MeetingCreated,
    Touched,
)
from web.school.group_queries import plan_of
from web.school.model import STAFF, Admitted, Channel, GuestLink, Invitation, Meeting
from web.school.store import Change, SchoolStore

MOST_GUEST_LINKS = 200  # open at a time, of one meeting
MOST_INVITED = 200  # to one meeting, beside its class or the staff


class MeetingPatch(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays. `moved_from` follows by itself from a new start."""

    title: str | UnsetType = UNSET
    starts_at: int | UnsetType = UNSET
    ends_at: int | UnsetType = UNSET
    documents: tuple[str, ...] | UnsetType = UNSET
    lobby: bool | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    encrypted: bool | UnsetType = UNSET
    private_cameras: bool | UnsetType = UNSET
    cancelled: bool | UnsetType = UNSET
    ended: bool | UnsetType = UNSET
    moved_from: int | UnsetType | None = UNSET


async def do_create_meeting(store: SchoolStore, meeting: Meeting, invited: Sequence[str] = ()) -> Meeting:
    """Plan a meeting and invite accounts to it.

    A lesson of a group talks in the group's channel, every other meeting gets `meeting.channel` for itself.
    """
    _check_times(meeting)
    async with store.change(meeting.school) as change:
        await _check_host(change, meeting.host)
        channel = await _group_channel(change, meeting) if meeting.kind == "lesson" and meeting.group else None
        own = None if channel else Channel(meeting.channel, meeting.school, meeting.title, meeting.id, None)
        if own is not None:
            await change.insert(tables.channel, id=own.id, title=own.title)
        planned = structs.replace(meeting, channel=channel or meeting.channel)
        await change.insert(tables.meeting, **_row(planned))
        await _lay_out(change, planned)
        await change.emit(MeetingCreated(planned, own))
        for account in dict.fromkeys(invited):
            await _invite(change, Invitation(meeting.school, meeting.id, account))
    return planned


async def do_change_meeting(store: SchoolStore, school: str, meeting_id: str, patch: MeetingPatch) -> Meeting:
    """Rename (with a channel of its own), move, call off, lock, open the lobby, lay out other documents."""
    async with store.change(school) as change:
        table = tables.meeting
        where = (table.c.id == meeting_id, table.c.school == school)
        found = await queries.meetings(change.connection, *where)
        if not found:
            raise AccessDenied()
        given = {key: value for key, value in structs.asdict(patch).items() if value is not UNSET}
        meeting = structs.replace(found[0], **given)
        if patch.moved_from is UNSET:
            meeting = _moved(found[0], meeting)
        _check_times(meeting)
        await change.connection.execute(update(table).where(*where).values(_row(meeting)))
        if meeting.documents != found[0].documents:
            await change.delete(tables.meeting_document, meeting=meeting_id)
            await _lay_out(change, meeting)
        await change.emit(MeetingChanged(meeting, await _touched(change, found[0], meeting)))
        if meeting.title != found[0].title:
            await _rename_channel(change, meeting)
    return meeting


async def do_invite(store: SchoolStore, invitation: Invitation) -> Invitation:
    """Make an account belong to a meeting. Raise StateError when it is invited already, or too many are."""
    async with store.change(invitation.school) as change:
        query = select(func.count()).where(tables.invitation.c.meeting == invitation.meeting)
        if (await change.connection.execute(query)).scalar_one() >= MOST_INVITED:
            raise StateError("too_many", f"at most {MOST_INVITED} people are invited to a meeting")
        await _invite(change, invitation)
    return invitation


async def do_uninvite(store: SchoolStore, invitation: Invitation) -> None:
    """Take an invitation back."""
    async with store.change(invitation.school) as change:
        if not await change.delete(tables.invitation, meeting=invitation.meeting, account=invitation.account):
            raise AccessDenied()
        await change.emit(InvitationRemoved(invitation))


async def do_admit(store: SchoolStore, meeting: Meeting, person: str) -> None:
    """Let somebody in who waits; it holds for the meeting, also after a reload."""
    word = Admitted(meeting.school, meeting.id, person)
    async with store.change(meeting.school) as change:
        await change.delete(tables.admission, meeting=meeting.id, person=person)
        await change.insert(tables.admission, meeting=meeting.id, person=person, admitted=word.admitted)
        await change.emit(AdmissionSet(word))


async def do_forget_admission(store: SchoolStore, meeting: Meeting, person: str) -> None:
    """Take back that somebody was let in: the grant table alone holds again."""
    async with store.change(meeting.school) as change:
        await change.delete(tables.admission, meeting=meeting.id, person=person)
        await change.emit(AdmissionForgotten(meeting.id, person))


async def do_create_guest_link(store: SchoolStore, link: GuestLink, token_hash: str) -> GuestLink:
    """Open a door for guests; only the token's hash is kept. Raise StateError when the meeting has too many."""
    async with store.change(link.school) as change:
        table = tables.guest_link.c
        query = select(func.count()).where(
            table.meeting == link.meeting, table.revoked.is_(False), table.expires_at > change.at
        )
        if (await change.connection.execute(query)).scalar_one() >= MOST_GUEST_LINKS:
            raise StateError("too_many", f"a meeting has at most {MOST_GUEST_LINKS} open guest links")
        row = {key: value for key, value in structs.asdict(link).items() if key != "school"}
        await change.insert(tables.guest_link, token_hash=token_hash, **row)
        await change.emit(GuestLinkCreated(link))
    return link


async def do_revoke_guest_link(store: SchoolStore, school: str, link_id: str) -> GuestLink:
    """Close a guests' door; whoever came through it is out."""
    async with store.change(school) as change:
        table = tables.guest_link
        where = (table.c.id == link_id, table.c.school == school)
        await change.connection.execute(update(table).where(*where).values(revoked=True))
        await change.delete(tables.login_session, guest_link=link_id)
        for link in await queries.guest_links(change.connection, *where):
            await change.emit(GuestLinkRevoked(link))
            return link
    raise AccessDenied()


async def _invite(change: Change, invitation: Invitation) -> None:
    await change.insert(tables.invitation, meeting=invitation.meeting, account=invitation.account)
    await change.emit(InvitationAdded(invitation))


def _row(meeting: Meeting) -> dict[str, object]:
    return {
        "id": meeting.id,
        "kind": meeting.kind,
        "title": meeting.title,
        "host": meeting.host,
        "group_id": meeting.group,
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "channel": meeting.channel,
        "lobby": meeting.lobby,
        "locked": meeting.locked,
        "encrypted": meeting.encrypted,
        "private_cameras": meeting.private_cameras,
        "cancelled": meeting.cancelled,
        "moved_from": meeting.moved_from,
        "ended": meeting.ended,
    }


async def _touched(change: Change, before: Meeting, after: Meeting) -> Touched:
    """A lobby decides who comes in; times, until when the channel is listed."""
    if before.lobby == after.lobby:
        times = (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at)
        return Touched(times, tuple(sorted({*before.documents} ^ {*after.documents})))
    plan = await plan_of(change.connection, after.id)
    in_groups = {room.document for room in plan.rooms if room.document is not None} if plan is not None else set()
    return Touched(True, tuple(sorted({*before.documents, *after.documents, *in_groups})))


def _moved(before: Meeting, after: Meeting) -> Meeting:
    """Keep when it was first to begin; a meeting that is back at its old time was never moved."""
    if after.starts_at == before.starts_at:
        return after
    first = before.starts_at if before.moved_from is None else before.moved_from
    return structs.replace(after, moved_from=None if after.starts_at == first else first)


async def _rename_channel(change: Change, meeting: Meeting) -> None:
    table = tables.channel
    for channel in await queries.channels(change.connection, table.c.id == meeting.channel):
        if channel.meeting == meeting.id:
            await change.connection.execute(
                update(table)
                .where(table.c.id == channel.id, table.c.school == meeting.school)
                .values(title=meeting.title)
            )
            await change.emit(ChannelChanged(structs.replace(channel, title=meeting.title)))


def _check_times(meeting: Meeting) -> None:
    if not 0 <= meeting.starts_at < meeting.ends_at:
        raise StateError("wrong_times", "a meeting ends after it starts")


async def _check_host(change: Change, host: str) -> None:
    table = tables.account.c
    query = select(table.role).where(table.id == host, table.school == change.school)
    if (await change.connection.execute(query)).scalar() not in STAFF:
        raise StateError("wrong_role", "teachers and heads hold meetings")


async def _group_channel(change: Change, meeting: Meeting) -> str:
    table = tables.study_group.c
    query = select(table.channel).where(table.id == meeting.group, table.school == meeting.school)
    channel: str | None = (await change.connection.execute(query)).scalar()
    if channel is None:
        raise AccessDenied()
    return channel


async def _lay_out(change: Change, meeting: Meeting) -> None:
    for position, document in enumerate(meeting.documents):
        await change.insert(tables.meeting_document, meeting=meeting.id, document=document, position=position)
