"""What one round of a document takes in: judged, applied, and gathered for the commit and for what follows it.

Laws: a frame that is refused changes nothing and closes its connection only; one whose parts are missing is neither
applied nor logged, its sender is asked for the difference, three in a row close it with 4509; nothing is applied of who
may only read: what they delete counts as known, anything else that is new closes them; a CRDT that breaks ends
the whole document (the error goes up). Nothing here is sent: that waits for the commit. A large
update is taken in steps, and so is everything beside it: the order stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from .connection import Connection
from .document import Judged
from .errors import AccessDenied, CollabError, StateError
from .ledger import Ledger
from .limits import Limits
from .steps import Steps
from .store import NewEntry
from .sync import Changes, Step1


class Received(Struct, frozen=True, gc=False):
    """A sync message that waits for the next round."""

    connection: Connection
    message: Changes | Step1
    at: float


class Round:
    """One round until its commit. `handled` are the connections whose frames it dealt with, in order."""

    __slots__ = ("_ledger", "_limits", "asked", "authors", "entries", "events", "handled", "sources", "times")

    def __init__(self, ledger: Ledger, limits: Limits) -> None:
        self._ledger = ledger
        self._limits = limits
        self.events: list[tuple[Connection | None, bytes]] = []
        self.entries: list[NewEntry] = []
        self.authors: dict[int, str] = {}
        self.sources: dict[str, int] = {}
        self.asked: list[Connection] = []
        self.handled: dict[Connection, None] = {}
        self.times: list[float] = []

    def taking_in(self, received: Iterable[Received], ask: Callable[[Connection, Step1], None]) -> Steps[None]:
        """Take in what was received; in steps if something of it is large."""
        for item in received:
            message = item.message
            if isinstance(message, Step1):
                ask(item.connection, message)
            elif len(message.update) > self._limits.large_bytes:
                yield from self.taking(item, message)
            else:
                self.take(item, message)

    def take(self, item: Received, message: Changes) -> None:
        """Take one update or step 2 in; raises what broke the document."""
        try:
            judged = self._ledger.live.judge(message.update)
            if self._may(item.connection, message, judged):
                claimed = self._ledger.claim(
                    item.connection.editor.account, judged, self.authors, item.connection.brought.writers
                )
                self._took(item, message, claimed, self._ledger.apply(judged))
        except CollabError as error:
            self._refuse(item.connection, error)

    def taking(self, item: Received, message: Changes) -> Steps[None]:
        """The same in steps, for what is large; nobody else may change or answer from the document meanwhile."""
        try:
            judged = yield from self._ledger.live.judging(message.update)
            if self._may(item.connection, message, judged):
                claimed = self._ledger.claim(
                    item.connection.editor.account, judged, self.authors, item.connection.brought.writers
                )
                self._took(item, message, claimed, (yield from self._ledger.applying(judged)))
        except CollabError as error:
            self._refuse(item.connection, error)

    def _may(self, connection: Connection, message: Changes, judged: Judged) -> bool:
        """Tell whether it is to be applied; raises AccessDenied."""
        if not connection.rights.write:
            if judged.brings:
                raise AccessDenied("not_allowed", "this document may only be read")
            self._handled(connection, message)
            return False
        if judged.placement is None:
            self._miss(connection)
            return False
        return True

    def _took(self, item: Received, message: Changes, claimed: dict[int, str], event: bytes | None) -> None:
        connection = item.connection
        self._handled(connection, message)
        self.times.append(item.at)
        if event is not None:
            if claimed:
                self.authors.update(claimed)
            for source, epoch in connection.brought.sources.items():
                self.sources[source] = min(epoch, self.sources.get(source, epoch))
            self.events.append((connection, event))
            self.entries.append(NewEntry(connection.editor.account, connection.origin, event))

    def _refuse(self, connection: Connection, error: CollabError) -> None:
        connection.refuse(error)
        if self._ledger.live.broken:
            raise error

    def _handled(self, connection: Connection, message: Changes) -> None:
        connection.handled(answer=message.answer)
        self.handled[connection] = None

    def _miss(self, connection: Connection) -> None:
        connection.handled(held=True)
        connection.misses += 1
        if connection.misses >= self._limits.misses:
            connection.refuse(StateError("resync", "parts that the update builds on are missing"))
        else:
            self.asked.append(connection)
