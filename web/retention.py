"""The chore that lets go of messages older than their channel keeps them.

Laws: who leads a channel decides how long it keeps messages; without a word of theirs it keeps them. One worker does it
for all, once an hour; a channel that cannot be tended now is tended at the next turn.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from collab.errors import CollabError
from web.errors import WebError
from web.school import queries, tables
from web.school.access import DAY
from web.services import Services
from web.signals import Forgotten

SECONDS: Final = 3600.0
log = logging.getLogger(__name__)


async def forget_messages(services: Services) -> None:
    """Do so from now on, for ever."""
    while True:
        turn = asyncio.ensure_future(forget_once(services, services.school.clock()))
        try:
            await asyncio.shield(turn)  # no database call is cut in the middle
        except (CollabError, WebError) as error:
            log.warning("old messages could not be let go now: %s", error.code)
        except asyncio.CancelledError:
            await asyncio.wait({turn})
            raise
        await asyncio.sleep(SECONDS)


async def forget_once(services: Services, now: int) -> int:
    """Let go of what is too old at a time (milliseconds since 1970); return how many messages went."""
    async with services.school.read() as connection:
        channels = await queries.channels(connection, tables.channel.c.keep_days.is_not(None))
    gone = 0
    for channel in channels:
        if channel.keep_days is not None:
            went = await services.chat.retention.forget(channel.id, now - channel.keep_days * DAY)
            if went:  # also from the screens where it stands
                await services.signals.tell(Forgotten(channel.id, await services.chat.retention.first(channel.id)))
            gone += went
    if gone:
        await services.uploads.store.collect()
    return gone
