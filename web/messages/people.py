"""Who I am to the server, the channels I hear, and who else is there.

Laws: a list of channels is always the whole list; "unknown" is not "left".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from web.messages.media import IceServer

Status = Literal["here", "away", "lesson", "quiet", "unknown"]
Closed = Literal["gone", "blocking", "blocked", "school"]
ChannelMode = Literal["open", "moderated", "teacher_only", "off"]


class PersonView(Struct, frozen=True):
    id: str
    school: str
    name: str
    role: str


class PartnerView(Struct, frozen=True):
    """The other one of a conversation. `closed`: why I cannot write to them.

    `gone`: the account is not used any more; `blocking`: I take nothing from them; `blocked`: they take nothing from
    me; `school`: the school's rules.
    """

    person: str
    name: str
    role: str
    closed: Closed | None


class ChannelView(Struct, frozen=True):
    """A channel this connection hears, and what it may do there.

    `held`: what I write waits for approval. `seen`: number of the last message I read; `unread`: how many that others
    wrote came after it and are not deleted, 100 for as many or more. `keep_days`: messages that are older are deleted;
    None keeps them. `head`: the number of its last message, `at` the time of it, where it is kept. `partner`: set where
    there are but two.
    """

    channel: str
    title: str
    read: bool
    write: bool
    moderate: bool
    mode: ChannelMode
    held: bool
    seen: int
    unread: int
    keep_days: int | None
    head: int
    at: int | None
    partner: PartnerView | None


class SessionWait(Struct, frozen=True):
    """Many come in at once: `before` others are let in before me, then I am greeted. Told each second."""

    before: int


class Hello(Struct, frozen=True):
    """First message on every connection: who I am to the server, which channels I hear, relays for media, its clock."""

    person: PersonView
    channels: list[ChannelView]
    ice_servers: list[IceServer]
    at: int


class RightsChanged(Struct, frozen=True):
    """The channels I hear, or what I may do there, changed while connected: this is the whole list."""

    channels: list[ChannelView]


class PresencePerson(Struct, frozen=True):
    """`unknown`: the server cannot hear the other workers now; it is not "left". `until`: when quiet hours end."""

    person: str
    name: str
    role: str
    status: Status
    until: int | None


class PresenceState(Struct, frozen=True):
    channel: str
    people: list[PresencePerson]


class PresenceChanged(Struct, frozen=True):
    """`people` came or changed, `gone` (person ids) left."""

    channel: str
    people: list[PresencePerson]
    gone: list[str]


PUSHED: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "session:wait": SessionWait,
        "session:hello": Hello,
        "rights:changed": RightsChanged,
        "presence:state": PresenceState,
        "presence:changed": PresenceChanged,
    }
)
