"""Who waits for an answer to sync step 1: what of the document each of them lacks; and who is asked what we lack.

Laws: nobody is asked, and nobody answered first, but after the log was read: a client that comes from another worker
would else bring us others' edits as its own. An answer is given only while one of the worker's places for large answers
is free and the client's transport holds no more than it may: of each client one question waits, the newest (COALESCE).
What is answered counts against the person's budget and goes past the client's queue. Answers are given between rounds
only. Whoever has nothing is given what was encoded last, and then what came since: encoding 100,000 cells takes 50 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from .codec import frame_binary
from .connection import Connection
from .errors import CollabError
from .outbox import Kind
from .sync import Step1, build_step1, build_step2, frame_update

if TYPE_CHECKING:
    from .document import LiveDocument
    from .keeper import Keeper


class Answers:
    """The questions of one document's clients."""

    def __init__(self, keeper: Keeper) -> None:
        self._of = ref(keeper)  # no ring: a document that has unloaded is freed at once
        self._waiting: dict[Connection, Step1] = {}
        self._asked: list[Connection] = []

    @property
    def _keeper(self) -> Keeper:
        keeper = self._of()
        assert keeper is not None, "nobody else calls us"
        return keeper

    def __bool__(self) -> bool:
        """Tell whether there is anything to do; for who has to read first, `Keeper.look` asks again each second."""
        return bool(self._asked) or any(map(_has_room, self._waiting))

    def add(self, connection: Connection, question: Step1) -> None:
        """Take a question; one of the same client that waits still is answered with it."""
        self._waiting[connection] = question

    def ask(self, *connections: Connection) -> None:
        """Have them asked for what the document lacks, in the next round."""
        self._asked += connections

    def take_asked(self) -> list[Connection]:
        """Return whom to ask once the log was read, and forget them."""
        asked, self._asked = self._asked, []
        return asked

    def any_first(self) -> bool:
        """Tell whether somebody waits for the first answer."""
        return any(not connection.synced for connection in self._waiting)

    def give(self, asked: list[Connection]) -> None:
        """Ask these, and answer everybody who may be answered now; raises what broke the document."""
        keeper = self._keeper
        if asked:
            frame = frame_binary(build_step1(keeper.ledger.live.state_vector()))
            for connection in asked:
                if connection.open:
                    keeper.audience.send(connection, frame, Kind.CONTROL)
        hub, live = keeper.hub, keeper.ledger.live
        now = hub.clock()
        for connection, question in list(self._waiting.items()):
            if connection.open and not (_has_room(connection) and hub.take_place(keeper, connection)):
                continue
            del self._waiting[connection]
            if not connection.open:
                continue
            try:
                frame = _build_answer(live, question.state_vector)
                connection.person.reply(now, len(frame))
            except CollabError as error:
                if live.broken:
                    raise
                connection.refuse(error)
                continue
            connection.outbox.write(now, frame)
            if not connection.synced:
                connection.synced = True
                keeper.audience.regroup()


def _has_room(connection: Connection) -> bool:
    return not (connection.open and connection.outbox.congested())


def _build_answer(live: LiveDocument, state_vector: bytes) -> bytes:
    if state_vector != b"\x00":
        return frame_binary(build_step2(live.diff(state_vector)))
    update, since = live.whole()
    return b"".join((frame_binary(build_step2(update)), *(frame_update(data) for data in since)))
