"""The end of a recording whose writer is gone: what there is of it is written down, and it runs no longer.

Laws: only what lies on the disk is written down; a recording without a file never was. Who calls this knows that nobody
else writes these rows: the room that recorded, the room that begins anew after its worker was lost, or whoever has seen
that the room is empty. So nobody has to wait before what was recorded of them can be fetched and deleted.
"""

from __future__ import annotations

import asyncio

from web.recording_files import RecordingFiles
from web.school.actions import recordings as rows
from web.school.model import Meeting
from web.school.store import SchoolStore


async def finish_recording(store: SchoolStore, files: RecordingFiles, id: str, reason: str, at: int) -> None:
    """Write down the end of a recording whose process is gone; without a file it never was."""
    for recording in await rows.read_recordings(store, id=id):
        for track in recording.tracks:
            written = await asyncio.to_thread(files.written, id, track.file)
            if track.bytes is None and written is not None:
                began = track.agreed_at if track.started_at is None else track.started_at  # lost with its worker
                await rows.do_note_file(
                    store, id, track.file, started_at=began, bytes=written[0], milliseconds=max(0, written[1] - began)
                )
    await rows.do_end_recording(store, id, at, reason)
    if not await rows.read_recordings(store, id=id):
        await asyncio.to_thread(files.delete, id)


async def finish_abandoned(store: SchoolStore, files: RecordingFiles, meeting: Meeting, at: int) -> None:
    """The room begins anew: what a lost worker recorded in it ended with that worker."""
    if not files.offered:
        return  # they lie elsewhere
    for recording in await rows.read_recordings(store, meeting.school, meeting=meeting.id):
        if recording.ended_at is None:
            await finish_recording(store, files, recording.id, "broken", at)
