"""Recordings that are kept: who may see them, downloading, letting go.

Laws: who leads the meeting sees all of its files, everybody else their own, and nobody else anything; each read asks
anew. Deleting deletes the file first and the row with it, at once. A recording that still runs is ended in its room
before anything of it is deleted here; who withdraws there has theirs erased there.
"""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from aiohttp import web
from msgspec import Struct

from web.downloads import disposition
from web.errors import AccessDenied, StateError
from web.recording_end import finish_recording
from web.routes.table import Call, Nothing, Route, endpoint
from web.school.access import DAY
from web.school.actions.recordings import Recorded, Track, do_delete_tracks, read_recordings
from web.school.model import STAFF, Meeting, Person
from web.services import Services

_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Vary": "Cookie",
}


class TrackView(Struct, frozen=True):
    """One file. `shows`: camera and microphone, or the screen and its sound; `mine`: it is of the caller.

    Times are milliseconds since 1970 of the server's clock, the same for all files of a recording.
    """

    file: int
    name: str
    mine: bool
    shows: Literal["camera", "screen"]
    started_at: int | None
    milliseconds: int | None
    bytes: int | None


class RecordingView(Struct, frozen=True):
    """`led`: the caller sees and may delete all of it. `ended_at` null: it still runs. `ended`: why it ended."""

    id: str
    meeting: str
    title: str
    started_at: int
    ended_at: int | None
    ended: str | None
    gaps: bool
    led: bool
    deleted_at: int
    tracks: list[TrackView]


class RecordingsView(Struct, frozen=True):
    """`days`: so long each is kept; 0: this server does not record."""

    days: int
    recordings: list[RecordingView]


async def read_list(call: Call[Nothing]) -> RecordingsView:
    """What the caller may see."""
    services, person = call.services, call.person
    await services.access.access_own_login(person)
    days = services.config.recording_days if services.recordings.offered else 0
    now = services.school.clock()
    meetings = {
        meeting.id: (meeting, grant.moderate)
        for meeting, grant in await services.access.meetings_of(person, now - (days + 7) * DAY, now + DAY)
    }
    found = []
    for recording in await read_recordings(services.school, person.school):
        meeting, moderates = meetings.get(recording.meeting, (None, False))
        led = _leads(person, recording, moderates)
        there = [track for track in recording.tracks if track.started_at is not None]
        tracks = [track for track in there if led or track.person == person.id]
        if tracks or (led and recording.ended_at is None):
            found.append(_view(recording, tracks, meeting, person, led=led, days=days))
    return RecordingsView(days, found)


async def download(call: Call[Nothing]) -> web.StreamResponse:
    """One file; a part of it, where the client asks for one."""
    recording, track, _ = await _access_track(call)
    path = call.services.recordings.path(recording.id, track.file)
    if track.bytes is None:
        raise AccessDenied()
    try:
        kind = await asyncio.to_thread(call.services.recordings.kind, recording.id, track.file)
    except OSError as error:
        raise AccessDenied() from error
    shows = "" if track.file % 2 == 0 else " (2)"
    name = disposition(f"{track.name}{shows}.{kind.suffix}", "attachment")
    return web.FileResponse(path, headers={**_HEADERS, "Content-Type": kind.type, "Content-Disposition": name})


async def delete(call: Call[Nothing]) -> None:
    """The whole recording; by who leads the meeting."""
    recording, led = await access_recording(call.services, call.person, call.id())
    if not led:
        raise AccessDenied()
    await _delete(call.services, recording, None)


async def delete_track(call: Call[Nothing]) -> None:
    """One file; by who leads the meeting, or by who is in it."""
    recording, track, _ = await _access_track(call)
    await _delete(call.services, recording, [track.file])


async def access_recording(services: Services, person: Person, id: str) -> tuple[Recorded, bool]:
    """Return the recording and whether the person sees all of it, to whoever sees any of it; AccessDenied."""
    await services.access.access_own_login(person)
    for recording in await read_recordings(services.school, person.school, id):
        moderates = False
        if person.role in STAFF and recording.leader != person.id:
            try:
                _, grant = await services.access.access_meeting(person, recording.meeting)
                moderates = grant.moderate
            except AccessDenied:
                pass
        led = _leads(person, recording, moderates)
        if led or any(track.person == person.id for track in recording.tracks):
            return recording, led
    raise AccessDenied()


async def _access_track(call: Call[Nothing]) -> tuple[Recorded, Track, bool]:
    recording, led = await access_recording(call.services, call.person, call.id())
    for track in recording.tracks:
        if str(track.file) == call.id("file") and (led or track.person == call.person.id):
            return recording, track, led
    raise AccessDenied()


async def _delete(services: Services, recording: Recorded, files: list[int] | None) -> None:
    if recording.ended_at is None:
        if await services.rooms.occupied(recording.meeting):
            raise StateError("recording_runs", "it still runs: end it first")
        await finish_recording(services.school, services.recordings, recording.id, "broken", services.school.clock())
    await asyncio.to_thread(services.recordings.delete, recording.id, files)
    await do_delete_tracks(services.school, recording.id, files)
    if not await read_recordings(services.school, id=recording.id):
        await asyncio.to_thread(services.recordings.delete, recording.id)


def _leads(person: Person, recording: Recorded, moderates: bool) -> bool:
    return person.ticket is None and person.role in STAFF and (moderates or recording.leader == person.id)


def _view(
    recording: Recorded, tracks: list[Track], meeting: Meeting | None, person: Person, *, led: bool, days: int
) -> RecordingView:
    return RecordingView(
        id=recording.id,
        meeting=recording.meeting,
        title=meeting.title if meeting is not None else "",
        started_at=recording.started_at,
        ended_at=recording.ended_at,
        ended=recording.reason,
        gaps=recording.gaps,
        led=led,
        deleted_at=recording.started_at + days * DAY,
        tracks=[
            TrackView(
                track.file, track.name, track.person == person.id, "screen" if track.file % 2 else "camera",
                track.started_at, track.milliseconds, track.bytes,
            )
            for track in tracks
        ],
    )  # fmt: skip


RECORDINGS: Final = "/api/v1/recordings"
ROUTES: tuple[Route, ...] = (
    endpoint("GET", RECORDINGS, read_list, "What was recorded of me, and what I led", response=RecordingsView),
    endpoint("DELETE", f"{RECORDINGS}/{{id}}", delete, "Delete a whole recording", status=204, errors=(404, 409)),
    endpoint("GET", f"{RECORDINGS}/{{id}}/{{file}}", download, "One person's file",
             gives=("video/webm", "video/x-matroska"), errors=(404, 416)),
    endpoint("DELETE", f"{RECORDINGS}/{{id}}/{{file}}", delete_track, "Delete one person's file", status=204,
             errors=(404, 409)),
)  # fmt: skip
