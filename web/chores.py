"""What one worker does for all, again and again: what is old goes, what has ended is told, documents are tended.

Laws: each chore is a task of its own, in no other's way, and ends with the server. A database that is away is told to
the log, and asked again at the next time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Final

from collab.errors import CollabError
from collab.history import History
from web.errors import WebError
from web.recording_sweep import sweep_recordings
from web.retention import forget_messages
from web.school.actions import do_end_expired_sessions
from web.school.demo import seed_demo
from web.school.keeping import HistoryDays
from web.services import Services
from web.uploads_sweep import sweep_uploads

DEMO_REFRESH_SECONDS: Final = 600.0
SESSIONS_SECONDS: Final = 60.0
FIRST_SWEEP_SECONDS: Final = 300.0  # a server that is on only in the mornings tends its documents, too
SWEEP_SECONDS: Final = 3600.0  # a look is cheap; each document is tended once a day
log = logging.getLogger(__name__)


def chores(services: Services, history: History) -> list[Coroutine[None, None, None]]:
    """Everything there is to do, to be run until it is cancelled."""
    demo = [_keep_demo_now(services)] if services.config.demo else []
    own = (_end_sessions(services), forget_messages(services), sweep_uploads(services), sweep_recordings(services))
    return [*own, _tend_documents(services, history), *demo]


async def _tend_documents(services: Services, history: History) -> None:
    """Compact documents that nobody opens, keep the days that have ended, let go what is too old."""
    keeping = HistoryDays(services.school, services.config.history_days)
    pause = FIRST_SWEEP_SECONDS
    while True:
        await asyncio.sleep(pause)
        pause = SWEEP_SECONDS
        sweep = asyncio.ensure_future(history.sweep(keeping))
        try:
            await asyncio.shield(sweep)  # no database call is cut in the middle
        except (CollabError, WebError) as error:
            log.warning("documents could not be tended now: %s", error.code)
        except asyncio.CancelledError:
            history.stop()
            await services.heavy.close()
            await asyncio.wait([sweep])
            raise


async def _keep_demo_now(services: Services) -> None:
    """Move the demo school's meetings along with the clock."""
    while True:
        await asyncio.sleep(DEMO_REFRESH_SECONDS)
        await seed_demo(services.school)
        await services.live.hasten()


async def _end_sessions(services: Services) -> None:
    """Tell what is open of logins and guest links whose time is over."""
    while True:
        await asyncio.sleep(SESSIONS_SECONDS)
        try:
            if await do_end_expired_sessions(services.school):
                await services.live.hasten()
        except WebError:
            log.warning("expired logins could not be ended now")
