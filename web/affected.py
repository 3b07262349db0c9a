"""Whom a school's event may concern in meetings and channels: the cheap question before rights are read anew.

Laws: rather too many than too few; but what only documents can feel concerns nobody here (they have their own
reader), or a shared file would have thousands of connections read their rights.
"""

from __future__ import annotations

from collections.abc import Mapping

from web.direct import concerns_direct
from web.school.events import ChannelChanged, DocumentChanged, MeetingCreated, RightsChanged, SchoolEvent, affects
from web.school.model import Channel, ChannelRights, Person


def affects_meetings(event: SchoolEvent, person: Person) -> bool:
    """Whether this event may change what the person may do in meetings and channels."""
    match event.body:
        case DocumentChanged() | RightsChanged() | ChannelChanged():
            return False
        case MeetingCreated(_, channel):
            return event.school == person.school and channel is not None and person.ticket is None
        case _:
            return affects(event, person)


def concerns(event: SchoolEvent, person: Person, channels: Mapping[str, tuple[Channel, ChannelRights]]) -> bool:
    """Whether this event may change what a connection may do in the channels it hears."""
    if isinstance(event.body, ChannelChanged):
        return event.body.channel.id in channels
    return affects_meetings(event, person) or concerns_direct(event, person, channels)
