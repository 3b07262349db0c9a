"""Channels on the wire: what a connection asks of chat, checked against what it may, and how it is shown.

Laws: a right is looked up among those that were read for this connection and are kept up to date by the school's
events; while these cannot be followed nothing is written. A channel that somebody may not read does not exist. Where
messages wait for approval, only who approves can also edit: otherwise an edit would pass unseen. One's own message can
always be deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from collab.chat import Attachment, Change, Held, Message, NewMessage
from collab.chat_positions import Position
from collab.presence import Seen
from web import messages as wire
from web.connection import Sent
from web.direct import view_partner, why_closed
from web.errors import AccessDenied, ProtocolError
from web.school.model import Channel, ChannelRights, Person
from web.services import Services

CHANGES = 200
Channels = Mapping[str, tuple[Channel, ChannelRights]]


def send_chat(services: Services, person: Person, channels: Channels, message: wire.ChatSend) -> Sent:
    """Send a message; the future holds it once it is stored. Raises an error of any of the trees."""
    may = _writable(services, channels, message.channel)
    new = NewMessage(
        message.channel, person.id, person.name, person.role, message.text, message.client_id,
        message.reply_to, message.mentions, message.attachments,
    )  # fmt: skip
    if may.held:
        return asyncio.ensure_future(_hold(services, new))
    return services.chat.send(new)


async def _hold(services: Services, new: NewMessage) -> Change:
    change = await services.chat.changes.hold(new)
    await services.chat.tell(new.channel, change)
    return change


def build_sent(stored: Message | Change) -> bytes:
    """Return the ack of a stored message, as JSON."""
    if isinstance(stored, Message):
        return b'{"seq":%d,"at":%d,"held":false}' % (stored.seq, stored.at)
    return b'{"seq":0,"at":%d,"held":true}' % stored.item.at


async def answer_chat(services: Services, person: Person, channels: Channels, message: Struct) -> Struct:
    """Do what a chat request asks; raises an error of any of the trees."""
    chat = services.chat
    match message:
        case wire.ChatHistory(channel, after, limit, before):
            _rights(channels, channel)
            page = await chat.history(channel, after, limit, before)
            return wire.ChatPage([build_message(stored) for stored in page.messages], page.head, page.changed)
        case wire.ChatChanges(channel, after):
            _rights(channels, channel)
            changes = await chat.changes.after(channel, after, CHANGES)
            found = [build_message(change.item) for change in changes if isinstance(change.item, Message)]
            return wire.ChatChangeList(found, changes[-1].number if changes else after, len(changes) == CHANGES)
        case wire.ChatSearch(text, channel):
            if channel is not None:
                _rights(channels, channel)
            readable = [one for one, (_, may) in channels.items() if may.read and channel in (None, one)]
            return wire.ChatFound([build_message(stored) for stored in await chat.search.find(readable, text)])
        case wire.ChatWaiting(channel):
            may = _rights(channels, channel)
            waiting = await chat.changes.waiting(channel, None if may.moderate else person.id)
            return wire.ChatHeldList([build_held(held, 0) for held in waiting])
        case wire.ChatRead(channel, seq):
            _rights(channels, channel)
            await chat.positions.move(person.id, channel, seq)
            return wire.Done()
        case _:
            await _change(services, person, channels, message)
            return wire.Done()


async def _change(services: Services, person: Person, channels: Channels, message: Struct) -> None:
    chat = services.chat
    match message:
        case wire.ChatDelete(channel, seq):
            moderates = _rights(channels, channel).moderate
            services.live.require_fresh()
            await chat.tell(channel, await chat.changes.delete(channel, seq, None if moderates else person.id))
            await services.uploads.store.collect()
        case wire.ChatEdit(channel, seq, text, mentions):
            if _writable(services, channels, channel).held:
                raise AccessDenied("not_allowed", "messages are approved here: write a new one")
            await chat.tell(channel, await chat.changes.edit(channel, seq, person.id, text, mentions))
        case wire.ChatReact(channel, seq, sign, given):
            _writable(services, channels, channel)
            await chat.tell(channel, await chat.changes.react(channel, seq, person.id, sign, given))
        case wire.ChatDecide(channel, held, approve):
            if not _rights(channels, channel).moderate:
                raise AccessDenied("not_allowed", "only who leads the channel can decide")
            services.live.require_fresh()
            change, approved = await chat.changes.decide(channel, held, approve)
            await chat.tell(channel, change, approved)
            if not approve:
                await services.uploads.store.collect()
        case _:
            raise ProtocolError("bad_message", "chat does not know this event")


def build_message(stored: Message) -> wire.ChatMessage:
    """Show a message."""
    return wire.ChatMessage(
        channel=stored.channel,
        seq=stored.seq,
        client_id=stored.client_id,
        author=wire.Author(stored.author, stored.name, stored.role),
        text=stored.text,
        at=stored.at,
        deleted=stored.deleted,
        edited=stored.edited,
        reply_to=stored.reply_to,
        mentions=stored.mentions,
        reactions=[wire.Reaction(sign, people) for sign, people in stored.reactions.items()],  # type: ignore[arg-type]
        attachments=_build_files(stored.attachments),
    )


def build_held(held: Held, change: int) -> wire.ChatHeld:
    """Show a message that waits or was decided."""
    author = wire.Author(held.author, held.name, held.role)
    return wire.ChatHeld(
        held.channel, held.id, held.client_id, author, held.text, held.at, held.status, change,
        _build_files(held.attachments),
    )  # fmt: skip


def _build_files(files: Sequence[Attachment]) -> list[wire.ChatAttachment]:
    return [
        wire.ChatAttachment(file.id, file.name, file.type, file.size, file.width, file.height, file.thumbnail)
        for file in files
    ]


def view_channels(
    rights: Iterable[tuple[Channel, ChannelRights]], positions: Mapping[str, Position]
) -> list[wire.ChannelView]:
    """Show the channels that somebody may read."""
    return [_view_channel(channel, may, positions[channel.id]) for channel, may in rights if may.read]


def _view_channel(channel: Channel, may: ChannelRights, place: Position) -> wire.ChannelView:
    return wire.ChannelView(
        channel.id, channel.title, may.read, may.write, may.moderate, channel.mode, may.held, place.read, place.unread,
        channel.keep_days, place.head, place.at, view_partner(may.partner),
    )  # fmt: skip


def view_seen(people: Sequence[Seen]) -> list[wire.PresencePerson]:
    """Show who is here."""
    return [
        wire.PresencePerson(
            seen.person.id, seen.person.name, seen.person.role, seen.status,
            seen.person.until if seen.status == "quiet" else None,
        )
        for seen in people
    ]  # fmt: skip


def _writable(services: Services, channels: Channels, channel: str) -> ChannelRights:
    may = _rights(channels, channel)
    if not may.write:
        raise AccessDenied("not_allowed", why_closed(may))
    services.live.require_fresh()
    return may


def _rights(channels: Channels, channel: str) -> ChannelRights:
    found = channels.get(channel)
    if found is None or not found[1].read:
        raise AccessDenied(text="there is no such channel")
    return found[1]
