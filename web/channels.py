"""Channels on the wire: what a connection asks of chat, checked against what it may, and how it is shown.

Laws: a right is looked up among those that were read for this connection and are kept up to date by the school's
events; while these cannot be followed nothing is written. A channel that somebody may not read does not exist.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from collab.chat import Message, NewMessage
from collab.presence import Seen
from web import messages as wire
from web.errors import AccessDenied, ProtocolError
from web.school.model import Channel, ChannelRights, Person
from web.services import Services

Channels = Mapping[str, tuple[Channel, ChannelRights]]


def send_chat(
    services: Services, person: Person, channels: Channels, message: wire.ChatSend
) -> asyncio.Future[Message]:
    """Send a message; the future holds it once it is stored. Raises an error of any of the trees."""
    if not _rights(channels, message.channel).write:
        raise AccessDenied("not_allowed", "you cannot write here")
    services.live.require_fresh()
    new = NewMessage(message.channel, person.id, person.name, person.role, message.text, message.client_id)
    return services.chat.send(new)


def build_sent(stored: Message) -> bytes:
    """Return the ack of a stored message, as JSON."""
    return b'{"seq":%d,"at":%d}' % (stored.seq, stored.at)


async def answer_chat(services: Services, person: Person, channels: Channels, message: Struct) -> Struct:
    """Do what a chat request asks; raises an error of any of the trees."""
    match message:
        case wire.ChatHistory(channel, after, limit, before):
            _rights(channels, channel)
            messages, head = await services.chat.history(channel, after, limit, before)
            return wire.ChatPage([build_message(stored) for stored in messages], head)
        case wire.ChatDelete(channel, seq):
            if not _rights(channels, channel).moderate:
                raise AccessDenied("not_allowed", "only who leads the channel can delete")
            services.live.require_fresh()
            await services.chat.delete(channel, seq)
            return wire.Done()
        case _:
            raise ProtocolError("bad_message", "chat does not know this event")


def build_message(stored: Message) -> wire.ChatMessage:
    return wire.ChatMessage(
        channel=stored.channel,
        seq=stored.seq,
        client_id=stored.client_id,
        author=wire.Author(stored.author, stored.name, stored.role),
        text=stored.text,
        at=stored.at,
        deleted=stored.deleted,
    )


def view_channels(rights: Iterable[tuple[Channel, ChannelRights]]) -> list[wire.ChannelView]:
    return [
        wire.ChannelView(channel.id, channel.title, may.read, may.write, may.moderate)
        for channel, may in rights
        if may.read
    ]


def view_seen(people: Sequence[Seen]) -> list[wire.PresencePerson]:
    return [wire.PresencePerson(seen.person.id, seen.person.name, seen.person.role, seen.status) for seen in people]


def _rights(channels: Channels, channel: str) -> ChannelRights:
    found = channels.get(channel)
    if found is None or not found[1].read:
        raise AccessDenied(text="there is no such channel")
    return found[1]
