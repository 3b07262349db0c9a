"""Direct messages on the wire: what a connection asks of them, and why something cannot be written there.

Laws: `ContactAccess` decides each time anew; a conversation is opened only by who may write in it, and its two
connections are told before the answer is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from web import messages as wire
from web.errors import AccessDenied, ProtocolError
from web.quiet import quiet_until
from web.school.actions import do_block, do_open_direct, do_unblock
from web.school.model import Block, Channel, ChannelRights, Closed, Partner, Person
from web.services import Services

Channels = Mapping[str, tuple[Channel, ChannelRights]]
WHY_CLOSED: Final[Mapping[Closed, str]] = MappingProxyType(
    {
        "gone": "this account is not used any more",
        "blocking": "you take no messages from this person",
        "blocked": "this person takes no messages from you",
        "school": "the school's rules do not let you two write to each other",
    }
)


async def answer_direct(services: Services, person: Person, channels: Channels, message: Struct) -> Struct:
    """Do what a request asks; raises an error of any of the trees."""
    contacts = services.contacts
    match message:
        case wire.DirectFind(text):
            return await find_contacts(services, person, text)
        case wire.DirectWhom(people):
            return wire.DirectPeople(await contacts.whom(person, people))
        case wire.DirectOpen(other):
            return wire.DirectOpened((await open_direct(services, person, other)).id)
        case wire.DirectAbout(channel):
            personal, school = await contacts.personal_of_partner(person, partner_in(channels, channel).id)
            return wire.DirectState(quiet_until(personal.quiet, school.time_zone, services.school.clock()))
        case wire.DirectBlock(channel, blocked):
            await block(services, person, partner_in(channels, channel).id, blocked)
            return wire.Done()
        case _:
            raise ProtocolError("bad_message", "there is no such event")


async def find_contacts(services: Services, person: Person, text: str) -> wire.DirectFound:
    """People whom this one may write to, by the beginnings of words of their names."""
    found = await services.contacts.find(person, text)
    return wire.DirectFound([wire.ContactView(one.id, one.name, one.role, one.of) for one in found])


async def open_direct(services: Services, person: Person, other: str) -> Channel:
    """Return the one channel of two; raise AccessDenied unless one may write to the other."""
    await services.live.until_fresh()
    partner = await services.contacts.access_partner(person, other)
    channel = await do_open_direct(services.school, person.school, person.id, partner.id)
    await services.live.hasten()
    return channel


async def block(services: Services, person: Person, other: str, blocked: bool) -> None:
    """Refuse somebody's messages, or take them again."""
    await services.contacts.access_partner_to_block(person, other)
    await (do_block if blocked else do_unblock)(services.school, Block(person.school, person.id, other))
    await services.live.hasten()


def partner_in(channels: Channels, channel: str) -> Partner:
    """Return the other one of a conversation; raise AccessDenied when it is none of ours."""
    _, may = channels.get(channel, (None, None))
    if may is None or may.partner is None:
        raise AccessDenied(text="there is no such conversation")
    return may.partner


def why_closed(may: ChannelRights) -> str:
    """Say why nothing can be written."""
    closed = None if may.partner is None else may.partner.closed
    return "you cannot write here" if closed is None else WHY_CLOSED[closed]


def view_partner(partner: Partner | None) -> wire.PartnerView | None:
    """Show the other one of a conversation."""
    return None if partner is None else wire.PartnerView(partner.id, partner.name, partner.role, partner.closed)
