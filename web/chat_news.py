"""The news of a channel as packets.

Laws: what came in one go leaves in one go, in its order; what is held back goes only to who may see it, apart from the
rest. Not done here: who hears the channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from collab.chat import Change, Held, Message
from web import messages as wire
from web.broadcast import Outgoing, build_event
from web.channels import build_held, build_message


def parcels(channel: str, news: Sequence[Message | Change]) -> Iterator[tuple[Held | None, list[Outgoing]]]:
    """Return what is sent together: packets for all who hear the channel, or for those who see what is held."""
    for held, together in groupby(news, _held):
        yield held, [_packet(channel, one) for one in together]


def _held(news: Message | Change) -> Held | None:
    return news.item if isinstance(news, Change) and isinstance(news.item, Held) else None


def _packet(channel: str, news: Message | Change) -> Outgoing:
    if isinstance(news, Message):
        return build_event("chat:message", build_message(news))
    if isinstance(news.item, Held):
        return build_event("chat:held", build_held(news.item, news.number))
    if news.item.deleted:
        return build_event("chat:deleted", wire.ChatDeleted(channel, news.item.seq, news.number, news.item.author))
    return build_event("chat:changed", wire.ChatChanged(news.number, build_message(news.item)))
