"""Direct messages: one channel for two, refusing somebody, the school's rules, and what people set for themselves."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, structs
from sqlalchemy import delete, func, or_, select, update

from sfu.codecs import VideoCodec
from web.errors import AccessDenied, Overloaded
from web.school import contact_tables, queries, tables
from web.school.contact_queries import personal_of, personal_row
from web.school.events import ContactBlocked, ContactUnblocked, DirectOpened, PersonalChanged, SchoolChanged
from web.school.model import Block, Channel, DirectPolicy, Personal, QuietHours, School
from web.school.store import Change, SchoolStore, new_id

CONVERSATIONS = 300  # of one person; each is heard by all their devices


class SchoolPatch(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays."""

    direct: DirectPolicy | UnsetType = UNSET
    direct_keep_days: int | UnsetType | None = UNSET
    time_zone: str | UnsetType = UNSET
    history_days: int | UnsetType | None = UNSET
    video_codec: VideoCodec | UnsetType | None = UNSET
    downlink_cap: int | UnsetType | None = UNSET


class PersonalPatch(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays."""

    away: bool | UnsetType = UNSET
    typing: bool | UnsetType = UNSET
    quiet: QuietHours | UnsetType | None = UNSET


async def do_open_direct(store: SchoolStore, school: str, one: str, other: str) -> Channel:
    """Return the one channel of two accounts, made by whoever asks first; raise Overloaded beyond CONVERSATIONS."""
    first, second = sorted((one, other))
    table = contact_tables.direct_channel
    async with store.change(school) as change:
        mine = select(table.c.channel).where(table.c.school == school, table.c.first == first, table.c.second == second)
        found = await queries.channels(change.connection, tables.channel.c.id.in_(mine))
        if found:
            return found[0]
        for account in (first, second):
            await _check_room(change, account)
        (of,) = await queries.schools(change.connection, tables.school.c.id == school)
        channel = Channel(new_id(), school, "", None, None, keep_days=of.direct_keep_days, people=(first, second))
        await change.insert(tables.channel, id=channel.id, title="", keep_days=channel.keep_days)
        await change.insert(table, channel=channel.id, first=first, second=second)
        await change.emit(DirectOpened(channel))
    return channel


async def do_block(store: SchoolStore, block: Block) -> None:
    """Take no more direct messages from somebody; a repeat changes nothing."""
    async with store.change(block.school) as change:
        table = contact_tables.contact_block
        where = (table.c.account == block.account, table.c.other == block.other)
        if (await change.connection.execute(select(table.c.other).where(*where))).first() is None:
            await change.insert(table, account=block.account, other=block.other)
            await change.emit(ContactBlocked(block))


async def do_unblock(store: SchoolStore, block: Block) -> None:
    """Take direct messages from somebody again; a repeat changes nothing."""
    async with store.change(block.school) as change:
        if await change.delete(contact_tables.contact_block, account=block.account, other=block.other):
            await change.emit(ContactUnblocked(block))


async def do_change_school(store: SchoolStore, school: str, patch: SchoolPatch) -> School:
    """Set who writes to whom, how long that and changes of documents are kept, the time zone, how pictures are sent."""
    async with store.change(school) as change:
        (before,) = await queries.schools(change.connection, tables.school.c.id == school)
        after = structs.replace(before, **_given(patch))
        row = {key: value for key, value in structs.asdict(after).items() if key not in ("id", "title")}
        table, channel, direct = tables.school, tables.channel, contact_tables.direct_channel
        await change.connection.execute(update(table).where(table.c.id == school).values(row))
        of_two = select(direct.c.channel).where(direct.c.school == school)
        kept = update(channel).where(channel.c.school == school, channel.c.id.in_(of_two))
        await change.connection.execute(kept.values(keep_days=after.direct_keep_days))
        await change.emit(SchoolChanged(after))
    return after


async def do_set_personal(store: SchoolStore, school: str, account: str, patch: PersonalPatch) -> Personal:
    """Set what an account shows of itself, and its quiet hours."""
    async with store.change(school) as change:
        table = contact_tables.personal
        found = await personal_of(change.connection, school, [account])
        if account not in found:
            raise AccessDenied()
        after = structs.replace(found[account], **_given(patch))
        await change.connection.execute(delete(table).where(table.c.account == account))
        await change.insert(table, **personal_row(after))
        await change.emit(PersonalChanged(after))
    return after


async def _check_room(change: Change, account: str) -> None:
    table = contact_tables.direct_channel.c
    mine = select(func.count()).where(
        table.school == change.school, or_(table.first == account, table.second == account)
    )
    if ((await change.connection.execute(mine)).scalar() or 0) >= CONVERSATIONS:
        raise Overloaded("too_many_conversations", f"one person has at most {CONVERSATIONS} conversations")


def _given(patch: SchoolPatch | PersonalPatch) -> dict[str, object]:
    return {key: getattr(patch, key) for key in patch.__struct_fields__ if getattr(patch, key) is not UNSET}
