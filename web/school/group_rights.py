"""What follows from a seat in a group room: the rules of access to a group's chat and document. No I/O.

Laws: as in `decide`. Who leads the meeting reads and writes in every group. A group's chat is for its own people, and
only while the groups work can they write; who may write in the meeting's chat bounds who may write there. A group's
document is for its own people while the groups work, and for everybody in the meeting once they are back: then it is
what they show.
"""

from __future__ import annotations

from msgspec import structs

from web.school.decide import Standing, in_mode, meeting_grant
from web.school.group_queries import Seat
from web.school.model import Channel, ChannelMode, ChannelRights, Meeting, Right


def bounded(channel: Channel, above: ChannelMode) -> Channel:
    """Return a group's channel as it is under the mode of the meeting's own."""
    return channel if above == "open" else structs.replace(channel, mode=above)


def group_channel_rights(standing: Standing, channel: Channel, meeting: Meeting, seat: Seat) -> ChannelRights | None:
    """Return what the person may do in a group's channel."""
    grant = meeting_grant(standing, meeting)
    if grant.admission != "yes" or not grant.chat or not (grant.moderate or seat.seated):
        return None
    rights = in_mode(channel, grant.moderate)
    return rights if grant.moderate or seat.working else structs.replace(rights, write=False)


def group_document_right(standing: Standing, meeting: Meeting, seat: Seat) -> Right | None:
    """Return what the person may do with a group's document."""
    grant = meeting_grant(standing, meeting)
    if grant.admission != "yes":
        return None
    if grant.edit and (grant.moderate or seat.seated):
        return "write"
    return "read" if grant.moderate or seat.seated or not seat.working else None
