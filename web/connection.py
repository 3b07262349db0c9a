"""One Socket.IO connection: whose it is, what it hears, what it has asked and not been answered yet.

Laws: requests wait in `inbox` and are carried out one after the other; messages are on their `flight` to the database
side by side and are acked in the order of sending. What it may ask for is the budget of its person.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from time import monotonic

from msgspec import Struct

from collab.chat import Change, Message
from collab.presence import Present
from web.broadcast import Outgoing
from web.budget import Budget
from web.school.model import AccountRole, Channel, ChannelRights, Person

Sent = asyncio.Future[Message] | asyncio.Future[Change]
"""A message, or what happens to one, on its flight."""


class Request(Struct, frozen=True):
    """An event as it came; `number` is what its ack carries, if one is wanted."""

    number: int | None
    event: str
    body: bytes


class Connection:
    """One Socket.IO connection."""

    def __init__(self, sid: str, eio_sid: str, person: Person, budget: Budget) -> None:
        self.sid = sid
        self.eio_sid = eio_sid
        self.person = person
        self.budget = budget
        self.channels: dict[str, tuple[Channel, ChannelRights]] = {}
        self.told: dict[str, tuple[Channel, ChannelRights]] = {}  # the same as the client knows it
        self.partners: dict[str, AccountRole] = {}  # the other ones of its conversations
        self.inbox: deque[Request] = deque()
        self.flight: deque[tuple[int | None, Sent | bytes]] = deque()  # messages not acked yet
        self.space = asyncio.Event()
        self.consumer: asyncio.Task[None] | None = None
        self.held: list[Outgoing] | None = None  # news of the room that must not overtake the ack of a join
        self.heard: set[str] = set()
        self.ready = asyncio.Event()
        self.gone = False
        self.expiry: asyncio.TimerHandle | None = None
        self.doubt: asyncio.Event | None = None  # while its rights are to be read anew

    def may(self, rights: Iterable[tuple[Channel, ChannelRights]]) -> None:
        """These are its rights from now on."""
        self.channels = {channel.id: (channel, may) for channel, may in rights}
        partners = (may.partner for _, may in self.channels.values())
        self.partners = {partner.id: partner.role for partner in partners if partner is not None}

    @property
    def present(self) -> Present:
        return Present(self.person.id, self.person.name, self.person.role)

    async def landed(self) -> None:
        """Return once all messages that were being stored are acked."""
        while self.flight:
            _, said = self.flight[-1]
            if not isinstance(said, bytes):
                await asyncio.wait({said})
            await asyncio.sleep(0)  # the callbacks that ack run first

    def afford(self, event: str) -> bool:
        """Whether the person's budget covers one more of this event."""
        return self.budget.afford(monotonic(), event)
