"""Whom a school's event may concern in meetings and channels: the cheap question before rights are read anew.

Laws: rather too many than too few; but what only documents can feel concerns nobody here (they have their own
reader), or a shared file would have thousands of connections read their rights. While somebody's rights are being read,
which channels and partners they have is not known.
"""

from __future__ import annotations

from typing import Final

from web.connection import Connection
from web.school.events import (
    AccountChanged,
    AdmissionSet,
    ChannelChanged,
    DocumentChanged,
    EnrolmentAdded,
    EnrolmentRemoved,
    GuardianLinked,
    GuardianUnlinked,
    InvitationAdded,
    MeetingChanged,
    MeetingCreated,
    RightsChanged,
    SchoolChanged,
    SchoolEvent,
    affects,
    affects_contacts,
)
from web.school.model import Person

_OF_PARTNERS: Final = (
    AccountChanged,
    EnrolmentAdded,
    EnrolmentRemoved,
    GuardianLinked,
    GuardianUnlinked,
    SchoolChanged,
)


def affects_meetings(event: SchoolEvent, person: Person) -> bool:
    """Whether this event may change what the person may do in meetings and channels."""
    match event.body:
        case DocumentChanged() | RightsChanged() | ChannelChanged():
            return False
        case MeetingCreated(_, channel):
            return event.school == person.school and channel is not None and person.ticket is None
        case _:
            return affects(event, person)


def concerns(event: SchoolEvent, connection: Connection) -> bool:
    """Whether this event may change what a connection may do in the channels it hears."""
    person = connection.person
    being_read = connection.doubt is not None or not connection.ready.is_set()
    if isinstance(event.body, ChannelChanged):
        return event.body.channel.id in connection.channels or (being_read and event.school == person.school)
    if isinstance(event.body, MeetingChanged) and event.body.touched is not None and not event.body.touched.channel:
        return False
    if affects_meetings(event, person):
        return True
    own = event.school == person.school and person.ticket is None
    unknown = being_read and isinstance(event.body, _OF_PARTNERS)
    return own and (unknown or affects_contacts(event, person.id, connection.partners))


def takes_away(event: SchoolEvent, connection: Connection) -> bool:
    """Whether an event that concerns a connection may take something from it: when in doubt, yes."""
    match event.body:
        case MeetingCreated() | EnrolmentAdded() | GuardianLinked() | InvitationAdded() | AdmissionSet():
            return False
        case EnrolmentRemoved(enrolment):
            return enrolment.account == connection.person.id
        case MeetingChanged(meeting):
            return meeting.channel in connection.channels
        case _:
            return True
