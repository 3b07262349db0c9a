"""The gate to what groups write and work on: the seats of a person, and the meetings in which they are.

Laws: as in `access`, whose lists this adds to. Who asks for nothing of a group costs no query.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import structs

from collab.sqlite_reader import Reader
from web.school import queries, tables
from web.school.decide import Standing
from web.school.group_queries import Seat, rooms_by_document, seats_by_channel, seats_by_document
from web.school.group_rights import bounded, group_channel_rights, group_document_right
from web.school.model import Channel, ChannelRights, Meeting, Right


async def group_rights(
    connection: Reader, standing: Standing, channels: Iterable[Channel]
) -> list[tuple[Channel, ChannelRights]]:
    """Return those of these channels that are groups', with what the person may do there."""
    of_nobody = {channel.id: channel for channel in channels if _is_of_a_group(channel)}
    seats = await seats_by_channel(connection, standing.person, of_nobody) if of_nobody else {}
    meetings = await _meetings(connection, standing, {seat.meeting for seat in seats.values()})
    above = {meeting.channel for meeting in meetings.values()}
    modes = {one.id: one.mode for one in await queries.channels_named(connection, above)} if above else {}
    found = []
    for id_, seat in seats.items():
        meeting = meetings.get(seat.meeting)
        if meeting is not None and meeting.channel in modes:
            channel = bounded(of_nobody[id_], modes[meeting.channel])
            rights = group_channel_rights(standing, channel, meeting, seat)
            if rights is not None:
                found.append((channel, rights))
    return found


async def group_documents(connection: Reader, standing: Standing, documents: Sequence[str]) -> dict[str, Right]:
    """Return what the person may do with those of these documents that groups work on."""
    seats = await seats_by_document(connection, standing.person, documents) if documents else []
    return _in_documents(standing, seats, await _meetings(connection, standing, {seat.meeting for seat in seats}))


async def group_documents_for(
    connection: Reader, standings: Collection[Standing], documents: Collection[str]
) -> dict[Standing, dict[str, Right]]:
    """The same for each of these people."""
    rooms = await rooms_by_document(connection, documents)
    ids = {room.meeting for room, _ in rooms}
    found = await queries.meetings(connection, tables.meeting.c.id.in_(ids)) if ids else []
    meetings = {meeting.id: meeting for meeting in found}
    rights: dict[Standing, dict[str, Right]] = {}
    for standing in standings:
        seats = [structs.replace(room, seated=standing.person in seated) for room, seated in rooms]
        rights[standing] = _in_documents(standing, seats, meetings)
    return rights


def _in_documents(standing: Standing, seats: Iterable[Seat], meetings: Mapping[str, Meeting]) -> dict[str, Right]:
    rights: dict[str, Right] = {}
    for seat in seats:
        meeting = meetings.get(seat.meeting)
        right = None if meeting is None else group_document_right(standing, meeting, seat)
        if seat.document is not None and right is not None and rights.get(seat.document) != "write":
            rights[seat.document] = right
    return rights


def _is_of_a_group(channel: Channel) -> bool:
    return not (channel.meeting or channel.school_class or channel.learning_group or channel.people)


async def _meetings(connection: Reader, standing: Standing, ids: set[str]) -> dict[str, Meeting]:
    if not ids:
        return {}
    ours = tables.meeting.c.school == standing.school
    return {meeting.id: meeting for meeting in await queries.meetings(connection, ours, tables.meeting.c.id.in_(ids))}
