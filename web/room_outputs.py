"""What a room is asked and what it puts out: values, carried out by the worker that owns it."""

from __future__ import annotations

from msgspec import Struct

from web.school.model import Person


class Say(Struct, frozen=True):
    """Send one message to these connections."""

    connections: tuple[str, ...]
    event: str
    message: Struct


class Left(Struct, frozen=True):
    """A peer's place is gone; its connection (if it still has one) is in no room any more."""

    peer: str
    connection: str | None


class Forget(Struct, frozen=True):
    """What a moderator said of this person's admission does not hold any longer: let them ask again."""

    person: str


class Changed(Struct, frozen=True):
    """The room has changed, and `Assembly.flush` has something to tell."""


Output = Say | Left | Forget | Changed


class Arrival(Struct, frozen=True):
    """Somebody at the door, on one connection of one device."""

    peer: str  # the id to use if there is no place to take again
    connection: str
    client: str
    person: Person
    encrypts: bool = False  # it seals and opens media itself
