"""Channels: which the caller hears, how much of them is unread, and who may write in them.

Laws: only who leads a channel changes it; the change reaches all who hear it within a second.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import ChannelView, channel_view
from web.school.actions import ChannelPatch, do_change_channel
from web.school.model import ChannelMode, Person
from web.services import Services

Days = Annotated[int, Meta(ge=1, le=3660)]


class Channels(Struct, frozen=True):
    channels: list[ChannelView]


class ChangeChannel(Struct, frozen=True):
    """`keep_days`: messages that are older are deleted; null keeps them."""

    mode: ChannelMode | UnsetType = UNSET
    keep_days: Days | UnsetType | None = UNSET


async def channels_of(services: Services, person: Person) -> list[ChannelView]:
    """The channels that somebody hears, with what is unread."""
    found = await services.access.channels_of(person)
    positions = await services.chat.positions.of(person.id, [channel.id for channel, _ in found])
    return [channel_view(channel, rights, positions[channel.id]) for channel, rights in found]


async def list_channels(call: Call[Nothing]) -> Channels:
    """The channels that the caller hears."""
    return Channels(await channels_of(call.services, call.person))


async def change_channel(call: Call[ChangeChannel]) -> ChannelView:
    """Open, moderate or close a channel; say how long it keeps messages."""
    services, person = call.services, call.person
    channel = await services.access.access_channel_to_lead(person, call.id())
    patch = ChannelPatch(mode=call.body.mode, keep_days=call.body.keep_days)
    await do_change_channel(services.school, person.school, channel.id, patch)
    channel, rights = await services.access.access_channel(person, channel.id)
    position = (await services.chat.positions.of(person.id, [channel.id]))[channel.id]
    return channel_view(channel, rights, position)


ROUTES: tuple[Route, ...] = (
    endpoint("GET", "/api/v1/channels", list_channels, "Channels I hear", response=Channels),
    endpoint(
        "PATCH",
        "/api/v1/channels/{id}",
        change_channel,
        "Open, moderate or close a channel",
        request=ChangeChannel,
        response=ChannelView,
        errors=(403, 404),
    ),
)
