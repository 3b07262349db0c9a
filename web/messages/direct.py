"""Conversations of two: whom I may write to, opening one, refusing somebody; and the small signs beside writing.

Laws: whoever may not be written to looks like whoever is not there; nothing lists a school.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta, Struct

from web.messages.basics import Done, Id, Sequence


class DirectFind(Struct, frozen=True):
    """People in whose names each word begins a word; an empty text asks for the nearest."""

    text: Annotated[str, Meta(max_length=100)] = ""


class ContactView(Struct, frozen=True):
    """Somebody I may write to. `of`: for staff a pupil's classes, or a guardian's children."""

    person: str
    name: str
    role: str
    of: tuple[str, ...]


class DirectFound(Struct, frozen=True):
    people: list[ContactView]


class DirectWhom(Struct, frozen=True):
    """Which of these people may I write to?"""

    people: Annotated[tuple[Id, ...], Meta(max_length=300)]


class DirectPeople(Struct, frozen=True):
    people: list[str]


class DirectOpen(Struct, frozen=True):
    """Open the one conversation with somebody, made if there is none yet."""

    person: Id


class DirectOpened(Struct, frozen=True):
    """Who is connected has been sent `rights:changed` with this channel before."""

    channel: str


class DirectAbout(Struct, frozen=True):
    channel: Id


class DirectState(Struct, frozen=True):
    """`quiet_until`: the other one has quiet hours now; what is written arrives all the same."""

    quiet_until: int | None


class DirectBlock(Struct, frozen=True):
    """Take no more messages from the other one, or take them again."""

    channel: Id
    blocked: bool


class ChatTyping(Struct, frozen=True):
    """I write in this channel (say it again every 3 s), or I have stopped."""

    channel: Id
    typing: bool


class TypistView(Struct, frozen=True):
    person: str
    name: str


class ChatTypists(Struct, frozen=True):
    """Who writes in a channel now: at most four of them, I may be among them. Forget it after 6 s."""

    channel: str
    people: list[TypistView]


class ChatForgotten(Struct, frozen=True):
    """The channel does not keep what stands before this number any more."""

    channel: str
    before: Sequence


class PresenceIdle(Struct, frozen=True):
    """Nobody has touched this device for a while, or somebody touches it again."""

    idle: bool


REQUESTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
    {
        "direct:find": (DirectFind, DirectFound),
        "direct:whom": (DirectWhom, DirectPeople),
        "direct:open": (DirectOpen, DirectOpened),
        "direct:about": (DirectAbout, DirectState),
        "direct:block": (DirectBlock, Done),
        "chat:typing": (ChatTyping, Done),
        "presence:idle": (PresenceIdle, Done),
    }
)

PUSHED: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "chat:typing": ChatTypists,
        "chat:forgotten": ChatForgotten,
    }
)
