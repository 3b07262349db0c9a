"""The chore that lets go of recordings whose time is over, and ends those whose worker died.

Laws: a file goes before its row, so nothing that was deleted is kept; a folder that no row knows goes as well. One
worker does it for all, once an hour; what fails is done at the next turn.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from web.errors import WebError
from web.recording_end import finish_recording
from web.school.access import DAY
from web.school.actions.recordings import do_delete_tracks, do_end_recording, read_recordings
from web.services import Services

SECONDS: Final = 3600.0
STRAY_SECONDS: Final = 3600.0
log = logging.getLogger(__name__)


async def sweep_recordings(services: Services) -> None:
    """Do so from now on, for ever."""
    while True:
        turn = asyncio.ensure_future(sweep_once(services, services.school.clock()))
        try:
            await asyncio.shield(turn)  # no database call is cut in the middle
        except (WebError, OSError) as error:
            log.warning("old recordings could not be let go now: %s", getattr(error, "code", type(error).__name__))
        except asyncio.CancelledError:
            await asyncio.wait({turn})
            raise
        await asyncio.sleep(SECONDS)


async def _is_over(services: Services, meeting: str) -> bool:
    """Whether nobody is in the room; what nobody can tell now is told at the next turn."""
    try:
        return not await services.rooms.occupied(meeting)
    except WebError:
        return False


async def sweep_once(services: Services, now: int) -> None:
    """Let go of what is too old at a time (milliseconds since 1970), and end what nobody will end."""
    if not services.recordings.offered and services.config.recording_days:
        return  # they lie elsewhere
    before = now - services.config.recording_days * DAY
    files, store = services.recordings, services.school
    known = []
    for recording in await read_recordings(store):
        if recording.ended_at is None and await _is_over(services, recording.meeting):
            await finish_recording(store, files, recording.id, "broken", now)
        elif recording.ended_at is not None:
            await asyncio.to_thread(files.delete_others, recording.id, [track.file for track in recording.tracks])
        if recording.started_at < before and recording.ended_at is not None:
            await asyncio.to_thread(files.delete, recording.id)
            await do_delete_tracks(store, recording.id)
            await do_end_recording(store, recording.id, now, "ended")
        else:
            known.append(recording.id)
    for stray in await asyncio.to_thread(files.strays, known, now / 1000 - STRAY_SECONDS):
        await asyncio.to_thread(files.delete, stray)
