"""What one round of a document takes in: judged, applied, and gathered for the commit and for what follows it.

Laws: a frame that is refused changes nothing and closes its connection only; one whose parts are missing is neither
applied nor logged, its sender is asked for the difference, three in a row close it with 4509; a CRDT that breaks ends
the whole document (the error goes up). Nothing here is sent: that waits for the commit.
"""

from __future__ import annotations

from msgspec import Struct

from .connection import Connection
from .errors import AccessDenied, CollabError, StateError
from .ledger import Ledger
from .store import NewEntry
from .sync import Changes, Step1


class Received(Struct, frozen=True, gc=False):
    """A sync message that waits for the next round."""

    connection: Connection
    message: Changes | Step1
    at: float


class Round:
    """One round until its commit. `handled` are the connections whose frames it dealt with, in order."""

    __slots__ = ("_ledger", "_misses", "asked", "authors", "entries", "events", "handled", "times")

    def __init__(self, ledger: Ledger, misses: int) -> None:
        self._ledger = ledger
        self._misses = misses
        self.events: list[tuple[Connection | None, bytes]] = []
        self.entries: list[NewEntry] = []
        self.authors: dict[int, str] = {}
        self.asked: list[Connection] = []
        self.handled: dict[Connection, None] = {}
        self.times: list[float] = []

    def take(self, item: Received, message: Changes) -> None:
        """Take one update or step 2 in; raises what broke the document."""
        connection, live = item.connection, self._ledger.live
        try:
            judged = live.judge(message.update)
            if not connection.rights.write:
                if not live.changes_nothing(judged):
                    raise AccessDenied("not_allowed", "this document may only be read")
                self._handled(connection, message)
                return
            if judged.placement is None:
                self._miss(connection)
                return
            account = connection.editor.account
            claimed = self._ledger.claim(account, judged, self.authors, connection.brought)
            event = self._ledger.apply(judged)
        except CollabError as error:
            connection.refuse(error)
            if live.broken:
                raise
            return
        self._handled(connection, message)
        self.times.append(item.at)
        if event is not None:
            if claimed:
                self.authors.update(claimed)
            self.events.append((connection, event))
            self.entries.append(NewEntry(account, connection.origin, event))

    def _handled(self, connection: Connection, message: Changes) -> None:
        connection.handled(answer=message.answer)
        self.handled[connection] = None

    def _miss(self, connection: Connection) -> None:
        connection.handled(held=True)
        connection.misses += 1
        if connection.misses >= self._misses:
            connection.refuse(StateError("resync", "parts that the update builds on are missing"))
        else:
            self.asked.append(connection)
