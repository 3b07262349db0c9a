"""The chore that lets go of files nobody needs any more.

Laws: what hangs on a message goes with it; what was sent and never used goes after a day, and so does a picture that
neither a document nor its past names. One worker does it for all, once an hour; what fails is done at the next turn,
and so is a document that somebody writes in while it is searched.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from collab.errors import CollabError
from collab.upload_store import DAY
from collab.upload_use import find_unused
from web.errors import WebError
from web.services import Services

SECONDS: Final = 3600.0
log = logging.getLogger(__name__)


async def sweep_uploads(services: Services) -> None:
    """Do so from now on, for ever."""
    while True:
        turn = asyncio.ensure_future(sweep_once(services, services.school.clock()))
        try:
            await asyncio.shield(turn)  # no database call is cut in the middle
        except (CollabError, WebError, OSError) as error:
            log.warning("unused files could not be let go now: %s", getattr(error, "code", type(error).__name__))
        except asyncio.CancelledError:
            await asyncio.wait({turn})
            raise
        await asyncio.sleep(SECONDS)


async def sweep_once(services: Services, now: int) -> None:
    """Let go of what is not needed at a time (milliseconds since 1970)."""
    store = services.uploads.store
    before = now - DAY * 1000
    for document in await store.documents(before):
        old = [upload for upload in await store.of_document(document) if upload.reference.at < before]
        found = await find_unused(store.database, document, {upload.content.hash for upload in old})
        await store.remove_unused(old, found, before)
    await services.uploads.sweep(now)
