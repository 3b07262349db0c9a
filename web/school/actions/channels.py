"""Channels: who may write in them, and how long they keep what was written."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, structs
from sqlalchemy import update

from web.errors import AccessDenied
from web.school import queries, tables
from web.school.events import ChannelChanged
from web.school.model import Channel, ChannelMode
from web.school.store import SchoolStore


class ChannelPatch(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays."""

    mode: ChannelMode | UnsetType = UNSET
    keep_days: int | UnsetType | None = UNSET


async def do_change_channel(store: SchoolStore, school: str, channel_id: str, patch: ChannelPatch) -> Channel:
    """Open, moderate or close a channel; keep its messages for so many days."""
    async with store.change(school) as change:
        table = tables.channel
        where = (table.c.id == channel_id, table.c.school == school)
        found = await queries.channels(change.connection, *where)
        if not found:
            raise AccessDenied()
        given = {key: value for key, value in structs.asdict(patch).items() if value is not UNSET}
        channel = structs.replace(found[0], **given)
        values = {"mode": channel.mode, "keep_days": channel.keep_days}
        await change.connection.execute(update(table).where(*where).values(values))
        await change.emit(ChannelChanged(channel))
    return channel
