"""The way of a room's words to the connections that they are for.

Laws: what changes within `TOGETHER_SECONDS` is told in one message, the first after a quiet moment at once; everything
else is told at once, in order. Keys come after the news of whose they are. While the room is on its way to another
worker nothing is told here: what is pending goes with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import assert_never

from web.broadcast import Outgoing, build_event
from web.room_outputs import Changed, Forget, Left, Output, Say
from web.room_state import Room

TOGETHER_SECONDS = 0.05
Send = Callable[[Sequence[str], Outgoing | None], None]  # connections; None: their seats are free again


class Telling:
    """One room's. `forget` takes back what was said of a person's admission."""

    def __init__(self, room: Room, send: Send, forget: Callable[[str], None]) -> None:
        self.frozen = False
        self._room = room
        self._send = send
        self._forget = forget
        self._told_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def deliver(self, outputs: Sequence[Output]) -> None:
        """Carry out what the room put out, and tell what changed as soon as it is time."""
        for output in outputs:
            match output:
                case Say(connections, event, message):
                    if event == "room:secret":
                        self._flush()
                    self._send(connections, build_event(event, message))
                case Left(_, connection):
                    if connection is not None:
                        self._send((connection,), None)
                case Forget(person):
                    self._forget(person)
                case Changed():
                    pass  # told in its time
                case never:
                    assert_never(never)
        self._tell()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _tell(self) -> None:
        if self.frozen or self._timer is not None or not self._room.news.pending:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._told_at + TOGETHER_SECONDS:
            self._told_at = loop.time()
            self._flush()
        else:
            self._timer = loop.call_at(self._told_at + TOGETHER_SECONDS, self._in_time)

    def _in_time(self) -> None:
        self._timer = None
        self._tell()

    def _flush(self) -> None:
        for said in self._room.flush():
            self._send(said.connections, build_event(said.event, said.message))
