"""Reads the sockets of documents: each when something has come, or all of them together when turns are taken.

Laws: while few write, the loop is woken by whoever does and nobody is delayed. Once several do, what they send would
wait for the turn of their documents anyway (`collab/pace.py`): then nobody wakes the loop, and each turn begins by
reading all sockets that have something. A socket is read here only as long as it brings what an `Ear` can take;
whatever else comes, its end and its errors too, its transport reads; and so it does while it is paused, for whoever
paused it believes that nothing is read. Bytes keep their order whoever reads them: it is
one thread, and nothing more is read while a piece is handed over, though that may begin a turn.
"""

from __future__ import annotations

import asyncio
import logging
import select
from collections.abc import Callable
from typing import Final, Protocol

from web.straight import Straight

_PIECE: Final = 4096  # bytes at a time; more than that is nothing for an ear
log = logging.getLogger(__name__)


class Turns(Protocol):
    """Tells whether a turn is to come."""

    @property
    def waits(self) -> bool: ...


class Gathering:
    """The document sockets of one worker that are read past their transports."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._epoll: select.epoll | None = None
        self._seats: dict[int, Seat] = {}
        self._watching = self._reading = False

    def gather(self) -> None:
        """Read once from all who have sent something."""
        if self._epoll is None or self._reading:
            return
        self._reading = True
        for descriptor, _ in self._epoll.poll(0, len(self._seats)):
            seat = self._seats.get(descriptor)
            if seat is not None:  # nobody whom this very reading has closed
                seat.read()
        self._reading = False

    def watch(self) -> None:
        """Have the loop woken by whoever sends something."""
        if self._epoll is not None and not self._watching:
            self._watching = True
            asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._on_ready)

    def _on_ready(self) -> None:
        self.gather()
        if self._turns.waits:
            self._rest()

    def _rest(self) -> None:
        if self._epoll is not None and self._watching:
            self._watching = False
            asyncio.get_running_loop().remove_reader(self._epoll.fileno())

    def add(self, seat: Seat, descriptor: int) -> bool:
        """Read a socket here from now on; False if the system has no place for it."""
        try:
            if self._epoll is None:
                self._epoll = select.epoll()
                self.watch()
            self._epoll.register(descriptor, select.EPOLLIN)
        except OSError:
            self._end_if_empty()
            return False
        self._seats[descriptor] = seat
        return True

    def remove(self, descriptor: int) -> None:
        """Read a socket here no more."""
        if self._epoll is None or self._seats.pop(descriptor, None) is None:
            return
        self._epoll.unregister(descriptor)
        self._end_if_empty()

    def _end_if_empty(self) -> None:
        if self._epoll is not None and not self._seats:
            self._rest()
            self._epoll.close()
            self._epoll = None


class Seat:
    """One socket: read here or by its transport. `hear` calls `leave` before it gives away what it does not take."""

    __slots__ = ("_descriptor", "_gathering", "_hear", "_here", "_receive", "_transport")

    def __init__(
        self, gathering: Gathering, way: Straight, transport: asyncio.Transport, hear: Callable[[bytes], object]
    ) -> None:
        self._gathering = gathering
        self._transport = transport
        self._descriptor = way.descriptor
        self._receive = way.receive
        self._hear = hear
        self._here = False

    def take(self) -> None:
        """Read here from now on, if its transport reads and not something has paused it; it rests."""
        if not self._here and self._transport.is_reading() and self._gathering.add(self, self._descriptor):
            self._here = True
            self._transport.pause_reading()

    def leave(self) -> None:
        """Let the transport read again, if it still can."""
        if self._here:
            self._here = False
            self._gathering.remove(self._descriptor)
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def read(self) -> None:
        """Read what is there; never raises."""
        try:
            data = self._receive(_PIECE)
        except BlockingIOError:
            return
        except OSError:  # the transport will find the same, and knows what to do
            data = b""
        try:
            if data:
                self._hear(data)
            else:
                self.leave()
        except Exception:  # one peer's trouble stays its own
            log.exception("what came from a document's socket cannot be heard")
            self._transport.abort()
