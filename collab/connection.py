"""One client of a document: what it may do, what it has sent, how far its work is durable.

Laws: `receive` never blocks and never raises: it parses, counts against the person's budget and hands over to the
document's owner, whose inbox is bounded (DISCONNECT 4529). The ack counts the client's frames from the first on: it
passes a frame only when that one and all before it are durable or were known; a frame whose dependencies were missing
holds it until a step 2 of the client has brought them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from .awareness import Editor
from .entries import NOTHING
from .errors import CollabError, Overloaded, ProtocolError, close_code
from .limits import Person
from .outbox import Outbox, Transport
from .sync import Awareness, Changes, QueryAwareness, Step1, parse_message

if TYPE_CHECKING:
    from .keeper import Keeper

__all__ = ["Connection", "EditRights", "Editor", "Transport"]


class EditRights(Struct, frozen=True):
    """What an editor may do with a document; `shown`: the others may know that they are here."""

    read: bool
    write: bool
    shown: bool = True


class Connection:
    """One client on this worker."""

    __slots__ = (
        "_acked", "_handled", "_held", "_keeper", "_transport", "brought", "editor", "last_received", "misses",
        "number", "open", "origin", "outbox", "person", "rights", "synced", "wants_ack",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        keeper: Keeper,
        transport: Transport,
        person: Person,
        editor: Editor,
        rights: EditRights,
        ack: bool,
    ) -> None:
        now = keeper.hub.clock()
        self.number = number
        self.origin = f"{keeper.hub.worker}/{number}"
        self.editor = editor
        self.rights = rights
        self.brought = NOTHING
        self.wants_ack = ack
        self.person = person
        self.outbox = Outbox(transport, keeper.hub.limits, now)
        self.synced = False
        self.open = True
        self.last_received = now
        self.misses = 0
        self._keeper = keeper
        self._transport = transport
        self._handled = 0
        self._held = False
        self._acked = 0

    def receive(self, data: bytes) -> None:
        """Take one message of the WebSocket."""
        if not self.open:
            return
        keeper = self._keeper
        now = self.last_received = keeper.hub.clock()
        try:
            if len(data) > keeper.hub.limits.frame_bytes:
                raise ProtocolError("too_large", "the message is too large")
            self.person.receive(now, len(data))
            match parse_message(data):
                case Changes() | Step1() as message:
                    keeper.enqueue(self, message, len(data), now)
                case Awareness(entries):
                    keeper.people.receive(self, entries)
                case QueryAwareness():
                    keeper.audience.send_people(self)
        except CollabError as error:
            self.refuse(error)

    def set_rights(self, rights: EditRights) -> None:
        """Take changed rights; they hold for everything not yet applied."""
        self.rights = rights
        if not rights.read:
            self.close(4403, "not_allowed")

    def closed(self) -> None:
        """The socket has closed."""
        if self.open:
            self.open = False
            self._keeper.detach(self)

    def close(self, code: int, reason: str) -> None:
        """Close the socket."""
        if self.open:
            self.open = False
            self._keeper.detach(self)
            self._transport.close(code, reason)

    def refuse(self, error: CollabError) -> None:
        """Close the socket for what the client did, or for what we cannot do for it."""
        self._keeper.hub.count_refused(error)
        self.close(close_code(error), error.code)

    def handled(self, held: bool = False, answer: bool = False) -> None:
        """Note that one more of its frames was dealt with: `held` if its dependencies were missing, `answer` if it
        was a step 2.
        """
        self._handled += 1
        if held:
            self._held = True
        elif answer:
            self._held = False
            self.misses = 0

    def ack(self) -> int | None:
        """Return what to acknowledge now that everything handled is durable; None if nothing changed."""
        if self._held or self._handled == self._acked:
            return None
        self._acked = self._handled
        return self._acked if self.wants_ack else None

    def overloaded(self) -> None:
        """Cut off a client that does not keep up."""
        self.refuse(Overloaded("too_slow", "the connection does not keep up"))
