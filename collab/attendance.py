"""Who is in one document: what its clients say about themselves, told to everybody here and to other workers.

Laws: a reader has no channel to others but being here, and who is not to be shown not even that; our own people are
told again before stock clients drop them; a client id belongs to who showed it first (`claims.py`), and nobody is shown
under another's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from .audience import only_presence, remotes
from .awareness import Here, Remote
from .connection import Connection
from .sync import Entry
from .wire import People

if TYPE_CHECKING:
    from .keeper import Keeper


class Attendance:
    """The awareness of one document on this worker."""

    def __init__(self, keeper: Keeper) -> None:
        self._of = ref(keeper)  # no ring: a document that has unloaded is freed at once
        self._renewed_at = keeper.hub.clock()

    @property
    def _keeper(self) -> Keeper:
        keeper = self._of()
        assert keeper is not None, "nobody else calls us"
        return keeper

    def receive(self, connection: Connection, entries: tuple[Entry, ...]) -> None:
        """Take a client's awareness."""
        if not connection.rights.shown:
            return
        if not connection.rights.write:
            entries = only_presence(entries)
        room, wall, account = self._keeper.audience.room, self._keeper.hub.wall(), connection.editor.account
        owner = self._keeper.ledger.owner
        entries = tuple(entry for entry in entries if owner(entry.client) in (None, account))
        changed = room.receive(wall, connection.number, connection.editor, entries)
        for here in changed:
            self._claim(here, lasting=connection.rights.write)
        self.tell(changed)

    def receive_remote(self, worker: str, people: list[Remote]) -> None:
        """Take what another worker tells of its people."""
        owner = self._keeper.ledger.owner
        changed = self._keeper.audience.room.receive_remote(
            worker, [one for one in people if owner(one.client) in (None, one.account)]
        )
        for here in changed:
            self._claim(here, lasting=False)
        self._keeper.audience.spread(changed)

    def _claim(self, here: Here, lasting: bool) -> None:
        """From now on the id is theirs who showed it, before anybody else sees it."""
        ledger = self._keeper.ledger
        if not ledger.has_author(here.client) and ledger.seen.add(here.client, here.account, lasting=lasting):
            self._keeper.hub.store.claims.note(ledger.document, here.client, here.account)

    def left(self, connection: Connection) -> None:
        """A client has gone, and its people with it."""
        self.tell(self._keeper.audience.room.connection_closed(self._keeper.hub.wall(), connection.number))

    def tell(self, changed: list[Here]) -> None:
        """Pass our own awareness changes on to everybody here and to other workers."""
        if changed:
            keeper = self._keeper
            keeper.audience.spread(changed)
            keeper.hub.exchange.publish(keeper.document, People(keeper.hub.worker, remotes(changed)))

    def renew(self, now: float) -> None:
        """Send our own people again before stock clients drop them."""
        if now - self._renewed_at >= self._keeper.hub.limits.renew_seconds:
            self._renewed_at = now
            self.repeat()

    def repeat(self) -> None:
        """Send our own people again."""
        self.tell(self._keeper.audience.room.renew(self._keeper.hub.wall()))
