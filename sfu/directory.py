"""What the planes' numbers mean, and who is told what they say: connections, their sources, recordings.

Laws: a number is known from its opening to its closing and never given again, so an event of somebody who is gone
reaches nobody. What was measured at one time reaches each room in one call. No address of a person is kept here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import assert_never

import msgspec

from sfu.events import Estimates, Flow, Levels, Rates
from sfu.plane import Event
from sfu.recorder import Recording
from sfu.room import MediaRoom
from sfu.session import Session
from sfu.voices import REPORT_SECONDS

logger = logging.getLogger(__name__)


class _Entry(msgspec.Struct, frozen=True):
    session: Session
    room: MediaRoom
    peer: str
    sources: set[int]


class Directory:
    """Of one process."""

    def __init__(self) -> None:
        self.dropped = 0
        """Events that the planes could not keep."""
        self._entries: dict[int, _Entry] = {}
        self._rooms: dict[int, MediaRoom] = {}
        self._recorders: dict[int, Callable[[int, bool], None]] = {}

    def __len__(self) -> int:
        """How many connections there are."""
        return len(self._entries)

    def counts(self) -> dict[str, int]:
        """Sizes of the maps; all zero once everybody has left."""
        return {"sessions": len(self._entries), "sources": len(self._rooms), "recorders": len(self._recorders)}

    def opened(self, session: Session, room: MediaRoom, peer: str) -> None:
        """A room made a connection."""
        self._entries[session.id] = _Entry(session, room, peer, set())

    def attached(self, session: Session, room: MediaRoom) -> None:
        """A connection's sources were negotiated."""
        entry = self._entries[session.id]
        current = {source.id for source in session.sources}
        for source in entry.sources - current:
            self._rooms.pop(source, None)
        entry.sources.clear()
        entry.sources.update(current)
        self._rooms.update(dict.fromkeys(current, room))

    def closed(self, session: Session) -> None:
        """A connection is over."""
        entry = self._entries.pop(session.id, None)
        for source in entry.sources if entry else ():
            self._rooms.pop(source, None)

    def recording(self, recording: Recording, *, runs: bool) -> None:
        """A recording began, or is over."""
        if runs:
            self._recorders[recording.id] = recording.on_lost
        else:
            self._recorders.pop(recording.id, None)

    def receive(self, event: Event) -> None:
        """Hand a plane's event on; what is of somebody who is gone is nobody's."""
        match event:
            case ("dtls", session, datagram):
                if session in self._entries:
                    self._entries[session].session.receive_dtls(datagram)
            case ("expired", session):
                if session in self._entries:
                    entry = self._entries[session]
                    entry.room.on_lost(entry.peer, entry.session, "expired")
            case ("levels", levels):
                self._on_levels(levels)
            case ("layers", rates):
                self._on_rates(rates)
            case ("estimate", rates):
                self._on_estimates(rates)
            case ("source", source, state):
                if source in self._rooms:
                    self._rooms[source].on_measured(Flow(source, state == "started"))
            case ("dropped", count):
                self.dropped += count
                logger.warning("the media thread dropped events", extra={"count": count})
            case ("recorder", recorder, dropped, broken):
                if recorder in self._recorders:
                    self._recorders[recorder](dropped, broken)
            case ("connected", _, _) | ("address", _, _):
                pass  # ICE's own business: no address of a person is kept up here
            case _:
                assert_never(event)

    def _on_levels(self, ticks: list[tuple[int, list[tuple[int, int]]]]) -> None:
        by_room: dict[MediaRoom, list[Levels]] = {}
        for ago, levels in ticks:
            of_tick: dict[MediaRoom, list[tuple[int, int]]] = {}
            for source, level in levels:
                room = self._rooms.get(source)
                if room is not None:
                    of_tick.setdefault(room, []).append((source, level))
            for room, part in of_tick.items():
                by_room.setdefault(room, []).append(Levels(tuple(part), ago * REPORT_SECONDS))
        for room, reports in by_room.items():
            room.on_levels(reports)

    def _on_estimates(self, rates: list[tuple[int, int, bool]]) -> None:
        by_room: dict[MediaRoom, list[tuple[str, float, bool]]] = {}
        for session, rate, probed in rates:
            entry = self._entries.get(session)
            if entry is not None:
                by_room.setdefault(entry.room, []).append((entry.peer, rate / 1000, probed))
        for room, part in by_room.items():
            room.on_measured(Estimates(tuple(part)))

    def _on_rates(self, rates: list[tuple[int, list[int], list[int]]]) -> None:
        by_room: dict[MediaRoom, list[tuple[int, list[int], list[int]]]] = {}
        for measured in rates:
            if (room := self._rooms.get(measured[0])) is not None:
                by_room.setdefault(room, []).append(measured)
        for room, part in by_room.items():
            room.on_measured(Rates.of(part))
